#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/fatal_signals.hpp"
#include "runtime/cli/hosting.hpp"
#include "runtime/cli/standard_streams.hpp"
#include "runtime/node/node.hpp"

namespace weir::cli {

namespace {

using namespace runtime;

struct run_options {
  std::vector<std::string> manifests;
  hosting_options hosting;
  output_format format = output_format::table;
};

void show_progress(const node_progress& p, double seconds) {
  tell(fmt::format("\r{} records in, {} at the sinks, {} frames, {} syncs, {:.0f} s\033[K", grouped(p.records_in), grouped(p.records_out),
                   grouped(p.journal.frames), grouped(p.journal.syncs), seconds));
}

void print_summary(const node_progress& p, double seconds, const char* outcome, output_format format) {
  if (format == output_format::json) {
    const nlohmann::json j{{"outcome", outcome},
                           {"records", p.records_in},
                           {"sink_records", p.records_out},
                           {"dead_letters", p.dead_letters},
                           {"skipped", p.skipped},
                           {"frames", p.journal.frames},
                           {"syncs", p.journal.syncs},
                           {"journal_bytes", p.journal.bytes},
                           {"late", p.late},
                           {"late_by_operator", p.late_by_name},
                           {"seconds", seconds}};
    fmt::print("{}\n", j.dump());
    return;
  }
  if (isatty(STDERR_FILENO) == 0) return;
  tell(fmt::format("\r\033[K{}: {} records in, {} at the sinks; {} frames, {} syncs, {} of journal in {:.2f} s\n", outcome, grouped(p.records_in),
                   grouped(p.records_out), grouped(p.journal.frames), grouped(p.journal.syncs), human_bytes(p.journal.bytes), seconds));
  for (const auto& [name, late] : p.late_by_name) tell(fmt::format("{} late records in {}\n", grouped(late), name));
  if (p.dead_letters + p.skipped > 0) tell(fmt::format("{} dead letters, {} skipped\n", grouped(p.dead_letters), grouped(p.skipped)));
}

/// Until all has ended, drained or failed.
int supervise(node& n, const run_options& o) {
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); };
  const bool terminal = isatty(STDERR_FILENO) != 0;
  bool draining = false;
  run_state state = run_state::running;
  while ((state = n.wait(100)) == run_state::running) {
    if (terminal) show_progress(n.progress(), elapsed());
    if (const auto calls = n.watch_calls(); !calls) end_undrained(calls.why());
    if (interrupted_by() == 0 || draining) continue;
    draining = true;
    if (terminal) tell("\r\033[Kdraining; interrupt again to stop at once (nothing durable is lost either way)\n");
    n.drain();
  }
  const bool interrupted = draining && state == run_state::drained;
  print_summary(n.progress(), elapsed(), state == run_state::failed ? "failed" : interrupted ? "interrupted" : "done", o.format);
  const auto failures = n.failures();
  for (const error& why : failures) complain(why);
  if (state == run_state::failed) return exit_status(failures.empty() ? error_code::failed : failures.front().code);
  return interrupted ? 128 + interrupted_by() : 0;
}

int run(const run_options& o) {
  auto cores = read_cores(o.hosting.cores);
  if (!cores) return complain(cores.why());
  auto manifests = read_manifests(o.manifests);
  if (!manifests) return complain(manifests.why());
  module_set modules(standard_operators_path());
  const auto plan = topology::make_plan(*manifests, modules.lookup(), *cores);
  if (!plan) return complain(plan.why());

  for (const auto& op : plan->operators)
    if (op.entry.external)
      return complain({error_code::refused, fmt::format("{}: stream '{}' is external, and nobody can publish to 'weir run', which has no socket; use 'weir "
                                                        "serve' and 'weir submit'",
                                                        op.entry.where.text(), op.entry.name)});

  process_environment process;
  auto options = node_options_of(o.hosting, process.file_system());
  if (!options) return complain(options.why());
  catch_interrupts();
  catch_fatal_signals();
  allow_open_files();
  auto started = node::start(*plan, modules, process.around(), std::move(*options));
  if (!started) return complain(started.why());
  return supervise(**started, o);
}

}  // namespace

void add_run(CLI::App& app, action& chosen) {
  static run_options o;
  CLI::App* const command = app.add_subcommand("run", "Runs topologies in the foreground until every source has ended; run again to resume");
  command->footer(
      "Examples:\n  weir run topology.yaml\n  weir run a.yaml b.yaml --data /var/lib/weir --cores 0,1\n"
      "Ctrl-C drains and keeps the data; a second one stops at once. Both resume without loss or repetition.");
  command->add_option("FILE", o.manifests, "Manifests, run as one node's graph")->required();
  add_hosting(*command, o.hosting);
  add_output(*command, o.format);
  command->callback([&chosen] { chosen = [] { return run(o); }; });
}

}  // namespace weir::cli
