// weir list and status: what runs on a node, and how it is.
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "runtime/cli/remote.hpp"
#include "runtime/cli/standard_streams.hpp"
#include "runtime/cli/status_table.hpp"
#include "topology/text_table.hpp"
#include "topology/utf8.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;
using topology::printable;
using topology::text_table;

constexpr std::chrono::seconds watch_interval{1};

struct status_options {
  remote_options remote;
  std::string target;
  bool watch = false;
};

/// The whole node, a topology or one operator, as the options say.
struct shown {
  json whole;
  std::string text;
};

result<shown> look(const status_options& o) {
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
  if (slash != std::string::npos) {
    const json parent{{"name", o.target.substr(0, slash)}, {"operators", json::array({*answered})}};
    s.text = operators_table({parent}) + "\n" + partitions_table(*answered) + stuck_lines({parent});
    s.whole = std::move(*answered);
    return s;
  }
  if (!o.target.empty()) {
    s.text = operators_table({*answered}) + stuck_lines({*answered});
    s.whole = std::move(*answered);
    return s;
  }
  const auto node = ask_json(o.remote, http_verb::get, "/v1/node");
  if (!node) return node.why();
  const json& j = node->at("journal");
  const json& left = j.at("disk_free_bytes");
  const auto bytes = [](const json& n) { return human_bytes(n.get<std::uint64_t>()); };
  const auto modules = node->at("modules").get<std::uint64_t>();
  s.text = fmt::format("epoch {}, {} {}, journal {} of {}", node->at("epoch").get<std::uint64_t>(), modules, modules == 1 ? "module" : "modules",
                       bytes(j.at("used_bytes")), bytes(j.at("limit_bytes")));
  if (j.at("retained_bytes") != 0) s.text += fmt::format(" and {} retained", bytes(j.at("retained_bytes")));
  if (!left.is_null()) s.text += fmt::format(", {} left on the disk", bytes(left));
  s.text += node->at("draining").get<bool>() ? ", draining\n" : "\n";
  const json& all = answered->at("topologies");
  const std::vector<json> each(all.begin(), all.end());
  if (!each.empty()) s.text += operators_table(each) + stuck_lines(each);
  s.whole = *node;
  s.whole["topologies"] = all;
  return s;
}

/// Over what stands there, so that nothing flickers; what is left of longer lines and more of them goes.
std::string redrawn(const std::string& text) {
  std::string out = "\033[H";
  for (const char c : text) out += c == '\n' ? std::string("\033[K\n") : std::string(1, c);
  return out + "\033[J";
}

int status(const status_options& o) {
  const bool redraws = o.watch && o.remote.format == output_format::table && isatty(STDOUT_FILENO) != 0;
  if (redraws) fmt::print("\033[2J");
  for (bool first = true;; first = false) {
    const auto s = look(o);
    if (!s) return complain(s.why());
    if (o.remote.format == output_format::json)
      print_json(s->whole);
    else
      fmt::print("{}{}", first || redraws ? "" : "\n", redraws ? redrawn(s->text) : s->text);
    if (!o.watch) return 0;
    flush_output();
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
    table.add({printable(t.at("name").get<std::string>()), std::to_string(names.size()), state_text(t)});
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
  CLI::App* const command = app.add_subcommand("status", "Shows what runs on a node: records and rates, lag, watermark, what blocks, errors");
  command->footer(
      "Examples:\n  weir status\n  weir status flights/board\n  weir status --watch\n"
      "IN/S, OUT/S and BUSY are of the last 5 seconds; LAG is in records and BYTES that wait to be read, in frames where only\n"
      "these are known: of what an operator has not read since it or the node was stopped. SIZE is that of the state. -o json says more.");
  command->add_option("TOPOLOGY[/OPERATOR]", o.target, "Of `weir list`; an operator also shows its partitions");
  command->add_flag("--watch", o.watch, "Again every second until interrupted; a pipe gets one after the other");
  add_remote(*command, o.remote);
  command->callback([&chosen] { chosen = [] { return status(o); }; });
}

}  // namespace weir::cli
