// What the journal and the actors tell the node. The journal's calls come from its threads, one at a time, those of actors from any core; none waits for a
// command.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/node/node.hpp"

namespace weir::runtime {

/// The table as it is now. A look at the version where nothing has changed, so that what is durable is told without a lock.
const hosted_table& node::seen_by_journal() {
  const std::uint64_t version = hosted_version_.load(std::memory_order_acquire);
  if (version != journal_version_) {
    const std::lock_guard lock(mutex_);
    journal_table_ = hosted_;
    journal_version_ = version;
  }
  return *journal_table_;
}

void node::durable(std::span<const frame_ptr> frames) {
  const hosted_table& table = seen_by_journal();
  if (disk_full_.load(std::memory_order_relaxed)) disk_full_ = false;
  // One message per log: its last frame of the group says it all.
  for (std::size_t i = frames.size(); i-- > 0;) {
    const frame& f = *frames[i];
    const bool later_one = std::any_of(frames.begin() + static_cast<std::ptrdiff_t>(i) + 1, frames.end(), [&](const frame_ptr& o) { return o->log == f.log; });
    if (later_one) continue;
    if (f.log == 0) {
      const std::lock_guard lock(mutex_);
      node_durable_ = f.lsn;
      changed_.notify_all();
      continue;
    }
    const auto found = table.find(f.log);
    if (found == table.end()) continue;
    auto m = make_intrusive<durable_message>();
    m->lsn = f.lsn;
    found->second.log_actor.send(std::move(m));
  }
}

void node::space_freed() {
  for (const auto& [log, h] : seen_by_journal())
    if (h.source) h.operator_actor.send(make_intrusive<space_message>());
}

void node::waiting_for_disk(const error& why) {
  disk_full_ = true;
  say(WEIR_LEVEL_WARNING, why.message);
}

void node::retained_beyond_limit(const retained_log& what) {
  const auto mib = [](std::uint64_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); };
  const hosted_table& table = seen_by_journal();
  const auto found = table.find(what.log);
  const std::string unknown = fmt::format("log {}", what.log);
  const std::string who = what.dead_letters ? fmt::format("unread dead letters of stream '{}' keep", found == table.end() ? unknown : found->second.letters)
                                            : fmt::format("stream '{}' is retained and keeps", found == table.end() ? unknown : found->second.retained);
  const char* const remedy = what.dead_letters ? "look at them with weir dead-letters and drop them, or let an operator subscribe to that stream"
                                               : "shorten its `retain`, or raise journal_bytes_max";
  say(WEIR_LEVEL_WARNING, fmt::format("{} {} of a journal of {}, which is beyond journal_bytes_max ({}) and goes on growing; {}; nothing waits meanwhile", who,
                                      mib(what.bytes), mib(what.journal_bytes), mib(options_.journal.journal_bytes_max), remedy));
}

void node::failed(const error& why) { fatal(why); }

void node::fatal(const error& why) {
  if (options_.fatal) options_.fatal(why);
  const std::lock_guard lock(mutex_);
  failures_.push_back(why);
  state_ = run_state::failed;
  changed_.notify_all();
}

void node::log_ended(std::uint64_t log) {
  const std::lock_guard lock(mutex_);
  ended_.insert(log);
  update_state();
  changed_.notify_all();
}

void node::log_drained(std::uint64_t log) {
  const std::lock_guard lock(mutex_);
  drained_.insert(log);
  update_state();
  changed_.notify_all();
}

void node::partition_waits(std::uint64_t log, const std::string& why) {
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(notes_[log].waits, why);
    if (!why.empty()) notes_[log].last_error = why;
  }
  if (before != why) note_line(log, why.empty() ? WEIR_LEVEL_INFO : WEIR_LEVEL_WARNING, why.empty() ? "goes on after waiting" : "waits: " + why);
}

void node::partition_switched(std::uint64_t log, std::uint32_t generation, std::int64_t pause_ns) {
  note_line(log, WEIR_LEVEL_INFO, fmt::format("generation {} runs, after a pause of {:.1f} ms", generation, static_cast<double>(pause_ns) / 1e6));
  const std::lock_guard lock(mutex_);
  switched_[log] = pause_ns;
  changed_.notify_all();
}

void node::trial_failed(std::uint64_t log, const error& why) {
  note_line(log, WEIR_LEVEL_ERROR, why.message);
  const std::lock_guard lock(mutex_);
  notes_[log].last_error = why.message;
  if (const auto found = trials_.find(log); found != trials_.end()) failed_trials_.emplace(found->second, why.message);
  changed_.notify_all();
}

void node::partition_failed(std::uint64_t log, const error& why) {
  note_line(log, WEIR_LEVEL_ERROR, why.message);
  {
    const std::lock_guard lock(mutex_);
    notes_[log].failed = notes_[log].last_error = why.message;
    const bool known = std::any_of(failures_.begin(), failures_.end(), [&](const error& e) { return e.message == why.message; });
    if (!serves_ && !known) failures_.push_back(why);
  }
  if (!serves_) return drain();
  say(WEIR_LEVEL_ERROR, why.message + "; it is retried, the others go on");
}

void node::partition_runs(std::uint64_t log) {
  note_line(log, WEIR_LEVEL_INFO, "runs again");
  const std::lock_guard lock(mutex_);
  notes_[log].failed.clear();
}

void node::say(int level, const std::string& text) {
  if (options_.say) options_.say(level, text);
}

}  // namespace weir::runtime
