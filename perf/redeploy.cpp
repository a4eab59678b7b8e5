// What a hot redeploy costs those who wait for the operator's output: the longest gap between two of its frames, as its subscriber sees them, in short windows
// with and without a redeploy, for states of several sizes; beside it an operator that has nothing to do with it. Half a million records a second, `spin`;
// threads that are no cores run on the other CPUs.
//   bench_redeploy [REDEPLOYS [KEYS,KEYS,… [DIRECTORY]]]   default: 100 redeploys each with 0, 1000000 and 20000000 keys in the current directory
#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "perf/measure.hpp"
#include "runtime/node/node.hpp"

namespace {

using namespace weir::runtime;
using gap_function = std::int64_t (*)(unsigned sink);

constexpr int window_ms = 30;

std::string topology(std::uint64_t keys) {
  const std::string ours = std::string("artifact: ") + PERF_OPERATORS + ", class: ";
  std::ostringstream m;
  m << "manifest: 1\ntopology: bench\noperators:\n"
    << "  - {name: load, " << ours << "steady, ostreams: {out: a}, with: {keys: " << keys << "}}\n"
    << "  - {name: kept, " << ours << "kept_1, istreams: {in: a}, ostreams: {out: b}}\n"
    << "  - {name: sink, " << ours << "gap_sink, istreams: {in: b}}\n"
    << "  - {name: load2, " << ours << "steady, ostreams: {out: c}}\n"
    << "  - {name: sink2, " << ours << "gap_sink, istreams: {in: c}, with: {number: 1}}\n";
  return m.str();
}

/// In microseconds.
class distribution {
 public:
  void add(std::int64_t ns) { all_.push_back(static_cast<double>(ns) / 1000); }
  std::string text() {
    std::sort(all_.begin(), all_.end());
    char line[96];
    std::snprintf(line, sizeof line, "%8.0f %8.0f %8.0f %8.0f", at(0.5), at(0.9), at(0.99), all_.back());
    return line;
  }

 private:
  double at(double q) const { return all_[std::min(all_.size() - 1, static_cast<std::size_t>(q * static_cast<double>(all_.size())))]; }
  std::vector<double> all_;
};

/// A node that serves, without an own copy of the module, whose sinks are asked here.
class serving_node {
 public:
  serving_node(const std::string& directory, const std::string& manifest) : modules_(WEIR_OPERATORS) {
    node_options options;
    options.journal.directory = directory;
    options.journal.journal_bytes_max = std::uint64_t{16} << 30;
    options.wait = wait_strategy::spin;
    options.fatal = [](const weir::error& e) { perf::stop(e.message); };
    const std::vector<int> cores{0};
    auto served = node::serve(cores, modules_, {files_.get(), &clock_, &random_, workers_.get(), true}, std::move(options));
    if (!served) perf::stop(served.why().message);
    node_ = std::move(served).value();
    const std::vector<manifest_source> sources{{manifest, "/bench.yaml", {}}};
    if (const auto done = node_->submit(sources, {}); !done) perf::stop(done.why().message);
  }
  deploy_report deploy(const std::string& class_name) {
    auto done = node_->deploy({"bench", "kept"}, PERF_OPERATORS, {.probation_ns = 0, .class_name = class_name, .by = "bench"});
    if (!done) perf::stop(done.why().message);
    return std::move(done).value();
  }
  void run_for(int milliseconds) {
    if (node_->wait(milliseconds) != run_state::running) perf::stop("the node stopped");
  }
  std::uint64_t consumed() const { return node_->progress().records_out; }
  void drain() {
    node_->drain();
    while (node_->wait(1000) == run_state::running) {}
  }

 private:
  module_set modules_;
  std::unique_ptr<files> files_ = make_system_files();
  system_clock clock_;
  system_random random_;
  std::unique_ptr<worker_factory> workers_ = make_thread_workers();
  std::unique_ptr<node> node_;
};

/// The node's other threads, and this one, leave the core's CPU alone, where there is another one: what is measured is the switch, not the scheduler.
void keep_off_the_core() {
  cpu_set_t others;
  CPU_ZERO(&others);
  for (int cpu = 1; cpu < static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); ++cpu) CPU_SET(static_cast<std::size_t>(cpu), &others);
  if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
}

void line(const char* what, distribution& d, const char* how) { std::printf("  %-30s %s   %s\n", what, d.text().c_str(), how); }

void measure(std::uint64_t keys, int redeploys, const std::string& parent) {
  const perf::scratch_directory scratch(parent);
  serving_node node(scratch.path(), topology(keys));
  void* const module = dlopen(PERF_OPERATORS, RTLD_NOW | RTLD_NOLOAD);
  const auto take = module == nullptr ? nullptr : reinterpret_cast<gap_function>(dlsym(module, "perf_take_longest_gap"));
  if (take == nullptr) perf::stop("the module's sinks cannot be asked");
  while (node.consumed() < keys + 100'000) node.run_for(100);
  node.run_for(2000);
  distribution pauses, without, with, more, other_without, other_with, asked;
  const auto both = [&] { return std::pair(take(0), take(1)); };
  const perf::stopwatch all;
  for (int i = 0; i < redeploys; ++i) {
    both();
    node.run_for(window_ms);
    const auto [calm, other_calm] = both();
    const perf::stopwatch watch;
    const deploy_report report = node.deploy(i % 2 == 0 ? "kept_2" : "kept_1");
    asked.add(static_cast<std::int64_t>(watch.seconds() * 1e9));
    node.run_for(std::max(1, window_ms - static_cast<int>(watch.seconds() * 1e3)));
    const auto [gap, other_gap] = both();
    pauses.add(report.pauses_ns.at(0));
    without.add(calm);
    with.add(gap);
    more.add(gap - calm);
    other_without.add(other_calm);
    other_with.add(other_gap);
  }
  std::printf("%llu keys, %d redeploys, one every %.0f ms; us:       p50      p90      p99      max\n", static_cast<unsigned long long>(keys), redeploys,
              all.seconds() * 1e3 / redeploys);
  line("longest gap, no redeploy", without, "between two frames of the operator at its subscriber, windows of 30 ms");
  line("longest gap, redeploy", with, "in the windows in which one was asked for");
  line("  the difference", more, "of neighbouring windows");
  line("pause", pauses, "as weir deploy says: last step of the old code to first frame of the new one");
  line("until it is durable", asked, "the whole command, checks and both decisions' syncs included");
  line("unrelated, no redeploy", other_without, "the longest gap of another operator on the same core");
  line("unrelated, redeploy", other_with, "");
  node.drain();
}

}  // namespace

int main(int argc, char** argv) {
  const int redeploys = argc > 1 ? std::atoi(argv[1]) : 100;
  std::istringstream sizes(argc > 2 ? argv[2] : "0,1000000,20000000");
  if (redeploys < 1) perf::stop("REDEPLOYS must be a number above 0");
  keep_off_the_core();
  for (std::string keys; std::getline(sizes, keys, ',');) measure(std::strtoull(keys.c_str(), nullptr, 10), redeploys, argc > 3 ? argv[3] : ".");
  return 0;
}
