// weir deploy, rollback and history: the code of one operator.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "runtime/cli/record_text.hpp"
#include "runtime/cli/remote.hpp"
#include "topology/text_table.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;

enum class wait_until : std::uint8_t { cutover, probation };

struct deploy_options {
  remote_options remote;
  std::string target;
  std::string artifact;
  std::string class_name;
  std::string probation = "30s";
  wait_until wait = wait_until::cutover;
  bool dry_run = false;
};

struct rollback_options {
  remote_options remote;
  std::string target;
  std::uint32_t to = 0;  ///< 0: the generation before.
};

result<std::string> code_path(const std::string& target) {
  if (target.find('/') == std::string::npos)
    return error{error_code::usage, fmt::format("'{}' names no operator; code belongs to one: '{}/OPERATOR', of 'weir status {}'", target, target, target)};
  return target_path(target);
}

/// "41 us" or "2.5 ms", of the longest.
std::string pause_text(const json& pauses_ns) {
  std::int64_t longest = 0;
  for (const json& pause : pauses_ns) longest = std::max(longest, pause.get<std::int64_t>());
  return longest < 1'000'000 ? fmt::format("{} us", longest / 1000) : fmt::format("{:.1f} ms", static_cast<double>(longest) / 1e6);
}

void say_done(const std::string& target, const json& done, bool dry_run) {
  if (dry_run)
    fmt::print("{} would become generation {}\n", target, done.at("generation").get<int>());
  else if (done.at("pauses_ns").empty())
    fmt::print("{} is generation {}; it does not run now\n", target, done.at("generation").get<int>());
  else
    fmt::print("{} is generation {}; longest pause of {} {}\n", target, done.at("generation").get<int>(),
               done.at("pauses_ns").size() == 1 ? "1 partition" : fmt::format("{} partitions", done.at("pauses_ns").size()), pause_text(done.at("pauses_ns")));
  if (const std::string warning = done.at("warning"); !warning.empty()) warn("an error will not bring the code before back: " + warning);
}

/// Until the probation is over; an error where the code before has come back.
result<void> wait_for_trial(const deploy_options& o, const std::string& path, const json& done) {
  constexpr auto between_looks = std::chrono::milliseconds(100);
  std::fflush(stdout);
  for (;;) {
    const auto past = ask_json(o.remote, http_verb::get, path + "/deployments");
    if (!past) return past.why();
    const json& newest = past->at("deployments").back();
    if (newest.at("generation") != done.at("generation")) {
      const std::string what = fmt::format("generation {} by {}", newest.at("generation").get<int>(), newest.at("kind").get<std::string>());
      if (newest.at("kind") != "automatic rollback") return error{error_code::refused, fmt::format("'{}' has become {} meanwhile", o.target, what)};
      return error{error_code::rolled_back, fmt::format("'{}' failed on trial, and is {}: {}", o.target, what, newest.at("why").get<std::string>())};
    }
    const std::int64_t left = past->at("probation_left_ns");
    if (left <= 0) return {};
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(between_looks, std::chrono::nanoseconds(left)));
  }
}

int deploy(const deploy_options& o) {
  const auto path = code_path(o.target);
  if (!path) return complain(path.why());
  json body{
      {"artifact", std::filesystem::absolute(o.artifact).lexically_normal().string()}, {"probation", o.probation}, {"dry_run", o.dry_run}, {"by", user()}};
  if (!o.class_name.empty()) body["class"] = o.class_name;
  const auto done = ask_json(o.remote, http_verb::post, *path + "/deployments", body.dump());
  if (!done) return complain(done.why());
  if (o.remote.format == output_format::json)
    print_json(*done);
  else
    say_done(o.target, *done, o.dry_run);
  if (o.wait == wait_until::cutover || o.dry_run) return 0;
  const result<void> passed = wait_for_trial(o, *path, *done);
  return passed ? 0 : complain(passed.why());
}

