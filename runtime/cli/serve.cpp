// weir serve: a node that stays up, controlled over its socket.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/fatal_signals.hpp"
#include "runtime/cli/hosting.hpp"
#include "runtime/cli/service_notify.hpp"
#include "runtime/control/bearer_token.hpp"
#include "runtime/control/control_api.hpp"
#include "runtime/control/server.hpp"
#include "runtime/log/journal_meta.hpp"
#include "runtime/node/module_keeper.hpp"
#include "runtime/node/step_marks.hpp"

namespace weir::cli {

namespace {

using namespace runtime;

constexpr int supervision_interval_ms = 100;

struct serve_options {
  hosting_options hosting;
  std::vector<std::string> listen;
  std::string token_file;
  std::vector<std::string> paused;
  output_format format = output_format::table;
};

/// Standard output says where the node listens and when it is ready, a line each, for people and for whoever started it.
void announce(const serve_options& o, const std::string& member, const std::string& value) {
  if (o.format == output_format::json)
    fmt::print("{}\n", nlohmann::json{{member, value}}.dump());
  else
    fmt::print("{} {}\n", member, value);
  std::fflush(stdout);
}

/// The data directory's socket and what --listen asks for.
result<std::vector<listener>> open_listeners(const serve_options& o, files& fs) {
  if (auto made = fs.make_directory(o.hosting.data); !made) return made.why();
  // Nothing is put into a directory that is not ours.
  if (auto looked = look_at_data_directory(fs, o.hosting.data); !looked) return looked.why();
  std::vector<listener> all;
  auto own = listener::at_path(o.hosting.data + "/weir.sock");
  if (!own) return own.why();
  all.push_back(std::move(*own));
  for (const std::string& address : o.listen) {
    auto more = address.find('/') != std::string::npos ? listener::at_path(address) : listener::at_loopback(address);
    if (!more) return more.why();
    all.push_back(std::move(*more));
  }
  return all;
}

command_target target_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  return slash == std::string::npos ? command_target{text, ""} : command_target{text.substr(0, slash), text.substr(slash + 1)};
}

/// Until it is told to end, or fails.
int supervise(node& n, control_api& api, service_manager& manager) {
  bool draining = false;
  run_state state = run_state::running;
  while ((state = n.wait(supervision_interval_ms)) == run_state::running) {
    manager.keep_alive();
    if (const auto calls = n.watch_calls(); !calls) end_undrained(calls.why());
    if (interrupted_by() == 0 || draining) continue;
    draining = true;
    manager.notify("STOPPING=1");
    api.set_stopping();
    n.drain();
  }
  const auto failures = n.failures();
  for (const error& why : failures) complain(why);
  if (state == run_state::failed) return exit_status(failures.empty() ? error_code::failed : failures.front().code);
  return draining ? 128 + interrupted_by() : 0;
}

int serve(const serve_options& o) {
  const auto cores = read_cores(o.hosting.cores);
  if (!cores) return complain(cores.why());
  server_options control;
  if (!o.token_file.empty()) {
    auto token = read_token(o.token_file);
    if (!token) return complain(token.why());
    control.token = std::move(*token);
  }
  process_environment process;
  auto options = node_options_of(o.hosting, process.file_system());
  if (!options) return complain(options.why());
  for (const std::string& target : o.paused) options->paused.push_back(target_of(target));
  step_marks marks(o.hosting.data + "/steps");
  options->fatal = [&marks, fatal = options->fatal](const error& why) {
    marks.forgive();
    fatal(why);
  };
  module_set modules(standard_operators_path());
  const module_keeper store(process.file_system(), o.hosting.data);
  auto listeners = open_listeners(o, process.file_system());
  if (!listeners) return complain(listeners.why());

  service_manager manager;
  control_api api(WEIR_VERSION);
  router routes;
  api.add_routes(routes);
  // Ends before the node does, for its requests use it; begins before, for the node may take long to recover.
  std::unique_ptr<node> served;
  auto server = control_server::start(std::move(*listeners), routes, std::move(control));
  if (!server) return complain(server.why());
  for (const std::string& address : (*server)->addresses()) announce(o, "listening", address);
  catch_interrupts();
  catch_fatal_signals();
  allow_open_files();
  manager.notify("STATUS=recovering the data directory");
  options->journal.recovering = [&api](std::uint64_t done, std::uint64_t total) { api.set_recovery_progress(done, total); };
  environment around = process.around();
  around.keeper = &store;
  around.marks = &marks;
  auto started = node::serve(*cores, modules, around, std::move(*options));
  if (!started) return complain(started.why());
  served = std::move(*started);
  api.attach(*served);
  manager.notify("READY=1\nSTATUS=ready");
  announce(o, "ready", o.hosting.data);
  return supervise(*served, api, manager);
}

}  // namespace

void add_serve(CLI::App& app, action& chosen) {
  static serve_options o;
  CLI::App* const command = app.add_subcommand("serve", "Runs a node that stays up, with what was submitted to it");
  command->footer(
      "Examples:\n  weir serve\n  weir serve --data /var/lib/weir --listen 127.0.0.1:7077 --token-file /etc/weir/token\n"
      "Then, from anywhere: weir submit topology.yaml. SIGTERM and Ctrl-C drain and keep everything; a second one stops at once. Both resume at the next "
      "start.");
  add_hosting(*command, o.hosting);
  command->add_option("--listen", o.listen, "Control here, too: HOST:PORT of loopback (0: any free port), or a path; DIR/weir.sock always")
      ->type_name("ADDRESS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--token-file", o.token_file, "What clients over HOST:PORT must show: a file only its owner may read")->type_name("FILE");
  command->add_option("--paused", o.paused, "Pauses these before they run, such as one that ends the process; 'weir resume' lets them go on")
      ->type_name("TOPOLOGY[/OPERATOR]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_output(*command, o.format);
  command->callback([&chosen] { chosen = [] { return serve(o); }; });
}

}  // namespace weir::cli
