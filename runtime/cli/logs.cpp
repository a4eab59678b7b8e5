// weir logs: what an operator says, and what weir says of it.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/cli/record_text.hpp"
#include "runtime/cli/remote.hpp"
#include "runtime/cli/standard_streams.hpp"
#include "topology/utf8.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t ns_per_ms = 1'000'000;
/// How long the node keeps a question for more lines; so soon a pipe that was closed is noticed.
constexpr const char* follow_wait = "5s";

struct logs_options {
  remote_options remote;
  std::string target;
  bool follow = false;
};

/// With milliseconds.
std::string exact_time_text(std::int64_t ns) { return fmt::format("{}.{:03}Z", time_text(ns, "%Y-%m-%dT%H:%M:%S"), ns % ns_per_second / ns_per_ms); }

void print_line(const json& line, output_format format) {
  if (format == output_format::json) return print_json(line);
  fmt::print("{}  {:7}  {}  {}{}\n", exact_time_text(line.at("at").get<std::int64_t>()), line.at("level").get<std::string>(), line.at("partition").get<int>(),
             line.at("from") == "weir" ? "weir: " : "", topology::printable(line.at("text").get<std::string>()));
}

int logs(const logs_options& o) {
  const auto path = operator_path(o.target);
  if (!path) return complain(path.why());
  std::uint64_t from = 0;
  for (bool first = true;; first = false) {
    const auto answered = ask_json(o.remote, http_verb::get, fmt::format("{}/logs?from={}{}", *path, from, first ? "" : std::string("&wait=") + follow_wait));
    if (!answered) return complain(answered.why());
    if (const auto missing = answered->at("missing").get<std::uint64_t>(); missing > 0) warn(fmt::format("{} earlier lines are not kept any more", missing));
    for (const json& line : answered->at("lines")) print_line(line, o.remote.format);
    if (!o.follow) return 0;
    flush_output();
    if (!output_is_open()) return exit_status(error_code::failed);  // Nobody reads on.
    from = answered->at("next").get<std::uint64_t>();
  }
}

}  // namespace

void add_logs(CLI::App& app, action& chosen) {
  static logs_options o;
  CLI::App* const command = app.add_subcommand("logs", "Shows what an operator says by ctx.log(), and what weir says of it");
  command->footer(
      "Examples:\n  weir logs flights/board\n  weir logs flights/board --follow\n"
      "A line has its time, level, partition and text. The node keeps the last 256 KiB of each operator's lines, in memory.");
  command->add_option("TOPOLOGY/OPERATOR", o.target, "Of `weir list`")->required();
  command->add_flag("--follow", o.follow, "Goes on with what is said from now on, until interrupted");
  add_remote(*command, o.remote);
  command->callback([&chosen] { chosen = [] { return logs(o); }; });
}

}  // namespace weir::cli
