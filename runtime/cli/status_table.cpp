#include "runtime/cli/status_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/record_text.hpp"
#include "runtime/node/stuck.hpp"
#include "topology/text_table.hpp"
#include "topology/utf8.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;
using topology::printable;
using topology::text_table;

/// What takes longer is worth a word.
constexpr double long_seconds = 1;

template <class T>
T sum(const json& op, const char* member) {
  T all = 0;
  for (const json& p : op.at("partitions")) all += p.at(member).get<T>();
  return all;
}

double most(const json& op, const char* member) {
  double all = 0;
  for (const json& p : op.at("partitions")) all = std::max(all, p.at(member).get<double>());
  return all;
}

std::string watermark_text(const json& w) {
  if (w.is_null()) return "-";
  if (w.is_string()) return w.get<std::string>();
  return time_text(w.get<std::int64_t>());
}

/// Of the partition that is furthest behind.
std::string watermark_of(const json& op) {
  const json* least = nullptr;
  for (const json& p : op.at("partitions")) {
    const json& w = p.at("watermark");
    if (w.is_null()) return "-";
    if (least == nullptr || (w.is_number() && (!least->is_number() || w.get<std::int64_t>() < least->get<std::int64_t>()))) least = &w;
  }
  return least == nullptr ? "-" : watermark_text(*least);
}

std::string percent(double part) { return fmt::format("{:.0f}%", part * 100); }

std::string blocked_text(const json& p) {
  const std::string by = p.at("blocked_by");
  if (by.empty()) return "";
  if (by == "core") return ", held up by " + printable(p.at("held_up_by").get<std::string>());
  if (by == "subscriber") return ", blocked by " + printable(p.at("slow_subscriber").get<std::string>());
  return by == "journal_limit" ? ", blocked by the journal's limit" : ", blocked by the " + by;
}

/// "running, blocked by the disk, not durable for 3 s": what it is, and what is unusual about it.
std::string pace_text(const json& p) {
  std::string text = blocked_text(p);
  const double undurable = p.at("undurable_seconds").get<double>();
  const double step = p.at("step_seconds").get<double>();
  if (undurable >= long_seconds) text += ", not durable for " + human_time(undurable);
  const double stuck = p.at("stuck_seconds").get<double>();
  if (stuck > 0)
    text += ", stuck for " + human_time(stuck);
  else if (step >= long_seconds)
    text += ", in a step for " + human_time(step);
  return text;
}

void add_count(std::string& text, std::uint64_t n, const char* one, const char* many) {
  if (n == 0) return;
  text += fmt::format("{}{} {}", text.empty() ? "; " : ", ", human_count(static_cast<double>(n)), n == 1 ? one : many);
}

/// What has gone wrong so far; empty where nothing has.
std::string trouble_text(const json& op) {
  std::string text;
  add_count(text, sum<std::uint64_t>(op, "late"), "late", "late");
  add_count(text, sum<std::uint64_t>(op, "dead_letters"), "dead letter", "dead letters");
  add_count(text, sum<std::uint64_t>(op, "skipped"), "skipped", "skipped");
  add_count(text, sum<std::uint64_t>(op, "restarts"), "restart", "restarts");
  add_count(text, sum<std::uint64_t>(op, "retries"), "retry", "retries");
  return text;
}

/// Of the partition that has most to say.
std::string operator_pace(const json& op) {
  std::string text;
  for (const json& p : op.at("partitions"))
    if (std::string one = pace_text(p); one.size() > text.size()) text = std::move(one);
  return text;
}

/// In records, as far as they were counted: of what was written before the node or the operator started only the frames are known.
std::string lag_text(double records, double frames) {
  return records > 0 || frames == 0 ? human_count(records) : human_count(frames) + (frames == 1 ? " frame" : " frames");
}

std::string count_of(const json& p, const char* member) { return human_count(p.at(member).get<double>()); }

}  // namespace

