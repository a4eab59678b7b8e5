// Dead letters that are given to their operator once more. Each partition keeps how far, in the frames that hold what came of it (runtime/operator/replay.hpp);
// log 0 is told afterwards, so that the journal lets them go.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/node.hpp"
#include "runtime/operator/operator_actor.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

constexpr std::int64_t page_timeout_ns = 30'000'000'000;  ///< For what was read at once.
constexpr std::int64_t end_timeout_ns = 5'000'000'000;    ///< For the step under way, once that is over.
constexpr std::uint32_t page_letters = 1000;

/// Filled by the partition's core, under the node's lock; whoever asked may be gone by then.
struct awaited_outcome {
  std::optional<replay_outcome> outcome;
};

/// As the operator is given it; why that cannot be, where `into` is left as it was.
std::string add_letter(const dead_letter& l, std::size_t istreams, std::vector<replayed_letter>& into) {
  if (l.raw) return "it cannot be read";
  replayed_letter r{.at = {l.position.lsn, l.position.index}, .time = l.time, .key = l.key, .value = l.value};
  if (l.of.log == 0) {
    const auto kind = static_cast<std::uint32_t>(l.processing_time ? WEIR_TIMER_PROCESSING : WEIR_TIMER_EVENT);
    r.timer = due_timer{kind, l.timer_time, l.key, l.subkey};
  } else {
    r.istream = l.istream == istream_unsaid && istreams == 1 ? 0 : l.istream;
    if (r.istream >= istreams) return "it does not say which of the operator's istreams it came from";
    r.log = l.of.log;
    r.lsn = l.of.lsn;
    r.index = l.of.index;
  }
  into.push_back(std::move(r));
  return "";
}

}  // namespace

/// What partitions say of it when the node starts: log 0 may not have been told.
void node::take_replayed() {
  for (const auto& [key, e] : directory_.entries()) {
    for (std::uint32_t i = 0; i < e.parallelism; ++i) {
      const auto image = recovered_.logs.find(e.first_log + i);
      if (image == recovered_.logs.end()) continue;
      const replay_place upto = replayed_upto(image->second.states, fmt::format("{} partition {}", key, i));
      if (upto.lsn != 0) letters_[image->first][e.name].add_all_before(upto.lsn, upto.index);
    }
  }
}

/// How many istreams the operator has; refused where it could not take letters now.
result<std::size_t> node::may_replay(const command_target& what, const stream_status& letters) {
  const std::lock_guard lock(command_mutex_);
  if (auto takes = takes_commands(); !takes) return takes.why();
  const std::string key = what.topology + "/" + what.name;
  const auto no = [&](const std::string& why) { return error{error_code::refused, fmt::format("dead letters of '{}' cannot be replayed: {}", key, why)}; };
  const auto planned = std::find_if(plan_.operators.begin(), plan_.operators.end(), [&](const auto& op) { return op.key() == key; });
  if (planned == plan_.operators.end()) return no("it does not run; weir status tells why");
  if (planned->entry.on_error != topology::error_policy::dead_letter)
    return no("its on_error is not dead_letter any more, so that those that fail again would not be kept; say on_error: dead_letter and submit");
  const auto table = hosts();
  for (const stream_partition& p : letters.partitions) {
    const auto h = table->find(p.log);
    if (h == table->end() || h->second.wanted == wanted_activity::stopped) return no(fmt::format("it is stopped; weir start {}", key));
    if (h->second.wanted == wanted_activity::paused) return no(fmt::format("it is paused; weir resume {}", key));
    if (auto free = check_calls({p.log}); !free) return free.why();
  }
  return planned->metadata.istreams.size();
}

/// Waits for it; what was taken by the end of its time counts.
replay_outcome node::replay_page(const hosted& h, std::shared_ptr<const replay_request> what) {
  const auto into = std::make_shared<awaited_outcome>();
  const replay_place nothing{};
  auto m = make_intrusive<replay_message>();
  m->what = std::move(what);
  m->done = [this, into](const replay_outcome& o) {
    const std::lock_guard lock(mutex_);
    into->outcome = o;
    changed_.notify_all();
  };
  h.operator_actor.send(std::move(m));
  const auto is_done = [&] { return into->outcome.has_value(); };
  const bool in_time = await(is_done, page_timeout_ns);
  if (!in_time) h.operator_actor.send(make_intrusive<replay_message>());
  const bool known = in_time || await(is_done, end_timeout_ns);
  const std::lock_guard lock(mutex_);
  replay_outcome o = known ? into->outcome.value_or(replay_outcome{}) : replay_outcome{.upto = nothing, .why = "it did not answer"};
  if (!in_time) o.why = fmt::format("the operator did not take them within {} s; weir status shows what it does", page_timeout_ns / 1'000'000'000);
  return o;
}

/// All that `letters` says there are in its one partition; `dropped` follows. "": all were taken; else why not.
result<std::string> node::replay_partition(const command_target& what, const stream_status& letters, std::size_t istreams, dropped_letters& dropped,
                                           replay_report& report) {
  const stream_partition& p = letters.partitions.front();
  const auto table = hosts();
  const auto h = table->find(p.log);
  if (h == table->end()) return std::string("the operator was removed");
  read_request from{.records_max = page_letters};
  for (bool more = true; more;) {
    auto page = kept_letters(letters, from, what.name);
    if (!page) return page.why();
    const record_position next = page->next.front();
    replay_request request{.member = fmt::format("{}/{} partition {}", what.topology, what.name, p.partition), .letters = {}, .end = {next.lsn, next.index}};
    std::string unfit;
    for (const dead_letter& l : page->letters) {
      const std::string why = add_letter(l, istreams, request.letters);
      if (why.empty()) continue;
      unfit = fmt::format("that at {} cannot be replayed: {}; drop it first", position_text(l.position), why);
      request.end = {l.position.lsn, l.position.index};
      break;
    }
    if (!request.letters.empty()) {
      const replay_outcome o = replay_page(h->second, std::make_shared<const replay_request>(std::move(request)));
      report.replayed += o.taken;
      report.failed_again += o.failed_again;
      dropped.add_all_before(o.upto.lsn, o.upto.index);
      if (!o.why.empty()) return o.why;
    }
    if (!unfit.empty()) return unfit;
    from = {.from = read_from::positions, .positions = page->next, .records_max = page_letters};
    more = page->more;
  }
  return std::string();
}

result<replay_report> node::replay_dead_letters(const command_target& what) {
  const std::lock_guard one(letters_mutex_);
  const auto stream = letters_of(what);
  if (!stream) return stream.why();
  const auto istreams = may_replay(what, *stream);
  if (!istreams) return istreams.why();
  replay_report report;
  std::string why;
  std::map<std::uint64_t, log_letters> logs;
  for (const stream_partition& p : stream->partitions) {
    stream_status alone = *stream;
    alone.partitions = {p};
    log_letters& letters = logs[p.log];
    {
      const std::lock_guard lock(mutex_);
      letters = letters_[p.log];
    }
    const auto ended = replay_partition(what, alone, *istreams, letters[what.name], report);
    why = ended ? *ended : ended.why().message;
    if (!why.empty()) break;
  }
  if (report.replayed > 0)
    if (auto gone = let_go(logs); !gone && why.empty()) why = gone.why().message;
  if (why.empty()) return report;
  return error{error_code::failed,
               fmt::format("{} dead letters of '{}/{}' were replayed, the others stay: {}", report.replayed, what.topology, what.name, why)};
}

}  // namespace weir::runtime
