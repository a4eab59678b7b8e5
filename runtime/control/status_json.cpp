#include "runtime/control/status_json.hpp"

#include <nlohmann/json.hpp>

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

json watermark(std::int64_t ns) {
  if (ns == INT64_MIN) return nullptr;
  if (ns == INT64_MAX) return "ended";
  return ns;
}

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

template <class T>
json list(const std::vector<T>& all) {
  json j = json::array();
  for (const T& one : all) j.push_back(to_json(one));
  return j;
}

json to_json(const input_status& i) {
  return {{"producer", i.producer},       {"partition", i.partition}, {"log", i.log}, {"lsn", i.lsn}, {"lag_frames", i.lag_frames},
          {"lag_records", i.lag_records}, {"lag_bytes", i.lag_bytes}};
}

}  // namespace

json to_json(const partition_status& p) {
  json j{{"partition", p.partition},
         {"log", p.log},
         {"cpu", p.cpu},
         {"state", activity_state_name(p.state)},
         {"reason", p.reason},
         {"records_in", p.records_in},
         {"records_out", p.records_out},
         {"records_in_per_second", p.records_in_per_second},
         {"records_out_per_second", p.records_out_per_second},
         {"busy", p.busy},
         {"busy_seconds", seconds(p.busy_ns)},
         {"step_seconds", seconds(p.step_ns)},
         {"blocked_by", blocked_state_name(p.blocked_by)},
         {"slow_subscriber", p.slow_subscriber},
         {"stuck_seconds", seconds(p.stuck_ns)},
         {"stuck_off_core", p.stuck_off_core},
         {"holds_up", p.holds_up},
         {"held_up_by", p.held_up_by},
         {"frames", p.frames},
         {"late", p.late},
         {"dead_letters", p.dead_letters},
         {"skipped", p.skipped},
         {"timers_fired", p.timers_fired},
         {"retries", p.retries},
         {"restarts", p.restarts},
         {"last_error", p.last_error},
         {"watermark", watermark(p.watermark)},
         {"last_lsn", p.last_lsn},
         {"durable_lsn", p.durable_lsn},
         {"undurable_seconds", seconds(p.undurable_ns)},
         {"state_keys", p.state_keys},
         {"state_bytes", p.state_bytes},
         {"timers", p.timers},
         {"lag_frames", p.lag_frames},
         {"lag_records", p.lag_records},
         {"lag_bytes", p.lag_bytes},
         {"inputs", json::array()}};
  for (const input_status& i : p.inputs) j["inputs"].push_back(to_json(i));
  return j;
}

json to_json(const operator_status& o) {
  return {{"name", o.name},       {"class", o.class_name},           {"code", o.code},
          {"version", o.version}, {"generation", o.generation},      {"state", activity_state_name(o.state)},
          {"reason", o.reason},   {"partitions", list(o.partitions)}};
}

json to_json(const topology_status& t) {
  return {{"name", t.name}, {"state", activity_state_name(t.state)}, {"reason", t.reason}, {"operators", list(t.operators)}};
}

json to_json(const journal_status& s) {
  json j{
      {"frames", s.frames},           {"syncs", s.syncs},       {"bytes", s.bytes},         {"used_bytes", s.used_bytes}, {"retained_bytes", s.retained_bytes},
      {"limit_bytes", s.limit_bytes}, {"segments", s.segments}, {"snapshots", s.snapshots}, {"disk_free_bytes", nullptr}};
  if (s.disk_free_bytes) j["disk_free_bytes"] = *s.disk_free_bytes;
  return j;
}

json to_json(const operator_change& c) { return {{"change", change_kind_name(c.kind)}, {"topology", c.topology}, {"operator", c.name}, {"why", c.why}}; }

}  // namespace weir::runtime
