#include "runtime/cli/hosting.hpp"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "runtime/cli/standard_streams.hpp"
#include "runtime/log/journal_meta.hpp"
#include "topology/quantities.hpp"
#include "topology/utf8.hpp"

namespace weir::cli {

namespace {

using namespace runtime;

std::atomic<int> interrupted_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);

/// The first interrupt drains; a second one ends the process at once: whatever is durable stays. Two threads may take two signals at the same time.
void interrupt(int signal) {
  int none = 0;
  if (!interrupted_signal.compare_exchange_strong(none, signal)) _exit(128 + signal);
}

constexpr std::uint64_t segment_bytes_least = 1u << 20;

/// As the user says; else as the data directory was made; else the default for a new one.
result<std::uint64_t> segment_bytes(const hosting_options& o, files& fs) {
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

}  // namespace

void add_hosting(CLI::App& command, hosting_options& o) {
  command.add_option("--data", o.data, "The data directory: logs, state and positions")->capture_default_str();
  command.add_option("--cores", o.cores, "CPUs to use, like 0,1 or 0-3; all by default");
  const std::map<std::string, wait_strategy> strategies{{"block", wait_strategy::block}, {"spin", wait_strategy::spin}, {"poll", wait_strategy::poll}};
  add_choice(command, "--wait", o.wait, strategies, "What idle cores do: block, spin (a while, then block) or poll");
  command.add_option("--journal-bytes-max", o.journal_bytes_max, "Size of the journal beyond which sources wait; at least 8 segments")->capture_default_str();
  command.add_option("--segment-bytes", o.segment_bytes, "Size of one journal file, 64MiB by default, at least 1MiB; fixed when the data directory is made");
  command
      .add_option("--stuck-after", o.stuck_after, "An operator's call that has not returned after this time is reported; a drain that waits for one ends then")
      ->capture_default_str()
      ->type_name("TIME");
}

result<node_options> node_options_of(const hosting_options& o, files& fs) {
  node_options options;
  options.journal.directory = o.data;
  auto bytes_max = read_bytes(o.journal_bytes_max, "--journal-bytes-max");
  auto segment = segment_bytes(o, fs);
  if (!bytes_max) return bytes_max.why();
  if (!segment) return segment.why();
  const auto stuck_ns = topology::parse_duration(o.stuck_after);
  if (!stuck_ns || *stuck_ns <= 0)
    return error{error_code::usage, fmt::format("--stuck-after {}: expected {}, more than 0", o.stuck_after, topology::duration_form)};
  options.stuck_ns = *stuck_ns;
  options.journal.journal_bytes_max = *bytes_max;
  options.journal.segment_bytes = *segment;
  options.wait = o.wait;
  options.say = [](int level, const std::string& text) {
    const std::string line = topology::printable(text);  // What operators say may hold anything, also what moves a terminal.
    if (level >= WEIR_LEVEL_WARNING)
      warn(line);
    else
      tell(fmt::format("weir: {}\n", line));
  };
  options.fatal = [](const error& e) {  // Nothing that is not durable has left the process; a new one recovers.
    const int status = complain(e);
    std::fflush(stderr);
    _exit(status);
  };
  return options;
}

process_environment::process_environment() : files_(make_system_files()), workers_(make_thread_workers()) {}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int interrupted_by() noexcept { return interrupted_signal; }

void end_undrained(const error& why) {
  const int status = complain(why);
  std::fflush(nullptr);
  _exit(interrupted_by() != 0 ? 128 + interrupted_by() : status);
}

void allow_open_files() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace weir::cli
