#include "runtime/node/status.hpp"

#include <algorithm>

#include "runtime/node/node.hpp"

namespace weir::runtime {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

/// The whole is as bad as its worst part, and for that part's reason; it has ended once all of it has.
template <class Whole, class Part>
void worsen(Whole& whole, const Part& part, bool first) {
  if (!first && part.state <= whole.state) return;
  whole.state = part.state;
  whole.reason = part.reason;
}

operator_status* find_operator(std::vector<topology_status>& all, const std::string& topology, const std::string& name) {
  for (topology_status& t : all) {
    if (t.name != topology) continue;
    const auto found = std::find_if(t.operators.begin(), t.operators.end(), [&](const operator_status& o) { return o.name == name; });
    return found == t.operators.end() ? nullptr : &*found;
  }
  return nullptr;
}

topology_status& topology_of(std::vector<topology_status>& all, const std::string& name) {
  auto at = std::lower_bound(all.begin(), all.end(), name, [](const topology_status& t, const std::string& n) { return t.name < n; });
  if (at == all.end() || at->name != name) at = all.insert(at, {.name = name});
  return *at;
}

/// A call that does not return, of this operator or one that it stands behind.
void add_stuck(const std::vector<stuck_call>& calls, const hosted& h, const partition_description& about, partition_status& s) {
  for (const stuck_call& c : calls) {
    if (c.log == h.log && c.key == about.key()) {
      s.stuck_ns = c.lasts_ns;
      s.stuck_off_core = c.off_core;
      s.holds_up = c.holds_up;
    } else if (h.wanted != wanted_activity::stopped && (c.log == h.log || (!c.off_core && c.cpu == about.cpu))) {
      s.held_up_by = c.who();
      s.blocked_by = blocked_state::core;
      s.slow_subscriber.clear();
    }
  }
}

}  // namespace

const char* activity_state_name(activity_state state) noexcept {
  switch (state) {
    case activity_state::ended: return "ended";
    case activity_state::running: return "running";
    case activity_state::waiting: return "waiting";
    case activity_state::paused: return "paused";
    case activity_state::stopped: return "stopped";
    case activity_state::quarantined: return "quarantined";
    case activity_state::failed: return "failed";
  }
  return "running";
}

const char* blocked_state_name(blocked_state state) noexcept {
  switch (state) {
    case blocked_state::none: return "";
    case blocked_state::core: return "core";
    case blocked_state::subscriber: return "subscriber";
    case blocked_state::journal: return "journal";
    case blocked_state::disk: return "disk";
    case blocked_state::journal_limit: return "journal_limit";
  }
  return "";
}

/// What moves: rates, and what keeps it from moving. A chain is blocked as a whole.
void node::add_pace(const hosted& h, const std::shared_ptr<partition_counters>& c, const hosted_table& all, partition_status& s) const {
  const std::int64_t now = around_.time->monotonic_ns();
  const auto rates = rates_.of(c, now);
  s.records_in_per_second = rates.records_in;
  s.records_out_per_second = rates.records_out;
  s.busy = rates.busy;
  s.busy_ns = c->busy_ns.load(relaxed);
  if (const std::int64_t began = c->step_began_ns.load(relaxed); began != 0) s.step_ns = std::max<std::int64_t>(1, now - began);
  if (const std::int64_t since = h.log_progress->undurable_since_ns.load(relaxed); since != 0) s.undurable_ns = std::max<std::int64_t>(1, now - since);
  const std::uint64_t slow = h.log_progress->slowed_by.load(relaxed);
  if (slow == log_counters::journal_itself) {
    s.blocked_by = disk_full_ ? blocked_state::disk : blocked_state::journal;
  } else if (slow != log_counters::no_log) {
    const auto reader = all.find(slow);
    s.blocked_by = blocked_state::subscriber;
    if (reader != all.end()) s.slow_subscriber = reader->second.about->key() + " partition " + std::to_string(reader->second.about->partition);
  } else if (h.counters->waits_for_journal.load(relaxed)) {
    s.blocked_by = disk_full_ ? blocked_state::disk : blocked_state::journal_limit;
  }
}

