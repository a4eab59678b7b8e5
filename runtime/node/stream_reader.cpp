#include "runtime/node/stream_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "topology/names.hpp"

namespace weir::runtime {

namespace {

constexpr std::uint64_t chunks_bytes = 1u << 20;      ///< Read ahead, over all partitions.
constexpr std::uint64_t chunk_bytes_min = 64u << 10;  ///< Of one.
constexpr std::uint64_t window_frames_first = 16;     ///< Of the newest, searched first; larger ones follow while they are light.
constexpr std::uint64_t window_bytes = 1u << 20;

/// What records are asked for.
class wanted_key {
 public:
  explicit wanted_key(const read_request& what) : key_(what.key ? &*what.key : nullptr), hash_(key_ != nullptr ? key_hash(*key_) : 0) {}
  bool fits(const record_batch::view& r) const { return key_ == nullptr || (r.hash == hash_ && r.key == *key_); }

 private:
  const std::string* key_;
  std::uint64_t hash_;
};

const record_batch& batch_of(const frame& f, std::uint32_t output) {
  static const record_batch nothing;
  return output < f.outputs.size() ? f.outputs[output] : nothing;
}

}  // namespace

std::string position_text(const record_position& p) { return fmt::format("{}:{}:{}", p.log, p.lsn, p.index); }

std::string positions_text(const std::vector<record_position>& all) {
  std::string text;
  for (const record_position& p : all) text += (text.empty() ? "" : ",") + position_text(p);
  return text;
}

std::optional<record_position> parse_position(std::string_view text) noexcept {
  record_position p;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](auto& into, bool last) {
    const auto [stop, failed] = std::from_chars(at, end, into);
    if (failed != std::errc() || stop == at || (last ? stop != end : (stop == end || *stop != ':'))) return false;
    at = stop + (last ? 0 : 1);
    return true;
  };
  if (!number(p.log, false) || !number(p.lsn, false) || !number(p.index, true) || p.log == 0 || p.lsn == 0) return std::nullopt;
  return p;
}

result<read_page> stream_reader::read(const read_request& what) {
  auto begun = begin(what);
  if (!begun) return begun.why();
  std::vector<cursor>& cursors = *begun;
  chunk_bytes_ = std::max(chunk_bytes_min, chunks_bytes / std::max<std::size_t>(cursors.size(), 1));
  page_bytes_ = 0;
  read_page page;
  if (what.from == read_from::newest) {
    auto sought = seek_newest(cursors, what);
    if (!sought) return sought.why();
    page.all_searched = *sought;
  }
  for (std::uint64_t searched = 0; searched < limits_.searched_bytes;) {
    auto first = earliest_frame(cursors);
    if (!first) return first.why();
    if (*first == nullptr) break;
    searched += (*first)->frames.front()->memory_bytes();
    if (!take(**first, what, page)) break;
  }
  for (const cursor& c : cursors) {
    page.next.push_back(c.next);
    page.more = page.more || c.next.lsn <= c.of.last_lsn;
  }
  return page;
}

result<std::vector<stream_reader::cursor>> stream_reader::begin(const read_request& what) const {
  std::vector<cursor> all;
  for (const stream_partition& of : stream_.partitions) {
    if (what.partition && of.partition != *what.partition) continue;
    record_position at{of.log, of.last_lsn + 1, 0};
    if (what.from == read_from::earliest) at.lsn = of.first_lsn;
    if (what.from == read_from::positions) {
      const auto named = std::find_if(what.positions.begin(), what.positions.end(), [&](const record_position& p) { return p.log == of.log; });
      if (named == what.positions.end()) continue;
      at = *named;
      if (auto fine = check(at, of); !fine) return fine.why();
    }
    all.push_back({.of = of, .next = at, .frames = {}});
  }
  if (all.empty() && what.partition)
    return error{error_code::usage,
                 fmt::format("stream {} has no partition {}; it has {}", topology::quoted(stream_.name), *what.partition,
                             stream_.partitions.size() == 1 ? std::string("only 0") : fmt::format("0 to {}", stream_.partitions.size() - 1))};
  for (const record_position& p : what.positions) {
    if (std::any_of(all.begin(), all.end(), [&](const cursor& c) { return c.of.log == p.log; })) continue;
    std::string logs;
    for (const stream_partition& of : stream_.partitions) logs += (logs.empty() ? "" : ", ") + std::to_string(of.log);
    return error{error_code::usage, fmt::format("position {} is in none of the partitions asked for: stream {} has its records in log {}", position_text(p),
                                                topology::quoted(stream_.name), logs)};
  }
  return all;
}

error stream_reader::gone(const record_position& at, std::uint64_t first) const {
  return {error_code::refused,
          fmt::format("position {} of stream {} is gone: nothing kept it any longer; the earliest that is there is {}; `retain` in the manifest keeps records",
                      position_text(at), topology::quoted(stream_.name), position_text({at.log, first, 0}))};
}

result<void> stream_reader::check(const record_position& at, const stream_partition& of) const {
  if (at.lsn < of.first_lsn) return gone(at, of.first_lsn);
  if (at.lsn > of.last_lsn + 1)
    return error{error_code::refused, fmt::format("position {} of stream {} is not there yet; the next one is {}", position_text(at),
                                                  topology::quoted(stream_.name), position_text({of.log, of.last_lsn + 1, 0}))};
  return {};
}