int rollback(const rollback_options& o) {
  const auto path = code_path(o.target);
  if (!path) return complain(path.why());
  json body{{"by", user()}};
  if (o.to != 0) body["to"] = o.to;
  const auto done = ask_json(o.remote, http_verb::post, *path + "/rollback", body.dump());
  if (!done) return complain(done.why());
  if (o.remote.format == output_format::json)
    print_json(*done);
  else
    say_done(o.target, *done, false);
  return 0;
}

int history(const rollback_options& o) {
  const auto path = code_path(o.target);
  if (!path) return complain(path.why());
  const auto done = ask_json(o.remote, http_verb::get, *path + "/deployments");
  if (!done) return complain(done.why());
  if (o.remote.format == output_format::json) {
    print_json(*done);
    return 0;
  }
  topology::text_table table;
  table.add({"generation", "what", "when (UTC)", "who", "version", "pause", "artifact", "why"});
  for (const json& d : done->at("deployments"))
    table.add({std::to_string(d.at("generation").get<int>()), d.at("kind"), time_text(d.at("at"), "%Y-%m-%d %H:%M:%S"), d.at("by"), d.at("version"),
               d.at("pauses_ns").empty() ? "" : pause_text(d.at("pauses_ns")), d.at("artifact"), d.at("why")});
  fmt::print("{}", table.text());
  return 0;
}

}  // namespace

void add_deploy(CLI::App& app, action& chosen) {
  static deploy_options o;
  CLI::App* const command = app.add_subcommand("deploy", "Gives one running operator other code, on the state that it has");
  command->footer(
      "Examples:\n  weir deploy flights/board build/libflights.so --dry-run\n  weir deploy flights/board build/libflights.so --probation 5min\n"
      "Everything is checked before the operator is touched. Within the probation its first error brings the code before back (exit status 5 where that is at "
      "once); weir history tells.");
  command->add_option("TOPOLOGY/OPERATOR", o.target, "Of `weir list`")->required();
  command->add_option("ARTIFACT", o.artifact, "The module, on the node's machine")->required();
  command->add_option("--class", o.class_name, "Of the module; that of the code before by default")->type_name("NAME");
  command->add_option("--probation", o.probation, "How long the first error brings the code before back; 0s: not at all")
      ->capture_default_str()
      ->type_name("TIME");
  add_choice(*command, "--wait", o.wait, {{"cutover", wait_until::cutover}, {"probation", wait_until::probation}},
             "For the new code to run, or for its probation to be over, too");
  command->add_flag("--dry-run", o.dry_run, "Only check");
  add_remote(*command, o.remote);
  command->callback([&chosen] { chosen = [] { return deploy(o); }; });
}

void add_rollback(CLI::App& app, action& chosen) {
  static rollback_options back;
  static rollback_options past;
  CLI::App* const sub = app.add_subcommand("rollback", "Gives an operator the code of an earlier generation, on the state as it is now");
  sub->footer("Examples:\n  weir rollback flights/board\n  weir rollback flights/board --to 3");
  sub->add_option("TOPOLOGY/OPERATOR", back.target, "Of `weir list`")->required();
  const auto take_generation = [](std::uint64_t n) { back.to = static_cast<std::uint32_t>(n); };
  add_number(*sub, "--to", take_generation, "Of `weir history`; the one before by default", 1, UINT32_MAX)->type_name("GENERATION");
  add_remote(*sub, back.remote);
  sub->callback([&chosen] { chosen = [] { return rollback(back); }; });
  CLI::App* const lines = app.add_subcommand("history", "Shows which code an operator ran as, since when, and who wanted it");
  lines->footer("Example:\n  weir history flights/board");
  lines->add_option("TOPOLOGY/OPERATOR", past.target, "Of `weir list`")->required();
  add_remote(*lines, past.remote);
  lines->callback([&chosen] { chosen = [] { return history(past); }; });
}

}  // namespace weir::cli
