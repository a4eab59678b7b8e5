// weir stop, start, pause, resume and remove.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "runtime/cli/remote.hpp"
#include "runtime/control/router.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;

struct lifecycle_options {
  remote_options remote;
  std::string target;
  std::string drain_timeout = "30s";
  bool yes = false;
  bool skip_record = false;
};

/// `done_word`: what the target then is.
int say_done(const lifecycle_options& o, const char* done_word) {
  if (o.remote.format == output_format::json)
    print_json({{"target", o.target}, {"done", true}});
  else
    fmt::print("{} is {}\n", o.target, done_word);
  return 0;
}

/// What does not run all the same, since another command held it back: it takes that one's counterpart to let it go on.
void say_held(const lifecycle_options& o, const std::string& path, const std::string& word) {
  const auto shown = ask_json(o.remote, http_verb::get, path);
  if (!shown) return;  // It is gone meanwhile.
  const auto operators = shown->contains("operators") ? shown->at("operators") : json::array({*shown});
  for (const json& op : operators) {
    const std::string state = op.at("state");
    const bool held = word == "start" ? state == "paused" || state == "quarantined" : state == "stopped";
    if (!held) continue;
    const std::string name = o.target.substr(0, o.target.find('/')) + "/" + op.at("name").get<std::string>();
    warn(fmt::format("{} is {}: 'weir {} {}' lets it go on", name, state, word == "start" ? "resume" : "start", name));
  }
}

int command(const lifecycle_options& o, const std::string& word, const char* done_word, bool drains) {
  const auto path = o.skip_record ? operator_path(o.target) : target_path(o.target);
  if (!path) return complain(path.why());
  const std::string query = drains ? "?drain_timeout=" + runtime::percent_encoded(o.drain_timeout) : "";
  const std::string body = o.skip_record ? json{{"skip_record", true}}.dump() : "";
  const auto done = ask_json(o.remote, http_verb::post, *path + "/" + word + query, body);
  if (!done) return complain(done.why());
  if (word == "start" || word == "resume") say_held(o, *path, word);
  return say_done(o, done_word);
}

int remove(const lifecycle_options& o) {
  const auto path = target_path(o.target);
  if (!path) return complain(path.why());
  if (o.target.find('/') != std::string::npos)
    return complain({error_code::usage, "only whole topologies are removed; take the operator out of the manifest and submit that"});
  if (!o.yes)
    return complain(
        {error_code::usage, fmt::format("remove deletes the records and the state of topology '{}' for good; say --yes if that is meant", o.target)});
  const auto done = ask_json(o.remote, http_verb::del, *path + "?drain_timeout=" + runtime::percent_encoded(o.drain_timeout));
  return done ? say_done(o, "removed") : complain(done.why());
}

void add_drain_timeout(CLI::App& command, lifecycle_options& o) {
  command.add_option("--drain-timeout", o.drain_timeout, "How long what is under way may take to go through; then it stops where it is")
      ->capture_default_str()
      ->type_name("TIME");
}

struct described {
  const char* word;
  const char* done_word;
  const char* help;
  bool drains;
};

CLI::App* add_command(CLI::App& app, action& chosen, lifecycle_options& o, const described& d) {
  CLI::App* const sub = app.add_subcommand(d.word, d.help);
  sub->footer(fmt::format("Examples:\n  weir {0} flights\n  weir {0} flights/board", d.word));
  sub->add_option("TOPOLOGY[/OPERATOR]", o.target, "Of `weir list`")->required();
  if (d.drains) add_drain_timeout(*sub, o);
  add_remote(*sub, o.remote);
  sub->callback([&chosen, &o, d] { chosen = [&o, d] { return command(o, d.word, d.done_word, d.drains); }; });
  return sub;
}

}  // namespace

void add_lifecycle(CLI::App& app, action& chosen) {
  static lifecycle_options o;
  add_command(app, chosen, o, {"stop", "stopped", "Drains and stops a topology or operator; it stays so over restarts", true});
  add_command(app, chosen, o, {"start", "started", "Starts what was stopped, where it stopped", false});
  add_command(app, chosen, o, {"pause", "paused", "Lets a topology or operator take no more input for now; what it has not read waits", false});
  CLI::App* const again = add_command(app, chosen, o, {"resume", "resumed", "Lets what is paused or quarantined go on", false});
  again->footer("Examples:\n  weir resume flights\n  weir resume flights/board --skip-record");
  again->add_flag("--skip-record", o.skip_record,
                  "The quarantined operator is never given the record that the process died of: it becomes a dead letter where the operator makes such, "
                  "else it is skipped");
  CLI::App* const sub = app.add_subcommand("remove", "Stops a topology and deletes its records and state");
  sub->footer("Example:\n  weir remove flights --yes");
  sub->add_option("TOPOLOGY", o.target, "Of `weir list`; refused while others subscribe to its streams")->required();
  sub->add_flag("--yes", o.yes, "Really delete");
  add_drain_timeout(*sub, o);
  add_remote(*sub, o.remote);
  sub->callback([&chosen] { chosen = [] { return remove(o); }; });
}

}  // namespace weir::cli
