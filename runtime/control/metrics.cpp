#include "runtime/control/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace weir::runtime {

namespace {

constexpr double ns_per_second = 1e9;
constexpr std::array states{activity_state::ended,   activity_state::running,     activity_state::waiting, activity_state::paused,
                            activity_state::stopped, activity_state::quarantined, activity_state::failed};

constexpr std::array blocked_states{blocked_state::core, blocked_state::subscriber, blocked_state::journal, blocked_state::disk, blocked_state::journal_limit};

struct partition_metric {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t partition_status::*value;
};

constexpr std::array partition_metrics{
    partition_metric{"weir_records_in_total", "counter", "Records consumed.", &partition_status::records_in},
    partition_metric{"weir_records_out_total", "counter", "Records produced.", &partition_status::records_out},
    partition_metric{"weir_frames_total", "counter", "Frames committed.", &partition_status::frames},
    partition_metric{"weir_late_records_total", "counter", "Records behind the watermark.", &partition_status::late},
    partition_metric{"weir_dead_letters_total", "counter", "Records and timers that became dead letters.", &partition_status::dead_letters},
    partition_metric{"weir_skipped_records_total", "counter", "Records and timers skipped after an error.", &partition_status::skipped},
    partition_metric{"weir_timers_fired_total", "counter", "Timers fired.", &partition_status::timers_fired},
    partition_metric{"weir_retries_total", "counter", "Steps taken again because the operator asked for it.", &partition_status::retries},
    partition_metric{"weir_restarts_total", "counter", "Restarts after a failure.", &partition_status::restarts},
    partition_metric{"weir_last_lsn", "gauge", "LSN of the newest frame of the partition's log.", &partition_status::last_lsn},
    partition_metric{"weir_durable_lsn", "gauge", "LSN up to which the partition's log is durable.", &partition_status::durable_lsn},
    partition_metric{"weir_state_keys", "gauge", "Cells of keyed and partition state.", &partition_status::state_keys},
    partition_metric{"weir_state_bytes", "gauge", "Bytes of keys and values of state.", &partition_status::state_bytes},
    partition_metric{"weir_timers", "gauge", "Timers that are set.", &partition_status::timers},
    partition_metric{"weir_lag_frames", "gauge", "Frames of all inputs that are not consumed yet.", &partition_status::lag_frames},
    partition_metric{"weir_lag_records", "gauge", "Records of all inputs that are not consumed yet.", &partition_status::lag_records},
    partition_metric{"weir_lag_bytes", "gauge", "Bytes of all inputs that are not consumed yet.", &partition_status::lag_bytes}};

struct duration_metric {
  const char* name;
  const char* type;
  const char* help;
  std::int64_t partition_status::*value;
};

constexpr std::array duration_metrics{
    duration_metric{"weir_busy_seconds_total", "counter", "Time spent in steps that are over; of a chain its first operator shows it.",
                    &partition_status::busy_ns},
    duration_metric{"weir_step_seconds", "gauge", "How long the step under way has taken; 0 while none is.", &partition_status::step_ns},
    duration_metric{"weir_stuck_seconds", "gauge", "How long a call of the operator's code that does not return has lasted; 0 while none is.",
                    &partition_status::stuck_ns},
    duration_metric{"weir_undurable_seconds", "gauge", "How long the oldest frame that is not durable has been waiting; 0 once all are.",
                    &partition_status::undurable_ns}};

/// A label's value: backslashes, quotation marks and newlines escaped.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

class metrics_writer {
 public:
  void describe(const char* name, const char* type, const char* help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class Value>
  void add(const char* name, const std::string& labels, Value value) {
    fmt::format_to(std::back_inserter(text_), "{}{}{}{} {}\n", name, labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", value);
  }
  template <class Value>
  void whole(const char* name, const char* type, const char* help, Value value) {
    describe(name, type, help);
    add(name, "", value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Calls f(labels, operator, partition) for each.
template <class F>
void for_each_partition(const node_status& s, const F& f) {
  for (const topology_status& t : s.topologies)
    for (const operator_status& o : t.operators)
      for (const partition_status& p : o.partitions)
        f(fmt::format("topology=\"{}\",operator=\"{}\",partition=\"{}\"", escaped(t.name), escaped(o.name), p.partition), p);
}

void add_journal(metrics_writer& out, const journal_status& j) {
  out.whole("weir_journal_frames_total", "counter", "Frames written to the journal.", j.frames);
  out.whole("weir_journal_syncs_total", "counter", "Syncs of the journal.", j.syncs);
  out.whole("weir_journal_bytes_total", "counter", "Bytes written to the journal.", j.bytes);
  out.whole("weir_journal_used_bytes", "gauge", "Bytes of the journal that readers or recovery need.", j.used_bytes);
  out.whole("weir_journal_retained_bytes", "gauge", "Bytes of the journal kept by retain and unread dead letters.", j.retained_bytes);
  out.whole("weir_journal_limit_bytes", "gauge", "Size of the journal beyond which sources wait.", j.limit_bytes);
  out.whole("weir_journal_segments", "gauge", "Files of the journal.", j.segments);
  out.whole("weir_snapshots_total", "counter", "Snapshots made.", j.snapshots);
  out.describe("weir_disk_free_bytes", "gauge", "Bytes free in the data directory's file system.");
  if (j.disk_free_bytes) out.add("weir_disk_free_bytes", "", *j.disk_free_bytes);
}

void add_partitions(metrics_writer& out, const node_status& s) {
  for (const partition_metric& m : partition_metrics) {
    out.describe(m.name, m.type, m.help);
    for_each_partition(s, [&](const std::string& labels, const partition_status& p) { out.add(m.name, labels, p.*m.value); });
  }
  for (const duration_metric& m : duration_metrics) {
    out.describe(m.name, m.type, m.help);
    for_each_partition(s, [&](const std::string& labels, const partition_status& p) {
      out.add(m.name, labels, fmt::format("{:.9f}", static_cast<double>(p.*m.value) / ns_per_second));
    });
  }
  out.describe("weir_watermark_seconds", "gauge", "Event time of the watermark, seconds since the epoch; +Inf once ended, absent before the first.");
  for_each_partition(s, [&](const std::string& labels, const partition_status& p) {
    if (p.watermark == INT64_MAX)
      out.add("weir_watermark_seconds", labels, "+Inf");
    else if (p.watermark != INT64_MIN)
      out.add("weir_watermark_seconds", labels, fmt::format("{:.9f}", static_cast<double>(p.watermark) / ns_per_second));
  });
  out.describe("weir_partition_state", "gauge", "1 for the state that the partition is in, 0 for the others.");
  for_each_partition(s, [&](const std::string& labels, const partition_status& p) {
    for (const activity_state state : states)
      out.add("weir_partition_state", fmt::format("{},state=\"{}\"", labels, activity_state_name(state)), p.state == state ? 1 : 0);
  });
  out.describe("weir_blocked", "gauge", "1 for what keeps the partition from its next step, 0 for the others.");
  for_each_partition(s, [&](const std::string& labels, const partition_status& p) {
    for (const blocked_state by : blocked_states)
      out.add("weir_blocked", fmt::format("{},by=\"{}\"", labels, blocked_state_name(by)), p.blocked_by == by ? 1 : 0);
  });
}

}  // namespace

std::string metrics_text(const node_status& s, const std::string& version) {
  metrics_writer out;
  out.describe("weir_build_info", "gauge", "1, with the version as label.");
  out.add("weir_build_info", fmt::format("version=\"{}\"", escaped(version)), 1);
  out.whole("weir_epoch", "gauge", "Number of this start of the node.", s.epoch);
  out.whole("weir_draining", "gauge", "1 while the node drains, else 0.", s.draining ? 1 : 0);
  out.whole("weir_modules", "gauge", "Modules loaded since the start; none is ever unloaded.", s.modules);
  add_journal(out, s.journal);
  out.describe("weir_generation", "gauge", "Generation of the operator.");
  for (const topology_status& t : s.topologies)
    for (const operator_status& o : t.operators)
      out.add("weir_generation", fmt::format("topology=\"{}\",operator=\"{}\"", escaped(t.name), escaped(o.name)), o.generation);
  add_partitions(out, s);
  return out.take();
}

}  // namespace weir::runtime
