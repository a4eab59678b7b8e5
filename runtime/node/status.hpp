// What a node is doing, as plain data: a snapshot for `weir list`, `weir status` and metrics. Made from counters that the cores publish (relaxed), so that
// asking never makes a core wait; numbers of one snapshot may therefore be a few frames apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::runtime {

/// In the order in which the worst counts for the whole: an operator shows the worst of its partitions, a topology that of its operators.
enum class activity_state : std::uint8_t {
  ended,        ///< Nothing follows, durably.
  running,      ///< Works, or waits for input.
  waiting,      ///< For something outside: `reason` says what (an operator asked to retry later).
  paused,       ///< By command: takes no input, which therefore lags.
  stopped,      ///< By command: drained; its object does not exist.
  quarantined,  ///< Like paused, since the process died of it several times in a row: `reason` says where, and what can be done.
  failed,       ///< `reason` says why; retried on its own while the node stays up.
};

/// "ended", "running", "waiting", "paused", "stopped", "quarantined" or "failed".
const char* activity_state_name(activity_state state) noexcept;

/// What keeps a partition from its next step although it could take one.
enum class blocked_state : std::uint8_t {
  none,
  core,           ///< An operator on the same core, or in the same chain, does not return: `held_up_by` says which.
  subscriber,     ///< One that is too far behind: `slow_subscriber` says which.
  journal,        ///< Too much of what it made is not durable yet.
  disk,           ///< The same, since the disk is full.
  journal_limit,  ///< A source: the journal is as large as it may be.
};

/// "", "core", "subscriber", "journal", "disk" or "journal_limit".
const char* blocked_state_name(blocked_state state) noexcept;

/// One log that a partition reads.
struct input_status {
  std::string producer;         ///< "topology/operator".
  std::uint32_t partition = 0;  ///< Of the producer.
  std::uint64_t log = 0;
  std::uint64_t lsn = 0;          ///< Consumed up to here.
  std::uint64_t lag_frames = 0;   ///< The log's frames behind it.
  std::uint64_t lag_records = 0;  ///< This reader's share of their records, as far as they were written since the node started; with several partitions about.
  std::uint64_t lag_bytes = 0;    ///< The bytes of those.
};

struct partition_status {
  std::uint32_t partition = 0;
  std::uint64_t log = 0;
  int cpu = 0;
  activity_state state = activity_state::running;
  std::string reason;
  std::uint64_t records_in = 0;  ///< Counters: since the node started.
  std::uint64_t records_out = 0;
  double records_in_per_second = 0;  ///< Over the last seconds, as the two below.
  double records_out_per_second = 0;
  double busy = 0;           ///< 0 to 1: the part of the time that its steps took, the one under way included. Of a chain: its head shows it.
  std::int64_t busy_ns = 0;  ///< In steps that are over, since the node started.
  std::int64_t step_ns = 0;  ///< So long the step under way has taken; 0: none is.
  blocked_state blocked_by = blocked_state::none;
  std::string slow_subscriber;        ///< "topology/operator partition 0".
  std::int64_t stuck_ns = 0;          ///< So long a call of its code has lasted that does not return; 0: none.
  bool stuck_off_core = false;        ///< That is a blocking operator's, on a thread of its own.
  std::vector<std::string> holds_up;  ///< Operators that stand still because of it, "topology/operator".
  std::string held_up_by;             ///< "topology/operator partition 0".
  std::uint64_t frames = 0;
  std::uint64_t late = 0;  ///< Of records_in: behind the watermark.
  std::uint64_t dead_letters = 0;
  std::uint64_t skipped = 0;
  std::uint64_t timers_fired = 0;
  std::uint64_t retries = 0;           ///< Steps taken again because the operator asked for it.
  std::uint64_t restarts = 0;          ///< After a failure.
  std::string last_error;              ///< Of this run; empty: none.
  std::int64_t watermark = INT64_MIN;  ///< Event time, ns; INT64_MIN: none yet; INT64_MAX: ended.
  std::uint64_t last_lsn = 0;          ///< Of its own log.
  std::uint64_t durable_lsn = 0;
  std::int64_t undurable_ns = 0;  ///< So long, about, its oldest frame that is not durable has been waiting; 0: all are.
  std::uint64_t state_keys = 0;   ///< Cells.
  std::uint64_t state_bytes = 0;  ///< Keys and values.
  std::uint64_t timers = 0;
  std::vector<input_status> inputs;
  std::uint64_t lag_frames = 0;  ///< Over all inputs.
  std::uint64_t lag_records = 0;
  std::uint64_t lag_bytes = 0;
};

struct operator_status {
  std::string name;
  std::string class_name;
  std::string code;     ///< The module's path, or the name of a standard operator.
  std::string version;  ///< Of the class.
  std::uint32_t generation = 1;
  activity_state state = activity_state::running;
  std::string reason;  ///< Of the worst partition.
  std::vector<partition_status> partitions;
};

struct topology_status {
  std::string name;
  activity_state state = activity_state::running;
  std::string reason;  ///< Of the worst operator, or why the topology could not be started.
  std::vector<operator_status> operators;
};

struct journal_status {
  std::uint64_t frames = 0;  ///< Counters: since the node started.
  std::uint64_t syncs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t used_bytes = 0;      ///< Of limit_bytes.
  std::uint64_t retained_bytes = 0;  ///< Beside used_bytes: `retain` and unread dead letters.
  std::uint64_t limit_bytes = 0;     ///< Sources wait before used_bytes gets there.
  std::uint64_t segments = 0;
  std::uint64_t snapshots = 0;
  std::optional<std::uint64_t> disk_free_bytes;  ///< Of the data directory's file system, where that is known.
};

struct node_status {
  std::uint64_t epoch = 0;  ///< Number of this start.
  bool draining = false;
  std::uint64_t modules = 0;                ///< Loaded since the start; none is ever unloaded.
  std::vector<topology_status> topologies;  ///< By name.
  journal_status journal;
};

}  // namespace weir::runtime