std::string human_count(double n) {
  constexpr std::array units{"", "k", "M", "G", "T", "P"};
  constexpr double plain = 10'000;
  if (n < plain) return n > 0 && n < 10 && n != static_cast<std::uint64_t>(n) ? fmt::format("{:.1f}", n) : fmt::format("{:.0f}", n);
  std::size_t unit = 0;
  for (; n >= 1000 && unit + 1 < units.size(); ++unit) n /= 1000;
  return n < 100 ? fmt::format("{:.1f}{}", n, units[unit]) : fmt::format("{:.0f}{}", n, units[unit]);
}

std::string human_time(double seconds) {
  if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.0f} h", seconds / 3600);
}

std::string state_text(const json& whole) {
  const std::string reason = whole.at("reason");
  return whole.at("state").get<std::string>() + (reason.empty() ? "" : ": " + printable(reason));
}

std::string operators_table(const std::vector<json>& topologies) {
  text_table table;
  table.add({"OPERATOR", "GEN", "IN", "IN/S", "OUT", "OUT/S", "BUSY", "LAG", "BYTES", "WATERMARK", "SIZE", "STATE"});
  for (const json& t : topologies)
    for (const json& op : t.at("operators"))
      table.add({printable(t.at("name").get<std::string>() + "/" + op.at("name").get<std::string>()), std::to_string(op.at("generation").get<std::uint64_t>()),
                 human_count(sum<double>(op, "records_in")), human_count(sum<double>(op, "records_in_per_second")), human_count(sum<double>(op, "records_out")),
                 human_count(sum<double>(op, "records_out_per_second")), percent(most(op, "busy")),
                 lag_text(sum<double>(op, "lag_records"), sum<double>(op, "lag_frames")), human_bytes(sum<std::uint64_t>(op, "lag_bytes")), watermark_of(op),
                 human_bytes(sum<std::uint64_t>(op, "state_bytes")), state_text(op) + operator_pace(op) + trouble_text(op)});
  return table.text();
}

std::string stuck_lines(const std::vector<json>& topologies) {
  std::string text;
  for (const json& t : topologies)
    for (const json& op : t.at("operators"))
      for (const json& p : op.at("partitions")) {
        runtime::stuck_call c{.key = printable(t.at("name").get<std::string>() + "/" + op.at("name").get<std::string>()),
                              .partition = p.at("partition").get<std::uint32_t>(),
                              .cpu = p.at("cpu").get<int>(),
                              .lasts_ns = static_cast<std::int64_t>(p.at("stuck_seconds").get<double>() * 1e9),
                              .off_core = p.at("stuck_off_core").get<bool>()};
        for (const json& held : p.at("holds_up")) c.holds_up.push_back(printable(held.get<std::string>()));
        if (c.lasts_ns > 0) text += fmt::format("stuck: {}; {}\n", stuck_text(c), stuck_remedy(c));
      }
  return text;
}

std::string partitions_table(const json& op) {
  text_table table;
  table.add({"PARTITION", "LOG", "CPU", "IN/S", "OUT/S", "BUSY", "LAG", "BYTES", "LSN", "DURABLE", "TIMERS", "STATE"});
  std::string errors;
  for (const json& p : op.at("partitions")) {
    table.add({std::to_string(p.at("partition").get<int>()), count_of(p, "log"), std::to_string(p.at("cpu").get<int>()), count_of(p, "records_in_per_second"),
               count_of(p, "records_out_per_second"), percent(p.at("busy").get<double>()),
               lag_text(p.at("lag_records").get<double>(), p.at("lag_frames").get<double>()), human_bytes(p.at("lag_bytes").get<std::uint64_t>()),
               grouped(p.at("last_lsn").get<std::uint64_t>()), grouped(p.at("durable_lsn").get<std::uint64_t>()), count_of(p, "timers"),
               state_text(p) + pace_text(p)});
    const std::string last = p.at("last_error");
    if (!last.empty()) errors += fmt::format("last error of partition {}: {}\n", p.at("partition").get<int>(), printable(last));
  }
  return table.text() + errors;
}

}  // namespace weir::cli
