// Dead letters: read like any stream, and let go by command. What is dropped is decided in log 0, so that it is so after a restart; from then on it keeps no
// segment.
#include "runtime/node/dead_letters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/node/directory_format.hpp"
#include "runtime/node/node.hpp"
#include "runtime/node/stream_reader.hpp"
#include "runtime/operator/dead_letter_generated.h"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }
std::string bytes_of(const flatbuffers::Vector<std::uint8_t>* bytes) { return bytes == nullptr ? "" : std::string(bytes->begin(), bytes->end()); }

dead_letter letter_of(read_record r) {
  dead_letter l{.position = r.position, .partition = r.partition, .time = r.time, .key = std::move(r.key)};
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(r.value.data()), r.value.size());
  if (!wire::Verifydead_letterBuffer(verifier)) {
    l.raw = std::move(r.value);
    return l;
  }
  const wire::dead_letter& said = *wire::Getdead_letter(r.value.data());
  l.hook = text_of(said.hook());
  l.error = text_of(said.error());
  l.generation = said.generation();
  l.of = {said.log(), said.lsn(), said.index()};
  l.istream = said.istream();
  l.value = bytes_of(said.value());
  l.processing_time = said.timer_kind() == WEIR_TIMER_PROCESSING;
  l.timer_time = said.timer_time();
  l.subkey = bytes_of(said.timer_subkey());
  return l;
}

/// The LSN of the first letter of a log's stream behind `from` that is not dropped; 0: there is none.
result<std::uint64_t> first_kept(journal& in, stream_status stream, const stream_partition& of, const dropped_letters& dropped) {
  stream.partitions = {of};
  for (record_position at{of.log, std::max(dropped.upto + 1, of.first_lsn), 0}; at.lsn <= of.last_lsn;) {
    at.lsn = std::max(at.lsn, std::min(of.last_lsn + 1, in.first_lsn(of.log)));
    auto page = stream_reader(in, stream).read({.from = read_from::positions, .positions = {at}, .records_max = 1000});
    if (!page && in.first_lsn(of.log) > at.lsn) continue;  // Retention was faster.
    if (!page) return page.why();
    for (const read_record& r : page->records)
      if (!dropped.holds(r.position)) return r.position.lsn;
    at = page->next.at(0);
  }
  return std::uint64_t{0};
}

}  // namespace

std::string letters_text(const log_letters& all) {
  nlohmann::json j = nlohmann::json::object();
  for (const auto& [op, dropped] : all) j[op] = {{"upto", dropped.upto}, {"singles", dropped.singles}};
  return j.dump();
}

log_letters read_letters(std::string_view text) {
  log_letters all;
  const auto j = nlohmann::json::parse(text);
  for (const auto& [op, dropped] : j.items()) all[op] = {dropped.at("upto"), dropped.at("singles")};
  return all;
}

void dropped_letters::add_all_before(std::uint64_t lsn, std::uint32_t index) {
  if (lsn <= upto) return;
  upto = lsn - 1;
  std::erase_if(singles, [this](const auto& single) { return single.first <= upto; });
  for (std::uint32_t i = 0; i < index; ++i) singles.insert({lsn, i});
}

std::uint64_t done_upto(const log_letters& all) {
  std::uint64_t least = all.empty() ? 0 : UINT64_MAX;
  for (const auto& [op, dropped] : all) least = std::min(least, dropped.upto);
  return least;
}

/// What log 0 says, when the node starts.
result<void> node::take_letters(const log_image& node_log) {
  std::string wrong;
  node_log.states.for_each_sorted([&](const change& c) {
    if (c.id != letters_state) return;
    try {
      const std::uint64_t log = std::stoull(std::string(c.key));
      letters_[log] = read_letters(c.value);
      journal_->letters_done(log, done_upto(letters_[log]));
    } catch (const std::exception& e) {
      wrong = fmt::format("{}: what was dropped of the dead letters of log {} cannot be read: {}", options_.journal.directory, c.key, e.what());
    }
  });
  if (!wrong.empty()) return error{error_code::corrupt, wrong};
  take_replayed();
  return {};
}

result<stream_status> node::letters_of(const command_target& what) const {
  for (stream_status& s : streams(true))
    if (s.dead_letters && s.topology == what.topology && s.producer == what.name) return std::move(s);
  return error{error_code::usage,
               fmt::format("no operator {} of topology {} runs here; see weir list", topology::quoted(what.name), topology::quoted(what.topology))};
}

dropped_letters node::dropped_of(std::uint64_t log, const std::string& op) const {
  const std::lock_guard lock(mutex_);
  const auto found = letters_.find(log);
  if (found == letters_.end()) return {};
  const auto mine = found->second.find(op);
  return mine == found->second.end() ? dropped_letters() : mine->second;
}

/// What is gone held no letter that anybody waits for: positions in it mean what is behind it.
result<read_page> node::read_kept(stream_status stream, read_request from, const std::string& op) const {
  if (from.from == read_from::earliest) {
    from.from = read_from::positions;
    for (const stream_partition& p : stream.partitions)
      if (!from.partition || p.partition == *from.partition) from.positions.push_back({p.log, std::min(p.last_lsn, dropped_of(p.log, op).upto) + 1, 0});
  }
  while (true) {
    for (stream_partition& p : stream.partitions) {
      p.first_lsn = std::max(p.first_lsn, std::min(p.last_lsn + 1, journal_->first_lsn(p.log)));
      for (record_position& at : from.positions)
        if (at.log == p.log && at.lsn < p.first_lsn) at = {p.log, p.first_lsn, 0};
    }
    auto page = stream_reader(*journal_, stream).read(from);
    const auto moved = [this](const stream_partition& p) { return p.first_lsn <= p.last_lsn && journal_->first_lsn(p.log) > p.first_lsn; };
    if (page || std::none_of(stream.partitions.begin(), stream.partitions.end(), moved)) return page;
  }
}

