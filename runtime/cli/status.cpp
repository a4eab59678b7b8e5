// weir list and status: what runs on a node, and how it is.
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "runtime/cli/remote.hpp"
#include "topology/text_table.hpp"
#include "topology/utf8.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;
using topology::printable;
using topology::text_table;

constexpr std::chrono::seconds watch_interval{1};
constexpr std::int64_t ns_per_second = 1'000'000'000;

struct status_options {
  remote_options remote;
  std::string target;
  bool watch = false;
};

std::uint64_t sum(const json& op, const char* member) {
  std::uint64_t all = 0;
  for (const json& p : op.at("partitions")) all += p.at(member).get<std::uint64_t>();
  return all;
}

/// Records in by operator, and when: two of them give rates.
struct sample {
  std::map<std::string, std::uint64_t> records;
  std::chrono::steady_clock::time_point at;
};

std::string watermark_text(const json& w) {
  if (w.is_null()) return "-";
  if (w.is_string()) return w.get<std::string>();
  const std::int64_t ns = w.get<std::int64_t>();
  const std::time_t seconds = ns / ns_per_second - (ns % ns_per_second < 0 ? 1 : 0);
  std::tm utc{};
  char text[32];
  if (gmtime_r(&seconds, &utc) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) return std::to_string(ns);
  return text;
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

std::string state_of(const json& whole) {
  const std::string reason = whole.at("reason");
  return whole.at("state").get<std::string>() + (reason.empty() ? "" : ": " + printable(reason));
}

std::string rate_of(const std::string& key, std::uint64_t records, const sample& before, std::chrono::steady_clock::time_point now) {
  const auto found = before.records.find(key);
  const double seconds = std::chrono::duration<double>(now - before.at).count();
  if (found == before.records.end() || seconds <= 0 || records < found->second) return "-";
  return grouped(static_cast<std::uint64_t>(static_cast<double>(records - found->second) / seconds)) + "/s";
}

/// A line per operator; rates where there was a sample before.
sample add_operators(text_table& table, const std::vector<json>& topologies, const std::string& only, const sample& before, bool rates) {
  sample now{{}, std::chrono::steady_clock::now()};
  std::vector<std::string> head{"OPERATOR",   "GENERATION", "PARTITIONS", "IN",      "OUT",      "LAG",  "WATERMARK",
                                "STATE SIZE", "LATE",       "DEAD",       "SKIPPED", "RESTARTS", "STATE"};
  if (rates) head.insert(head.begin() + 4, "RATE");
  table.add(head);
  for (const json& t : topologies)
    for (const json& op : t.at("operators")) {
      if (!only.empty() && op.at("name") != only) continue;
      const std::string key = t.at("name").get<std::string>() + "/" + op.at("name").get<std::string>();
      const std::uint64_t in = sum(op, "records_in");
      const std::uint64_t out = sum(op, "records_out");
      std::vector<std::string> line{printable(key),
                                    std::to_string(op.at("generation").get<std::uint64_t>()),
                                    std::to_string(op.at("partitions").size()),
                                    grouped(in),
                                    grouped(out),
                                    human_bytes(sum(op, "lag_bytes")),
                                    watermark_of(op),
                                    human_bytes(sum(op, "state_bytes")),
                                    grouped(sum(op, "late")),
                                    grouped(sum(op, "dead_letters")),
                                    grouped(sum(op, "skipped")),
                                    grouped(sum(op, "restarts")),
                                    state_of(op)};
      now.records[key] = std::max(in, out);
      if (rates) line.insert(line.begin() + 4, rate_of(key, now.records[key], before, now.at));
      table.add(std::move(line));
    }
  return now;
}

void add_partitions(text_table& table, const json& op) {
  table.add({"PARTITION", "LOG", "CPU", "IN", "OUT", "LSN", "DURABLE", "LAG", "TIMERS", "RETRIES", "STATE", "LAST ERROR"});
  const auto number = [](const json& p, const char* member) { return grouped(p.at(member).get<std::uint64_t>()); };
  for (const json& p : op.at("partitions"))
    table.add({number(p, "partition"), number(p, "log"), std::to_string(p.at("cpu").get<int>()), number(p, "records_in"), number(p, "records_out"),
               number(p, "last_lsn"), number(p, "durable_lsn"), human_bytes(p.at("lag_bytes").get<std::uint64_t>()), number(p, "timers"), number(p, "retries"),
               state_of(p), printable(p.at("last_error").get<std::string>())});
}

/// The whole node, a topology or one operator, as the options say.
struct shown {
  json whole;
  std::string text;
  sample seen;
};

result<shown> look(const status_options& o, const sample& before) {
  const std::size_t slash = o.target.find('/');
  std::string path = "/v1/topologies";
  if (!o.target.empty()) {
    auto named = target_path(o.target);
    if (!named) return named.why();
    path = std::move(*named);
  }
  auto answered = ask_json(o.remote, http_verb::get, path);
  if (!answered) return answered.why();
  shown s;
  text_table operators;
  if (slash != std::string::npos) {
    const json parent{{"name", o.target.substr(0, slash)}, {"operators", json::array({*answered})}};
    s.seen = add_operators(operators, {parent}, "", before, o.watch);
    text_table partitions;
    add_partitions(partitions, *answered);
    s.text = operators.text() + "\n" + partitions.text();
    s.whole = std::move(*answered);
    return s;
  }
  if (!o.target.empty()) {
    s.seen = add_operators(operators, {*answered}, "", before, o.watch);
    s.text = operators.text();
    s.whole = std::move(*answered);
    return s;
  }
  const auto node = ask_json(o.remote, http_verb::get, "/v1/node");
  if (!node) return node.why();
  const json& j = node->at("journal");
  const json& left = j.at("disk_free_bytes");
  const auto bytes = [](const json& n) { return human_bytes(n.get<std::uint64_t>()); };
  s.text = fmt::format("epoch {}, journal {} of {}", node->at("epoch").get<std::uint64_t>(), bytes(j.at("used_bytes")), bytes(j.at("limit_bytes")));
  if (j.at("retained_bytes") != 0) s.text += fmt::format(" and {} retained", bytes(j.at("retained_bytes")));
  if (!left.is_null()) s.text += fmt::format(", {} left on the disk", bytes(left));
  s.text += node->at("draining").get<bool>() ? ", draining\n" : "\n";
  const json& all = answered->at("topologies");
  s.seen = add_operators(operators, std::vector<json>(all.begin(), all.end()), "", before, o.watch);
  if (!all.empty()) s.text += operators.text();
  s.whole = *node;
  s.whole["topologies"] = all;
  return s;
}

int status(const status_options& o) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  sample before;
  for (;;) {
    const auto s = look(o, before);
    if (!s) return complain(s.why());
    if (o.remote.format == output_format::json)
      print_json(s->whole);
    else
      fmt::print("{}{}", o.watch && terminal ? "\033[H\033[2J" : "", s->text);
    if (!o.watch) return 0;
    std::fflush(stdout);
    before = s->seen;
    std::this_thread::sleep_for(watch_interval);
  }
}