partition_status node::status_of(const hosted& h, const partition_description& about, const std::shared_ptr<partition_counters>& counters,
                                 const hosted_table& all) const {
  const partition_counters& c = *counters;
  partition_status s;
  s.partition = about.partition;
  s.log = h.log;
  s.cpu = about.cpu;
  s.records_in = c.records_in.load(relaxed);
  s.records_out = c.records_out.load(relaxed);
  s.frames = c.frames.load(relaxed);
  s.late = c.late.load(relaxed);
  s.dead_letters = c.dead_letters.load(relaxed);
  s.skipped = c.skipped.load(relaxed);
  s.timers_fired = c.timers_fired.load(relaxed);
  s.retries = c.retries.load(relaxed);
  s.restarts = c.restarts.load(relaxed);
  s.watermark = c.watermark.load(relaxed);
  s.last_lsn = h.log_progress->last_lsn.load(relaxed);
  s.durable_lsn = h.log_progress->durable_lsn.load(relaxed);
  s.state_keys = c.state_keys.load(relaxed);
  s.state_bytes = c.state_bytes.load(relaxed);
  s.timers = c.timers.load(relaxed);
  for (std::size_t i = 0; i < std::min(h.inputs.size(), c.input_lsns.size()); ++i) {
    const hosted& from = all.at(h.inputs[i].log);
    input_status in{.producer = from.about->key(), .partition = from.about->partition, .log = from.log};
    in.lsn = std::max(c.input_lsns[i].load(relaxed), h.inputs[i].first_lsn - 1);
    const std::uint64_t last = from.log_progress->last_lsn.load(relaxed);
    in.lag_frames = last - std::min(last, in.lsn);
    in.lag_records = h.inputs[i].lag->records.load(relaxed);
    in.lag_bytes = h.inputs[i].lag->bytes.load(relaxed);
    s.lag_frames += in.lag_frames;
    s.lag_records += in.lag_records;
    s.lag_bytes += in.lag_bytes;
    s.inputs.push_back(std::move(in));
  }
  add_pace(h, counters, all, s);
  return s;
}

/// What commands and the partition itself say of its state; mutex_ is held.
void node::note_partition(const hosted& h, partition_status& s) const {
  const auto found = notes_.find(h.log);
  const partition_note said = found == notes_.end() ? partition_note{} : found->second;
  s.last_error = said.last_error;
  s.state = h.counters->ended.load(relaxed) ? activity_state::ended : activity_state::running;
  if (h.wanted == wanted_activity::stopped) {
    s.state = activity_state::stopped;
  } else if (!said.failed.empty()) {
    s.state = activity_state::failed;
    s.reason = said.failed;
  } else if (h.wanted == wanted_activity::paused) {
    s.state = h.quarantined.empty() ? activity_state::paused : activity_state::quarantined;
    s.reason = h.quarantined;
  } else if (!said.waits.empty()) {
    s.state = activity_state::waiting;
    s.reason = said.waits;
  }
}

node_status node::status() const {
  node_status all;
  all.epoch = epoch_;
  const auto table = hosts();
  if (!keeper_.joinable()) rates_.look(*table, around_.time->monotonic_ns());
  const auto calls = stuck_calls(*table, around_.time->monotonic_ns(), options_.stuck_ns);
  const auto add = [&](const hosted& h, const partition_description& about, const std::shared_ptr<partition_counters>& c) {
    partition_status s = status_of(h, about, c, *table);
    add_stuck(calls, h, about, s);
    {
      const std::lock_guard lock(mutex_);
      note_partition(h, s);
    }
    operator_status* o = find_operator(all.topologies, about.topology, about.name);
    if (o == nullptr) {
      topology_status& t = topology_of(all.topologies, about.topology);
      t.operators.push_back({.name = about.name, .class_name = about.class_name, .code = about.code, .version = about.version, .generation = about.generation});
      o = &t.operators.back();
    }
    worsen(*o, s, o->partitions.empty());
    o->partitions.push_back(std::move(s));
  };
  for (const auto& [log, h] : *table) {
    add(h, *h.about, h.counters);
    for (const inner_operator& inner : h.below) add(h, *inner.about, inner.counters);
  }
  for (topology_status& t : all.topologies)
    for (const operator_status& o : t.operators) worsen(t, o, &o == &t.operators.front());
  const journal_statistics j = journal_->statistics();
  all.journal = {.frames = j.frames,
                 .syncs = j.syncs,
                 .bytes = j.bytes,
                 .used_bytes = j.used_bytes,
                 .retained_bytes = j.retained_bytes,
                 .limit_bytes = options_.journal.journal_bytes_max,
                 .segments = j.segments,
                 .snapshots = j.snapshots};
  if (const auto left = around_.file_system->free_bytes(options_.journal.directory)) all.journal.disk_free_bytes = *left;
  all.modules = modules_.size();
  const std::lock_guard lock(mutex_);
  for (const auto& [name, why] : broken_) {
    topology_status& t = topology_of(all.topologies, name);
    t.state = activity_state::failed;
    t.reason = why;
  }
  all.draining = draining_;
  return all;
}

}  // namespace weir::runtime