result<dead_letters_page> node::kept_letters(const stream_status& stream, const read_request& request, const std::string& op) const {
  auto page = read_kept(stream, request, op);
  if (!page) return page.why();
  dead_letters_page all{.letters = {}, .next = std::move(page->next), .more = page->more};
  std::map<std::uint64_t, dropped_letters> dropped;
  for (const stream_partition& p : stream.partitions) dropped[p.log] = dropped_of(p.log, op);
  for (read_record& r : page->records)
    if (!dropped[r.position.log].holds(r.position)) all.letters.push_back(letter_of(std::move(r)));
  return all;
}

result<dead_letters_page> node::dead_letters(const command_target& what, const read_request& request) const {
  const auto stream = letters_of(what);
  return stream ? kept_letters(*stream, request, what.name) : result<dead_letters_page>(stream.why());
}

/// Adds them to what is dropped; the number of those that were not before.
result<std::uint64_t> node::mark_dropped(const command_target& what, const stream_status& stream, std::span<const record_position> which,
                                         std::map<std::uint64_t, log_letters>& logs) const {
  std::uint64_t count = 0;
  read_request from{.records_max = 1000};
  if (!which.empty()) {
    for (const record_position& p : which) {
      auto page = kept_letters(stream, {.from = read_from::positions, .positions = {p}, .records_max = 1}, what.name);
      if (!page) return page.why();
      if (page->letters.empty() || page->letters[0].position != p)
        return error{error_code::usage, fmt::format("no dead letter of '{}/{}' is at position {}; see weir dead-letters ls {}/{}", what.topology, what.name,
                                                    position_text(p), what.topology, what.name)};
      auto& singles = logs[p.log][what.name].singles;
      count += singles.insert({p.lsn, p.index}).second ? 1 : 0;
      if (singles.size() > dropped_letters::singles_max)
        return error{error_code::refused,
                     fmt::format("more than {} dead letters would be dropped behind others that are kept; drop the earliest first, or --all",
                                 dropped_letters::singles_max)};
    }
    return count;
  }
  for (bool more = true; more;) {  // As far as `stream` says: what comes meanwhile stays.
    auto page = kept_letters(stream, from, what.name);
    if (!page) return page.why();
    count += page->letters.size();
    from = {.from = read_from::positions, .positions = page->next, .records_max = 1000};
    more = page->more;
  }
  for (const record_position& p : from.positions) logs[p.log][what.name] = {p.lsn - 1, {}};
  return count;
}

result<std::uint64_t> node::drop_dead_letters(const command_target& what, std::span<const record_position> which) {
  const std::lock_guard one(letters_mutex_);  // Reading takes long; other commands need not wait for that.
  const auto stream = letters_of(what);
  if (!stream) return stream.why();
  std::map<std::uint64_t, log_letters> logs;
  {
    const std::lock_guard lock(mutex_);
    for (const stream_partition& p : stream->partitions) logs[p.log] = letters_[p.log];
  }
  const auto count = mark_dropped(what, *stream, which, logs);
  if (!count) return count.why();
  if (*count == 0) return std::uint64_t{0};
  if (auto gone = let_go(logs); !gone) return gone.why();
  return *count;
}

/// Decides what is done with, for good. Of all operators of a chain: what one is done with is let go once none of the others keeps its frames.
result<void> node::let_go(std::map<std::uint64_t, log_letters>& logs) {
  const std::vector<stream_status> all = streams(true);
  for (auto& [log, letters] : logs) {
    for (const stream_status& s : all) {
      const auto of = std::find_if(s.partitions.begin(), s.partitions.end(), [&log = log](const stream_partition& p) { return p.log == log; });
      if (!s.dead_letters || of == s.partitions.end()) continue;
      dropped_letters& dropped = letters[s.producer];
      const auto kept = first_kept(*journal_, s, *of, dropped);
      if (!kept) return kept.why();
      dropped.add_all_before(*kept == 0 ? of->last_lsn + 1 : *kept, 0);
    }
  }
  return decide_dropped(logs);
}

result<void> node::decide_dropped(const std::map<std::uint64_t, log_letters>& logs) {
  const std::lock_guard lock(command_mutex_);
  if (auto takes = takes_commands(); !takes) return takes;
  auto admin = make_intrusive<frame>();
  const auto table = hosts();
  for (const auto& [log, letters] : logs)
    if (!table->contains(log)) return error{error_code::refused, "the operator was removed meanwhile"};
  for (const auto& [log, letters] : logs) admin->states.add({.id = letters_state, .key = std::to_string(log), .value = letters_text(letters)});
  keys everybody;
  for (const auto& [key, e] : directory_.entries()) everybody.insert(key);
  const node::logs owned = logs_of(everybody);
  std::vector<std::uint64_t> gone;  // With operators that were removed.
  {
    const std::lock_guard state(mutex_);
    for (const auto& [log, letters] : letters_)
      if (!owned.contains(log)) gone.push_back(log);
  }
  for (const std::uint64_t log : gone) admin->states.add({.id = letters_state, .removed = true, .key = std::to_string(log)});
  if (auto decided = decide(admin); !decided) return decided;
  for (const auto& [log, letters] : logs) journal_->letters_done(log, done_upto(letters));
  const std::lock_guard state(mutex_);
  for (const std::uint64_t log : gone) letters_.erase(log);
  for (const auto& [log, letters] : logs) letters_[log] = letters;
  return {};
}

}  // namespace weir::runtime