int list(const remote_options& o) {
  const auto answered = ask_json(o, http_verb::get, "/v1/topologies");
  if (!answered) return complain(answered.why());
  json all = json::array();
  text_table table;
  table.add({"TOPOLOGY", "OPERATORS", "STATE"});
  for (const json& t : answered->at("topologies")) {
    json names = json::array();
    for (const json& op : t.at("operators")) names.push_back(op.at("name"));
    table.add({printable(t.at("name").get<std::string>()), std::to_string(names.size()), state_of(t)});
    all.push_back({{"name", t.at("name")}, {"state", t.at("state")}, {"reason", t.at("reason")}, {"operators", names}});
  }
  if (o.format == output_format::json)
    print_json({{"topologies", all}});
  else
    fmt::print("{}", table.text());
  return 0;
}

}  // namespace

void add_list(CLI::App& app, action& chosen) {
  static remote_options o;
  CLI::App* const command = app.add_subcommand("list", "Lists the topologies of a node");
  command->footer("Example:\n  weir list --node /var/lib/weir");
  add_remote(*command, o);
  command->callback([&chosen] { chosen = [] { return list(o); }; });
}

void add_status(CLI::App& app, action& chosen) {
  static status_options o;
  CLI::App* const command = app.add_subcommand("status", "Shows what runs on a node: records, lag, watermark, state, errors");
  command->footer("Examples:\n  weir status\n  weir status flights/board\n  weir status --watch");
  command->add_option("TOPOLOGY[/OPERATOR]", o.target, "Of `weir list`; an operator also shows its partitions");
  command->add_flag("--watch", o.watch, "Again every second, with rates, until interrupted");
  add_remote(*command, o.remote);
  command->callback([&chosen] { chosen = [] { return status(o); }; });
}

}  // namespace weir::cli