/// Sets the cursors to the last records that fit, over all of them. False where it gave up searching.
result<bool> stream_reader::seek_newest(std::vector<cursor>& cursors, const read_request& what) {
  std::vector<candidate> found;
  bool all = true;
  for (const cursor& c : cursors) {
    const auto whole = search_back(c, what, limits_.newest_bytes / cursors.size(), found);
    if (!whole) return whole.why();
    all = all && *whole;
  }
  const auto by_age = [](const candidate& a, const candidate& b) { return std::tie(a.sequence, a.at) < std::tie(b.sequence, b.at); };
  std::sort(found.begin(), found.end(), by_age);
  const std::size_t older = found.size() - std::min<std::size_t>(found.size(), what.records_max);
  for (cursor& c : cursors) {
    const auto first = std::find_if(found.begin() + static_cast<std::ptrdiff_t>(older), found.end(), [&](const candidate& f) { return f.at.log == c.of.log; });
    if (first != found.end()) c.next = first->at;
  }
  return all || found.size() >= what.records_max;
}

/// Adds the last records of a partition that fit, at most as many as are asked for. False where it gave up before.
result<bool> stream_reader::search_back(const cursor& c, const read_request& what, std::uint64_t bytes_max, std::vector<candidate>& found) {
  const wanted_key wanted(what);
  std::uint64_t end = c.of.last_lsn + 1;
  std::uint64_t window = window_frames_first;
  std::uint64_t searched = 0;
  std::vector<candidate> mine;
  while (end > c.of.first_lsn && mine.size() < what.records_max && searched < bytes_max) {
    const std::uint64_t begin = end - std::min(window, end - c.of.first_lsn);
    const std::uint64_t before = searched;
    std::vector<candidate> here;
    for (std::uint64_t lsn = begin; lsn < end;) {
      auto frames = journal_.read(c.of.log, lsn, chunk_bytes_);
      if (!frames && journal_.first_lsn(c.of.log) > lsn) {  // Retention was faster.
        lsn = std::min(end, journal_.first_lsn(c.of.log));
        continue;
      }
      if (!frames) return frames.why();
      if (frames->empty()) break;
      for (const frame_ptr& f : *frames) {
        if (f->lsn >= end) break;
        searched += f->memory_bytes();
        const record_batch& batch = batch_of(*f, stream_.output);
        for (std::uint32_t i = 0; i < batch.count(); ++i)
          if (wanted.fits(batch.at(i))) here.push_back({f->sequence, {c.of.log, f->lsn, i}});
      }
      lsn = frames->back()->lsn + 1;
      if (here.size() > 2 * std::size_t{what.records_max}) here.erase(here.begin(), here.end() - what.records_max);
    }
    here.insert(here.end(), mine.begin(), mine.end());
    mine = std::move(here);
    end = begin;
    if (searched - before < window_bytes) window *= 4;
  }
  const std::size_t more = mine.size() - std::min<std::size_t>(mine.size(), what.records_max);
  found.insert(found.end(), mine.begin() + static_cast<std::ptrdiff_t>(more), mine.end());
  return end <= c.of.first_lsn || mine.size() >= what.records_max;
}

result<void> stream_reader::fill(cursor& c) const {
  if (!c.frames.empty() || c.next.lsn > c.of.last_lsn) return {};
  auto frames = journal_.read(c.of.log, c.next.lsn, chunk_bytes_);
  if (!frames) {
    const std::uint64_t first = journal_.first_lsn(c.of.log);
    return first > c.next.lsn ? gone(c.next, first) : frames.why();
  }
  for (frame_ptr& f : *frames)
    if (f->lsn <= c.of.last_lsn) c.frames.push_back(std::move(f));
  return {};
}

/// The partition whose next frame was written first; null where none has any.
result<stream_reader::cursor*> stream_reader::earliest_frame(std::vector<cursor>& cursors) const {
  cursor* first = nullptr;
  for (cursor& c : cursors) {
    if (auto filled = fill(c); !filled) return filled.why();
    if (c.frames.empty()) continue;
    if (first == nullptr || c.frames.front()->sequence < first->frames.front()->sequence) first = &c;
  }
  return first;
}

bool stream_reader::take(cursor& c, const read_request& what, read_page& page) {
  const frame_ptr f = std::move(c.frames.front());
  c.frames.pop_front();
  const record_batch& batch = batch_of(*f, stream_.output);
  const wanted_key wanted(what);
  for (std::uint32_t i = c.next.index; i < batch.count(); ++i) {
    const record_batch::view r = batch.at(i);
    if (!wanted.fits(r)) continue;
    const std::uint64_t bytes = r.key.size() + r.value.size();
    const bool full = page.records.size() >= what.records_max || (!page.records.empty() && page_bytes_ + bytes > limits_.page_bytes);
    if (full) {
      c.next.index = i;
      return false;
    }
    page_bytes_ += bytes;
    page.records.push_back({{c.of.log, f->lsn, i}, c.of.partition, r.time, std::string(r.key), std::string(r.value)});
  }
  c.next = {c.of.log, f->lsn + 1, 0};
  return true;
}

}  // namespace weir::runtime
