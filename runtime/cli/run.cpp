#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "runtime/cli/commands.hpp"
#include "runtime/log/journal_meta.hpp"
#include "runtime/node/node.hpp"

namespace weir::cli {

namespace {

using namespace runtime;

struct run_options {
  std::vector<std::string> manifests;
  std::string data = "weir-data";
  std::string cores;
  wait_strategy wait = wait_strategy::spin;
  std::string journal_bytes_max = "1GiB";
  std::string segment_bytes;
  output_format format = output_format::table;
};

std::atomic<int> interrupted_by = 0;
static_assert(std::atomic<int>::is_always_lock_free);

/// The first interrupt drains; a second one ends the process at once: whatever is durable stays. Two threads may take two signals at the same time.
void interrupt(int signal) {
  int none = 0;
  if (!interrupted_by.compare_exchange_strong(none, signal)) _exit(128 + signal);
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// Every segment of the journal is an open file, and what is retained may be many.
void allow_open_files() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

void show_progress(const node_progress& p, double seconds) {
  fmt::print(stderr, "\r{} records in, {} at the sinks, {} frames, {} syncs, {:.0f} s\033[K", grouped(p.records_in), grouped(p.records_out),
             grouped(p.journal.frames), grouped(p.journal.syncs), seconds);
  std::fflush(stderr);
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
  fmt::print(stderr, "\r\033[K{}: {} records in, {} at the sinks; {} frames, {} syncs, {} of journal in {:.2f} s\n", outcome, grouped(p.records_in),
             grouped(p.records_out), grouped(p.journal.frames), grouped(p.journal.syncs), human_bytes(p.journal.bytes), seconds);
  for (const auto& [name, late] : p.late_by_name) fmt::print(stderr, "{} late records in {}\n", grouped(late), name);
  if (p.dead_letters + p.skipped > 0) fmt::print(stderr, "{} dead letters, {} skipped\n", grouped(p.dead_letters), grouped(p.skipped));
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
    if (interrupted_by == 0 || draining) continue;
    draining = true;
    if (terminal) fmt::print(stderr, "\r\033[Kdraining; interrupt again to stop at once (nothing durable is lost either way)\n");
    n.drain();
  }
  const bool interrupted = draining && state == run_state::drained;
  print_summary(n.progress(), elapsed(), state == run_state::failed ? "failed" : interrupted ? "interrupted" : "done", o.format);
  const auto failures = n.failures();
  for (const error& why : failures) complain(why);
  if (state == run_state::failed) return exit_status(failures.empty() ? error_code::failed : failures.front().code);
  return interrupted ? 128 + interrupted_by : 0;
}

constexpr std::uint64_t segment_bytes_least = 1u << 20;

/// As the user says; else as the data directory was made; else the default for a new one.
result<std::uint64_t> segment_bytes(const run_options& o, files& fs) {
  if (!o.segment_bytes.empty()) {
    auto given = read_bytes(o.segment_bytes, "--segment-bytes");
    if (given.ok() && *given < segment_bytes_least)
      return error{error_code::usage, fmt::format("segment_bytes is {}; it must be at least {}, since what a source reads at once is one frame and lies in one "
                                                  "segment",
                                                  *given, segment_bytes_least)};
    return given;
  }
  if (!fs.exists(o.data + "/meta")) return journal_options{}.segment_bytes;
  const auto meta = read_meta(fs, o.data);
  if (!meta) return meta.why();
  return meta->segment_bytes;
}

int run(const run_options& o) {
  auto cores = read_cores(o.cores);
  if (!cores) return complain(cores.why());
  auto manifests = read_manifests(o.manifests);
  if (!manifests) return complain(manifests.why());
  module_set modules(standard_operators_path());
  const auto plan = topology::make_plan(*manifests, modules.lookup(), *cores);
  if (!plan) return complain(plan.why());

  const auto files = make_system_files();
  node_options options;
  options.journal.directory = o.data;
  auto bytes_max = read_bytes(o.journal_bytes_max, "--journal-bytes-max");
  auto segment = segment_bytes(o, *files);
  if (!bytes_max) return complain(bytes_max.why());
  if (!segment) return complain(segment.why());
  options.journal.journal_bytes_max = *bytes_max;
  options.journal.segment_bytes = *segment;
  options.wait = o.wait;
  options.say = [](int level, const std::string& text) {
    if (level >= WEIR_LEVEL_WARNING)
      warn(text);
    else
      fmt::print(stderr, "weir: {}\n", text);
  };
  options.fatal = [](const error& e) {  // Nothing that is not durable has left the process; a new one recovers.
    const int status = complain(e);
    std::fflush(stderr);
    _exit(status);
  };
  runtime::system_clock clock;
  system_random random;
  const auto workers = make_thread_workers();
  catch_interrupts();
  allow_open_files();
  auto started = node::start(*plan, modules, {files.get(), &clock, &random, workers.get(), true}, std::move(options));
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
  command->add_option("--data", o.data, "The data directory: logs, state and positions")->capture_default_str();
  command->add_option("--cores", o.cores, "CPUs to use, like 0,1 or 0-3; all by default");
  const std::map<std::string, wait_strategy> strategies{{"block", wait_strategy::block}, {"spin", wait_strategy::spin}, {"poll", wait_strategy::poll}};
  add_choice(*command, "--wait", o.wait, strategies, "What idle cores do: block, spin (a while, then block) or poll");
  command->add_option("--journal-bytes-max", o.journal_bytes_max, "Size of the journal beyond which sources wait")->capture_default_str();
  command->add_option("--segment-bytes", o.segment_bytes, "Size of one journal file, 64MiB by default, at least 1MiB; fixed when the data directory is made");
  add_output(*command, o.format);
  command->callback([&chosen] { chosen = [] { return run(o); }; });
}

}  // namespace weir::cli
