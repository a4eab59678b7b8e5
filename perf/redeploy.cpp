// What a hot redeploy costs those who wait for the operator's output: the longest gap between two of its frames, as its subscriber sees them, in short windows
// with and without a redeploy, for states of several sizes; beside it the operator's upstream, and an operator that has nothing to do with it. Then what a
// redeploy each second takes of the time. Half a million records a second, `spin`; threads that are no cores run on the other CPUs.
//   bench_redeploy [REDEPLOYS [KEYS,KEYS,… [DIRECTORY]]]   default: 100 redeploys each with 0, 1000000 and 20000000 keys in the current directory
#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <sstream>

#include "perf/measure.hpp"
#include "runtime/node/node.hpp"

namespace {

using namespace weir::runtime;
using gap_function = std::int64_t (*)(unsigned sink);

constexpr int window_ms = 30;
constexpr std::uint64_t on_its_way = 10'000;  ///< Records: some milliseconds' worth.

std::string topology(std::uint64_t keys) {
  const std::string ours = std::string("artifact: ") + PERF_OPERATORS + ", class: ";
  std::ostringstream m;
  m << "manifest: 1\ntopology: bench\noperators:\n"
    << "  - {name: load, " << ours << "steady, ostreams: {out: a}, with: {keys: " << keys << "}}\n"
    << "  - {name: kept, " << ours << "kept_1, istreams: {in: a}, ostreams: {out: b}}\n"
    << "  - {name: sink, " << ours << "gap_sink, istreams: {in: b}}\n"
    << "  - {name: upstream, " << ours << "gap_sink, istreams: {in: a}, with: {number: 1}}\n"
    << "  - {name: load2, " << ours << "steady, ostreams: {out: c}}\n"
    << "  - {name: unrelated, " << ours << "gap_sink, istreams: {in: c}, with: {number: 2}}\n";
  return m.str();
}

/// In microseconds.
class distribution {
 public:
  void add(std::int64_t ns) { all_.push_back(static_cast<double>(ns) / 1000); }
  double sum() const { return std::accumulate(all_.begin(), all_.end(), 0.0); }
  std::string text() {
    std::sort(all_.begin(), all_.end());
    char line[96];
    std::snprintf(line, sizeof line, "%8.0f %8.0f %8.0f %8.0f", at(0.5), at(0.9), at(0.99), all_.back());
    return line;
  }

 private:
  /// The smallest that so many of them do not exceed.
  double at(double q) const { return all_[static_cast<std::size_t>(std::ceil(q * static_cast<double>(all_.size()))) - 1]; }
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
  /// The state has so many keys, and nobody has more to catch up with than what is on its way.
  bool has_loaded(std::uint64_t keys) const {
    std::uint64_t there = 0;
    std::uint64_t most = 0;
    for (const operator_status& op : node_->status().topologies.at(0).operators)
      for (const partition_status& p : op.partitions) {
        there += p.state_keys;
        most = std::max(most, p.lag_records);
      }
    return there >= keys && most < on_its_way;
  }
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

void line(const std::string& what, distribution& d, const char* how) { std::printf("  %-34s %s   %s\n", what.c_str(), d.text().c_str(), how); }

/// The longest gaps between the frames that a sink gets, by window: two without a redeploy, which tell what the machine does by itself, and one with.
struct watched {
  const char* name;
  distribution calm{}, calm_again{}, redeployed{}, change{}, change_by_itself{};

  void add(std::int64_t first, std::int64_t second, std::int64_t third) {
    calm.add(first);
    calm_again.add(second);
    redeployed.add(third);
    change_by_itself.add(second - first);
    change.add(third - second);
  }
  void print() {
    const std::string who(name);
    line(who + ", no redeploy", calm, "longest gap between two of its frames, windows of 30 ms");
    line(who + ", no redeploy again", calm_again, "");
    line(who + ", redeploy", redeployed, "in the windows in which one was asked for");
    line("  neighbours without", change_by_itself, "the second window less the first");
    line("  neighbours with", change, "the third window less the second");
  }
};

class bench {
 public:
  bench(std::uint64_t keys, const std::string& parent) : keys_(keys), scratch_(parent), node_(scratch_.path(), topology(keys)) {
    void* const module = dlopen(PERF_OPERATORS, RTLD_NOW | RTLD_NOLOAD);
    take_ = module == nullptr ? nullptr : reinterpret_cast<gap_function>(dlsym(module, "perf_take_longest_gap"));
    if (take_ == nullptr) perf::stop("the module's sinks cannot be asked");
    while (!node_.has_loaded(keys)) node_.run_for(100);
    node_.run_for(2000);
  }
  ~bench() { node_.drain(); }
  bench(const bench&) = delete;
  bench& operator=(const bench&) = delete;

  void gaps(int redeploys) {
    std::array<watched, 3> sinks{{{.name = "redeployed"}, {.name = "upstream"}, {.name = "unrelated"}}};
    distribution pauses, asked;
    const perf::stopwatch all;
    for (int i = 0; i < redeploys; ++i) {
      longest();
      node_.run_for(window_ms);
      const auto calm = longest();
      node_.run_for(window_ms);
      const auto calm_again = longest();
      const perf::stopwatch watch;
      pauses.add(deploy());
      asked.add(static_cast<std::int64_t>(watch.seconds() * 1e9));
      node_.run_for(std::max(1, window_ms - static_cast<int>(watch.seconds() * 1e3)));
      const auto redeployed = longest();
      for (std::size_t s = 0; s < sinks.size(); ++s) sinks[s].add(calm[s], calm_again[s], redeployed[s]);
    }
    std::printf("%llu keys, %d redeploys, one every %.0f ms; us:            p50      p90      p99      max\n", static_cast<unsigned long long>(keys_),
                redeploys, all.seconds() * 1e3 / redeploys);
    for (watched& w : sinks) w.print();
    line("pause", pauses, "as weir deploy says: last step of the old code to first frame of the new one");
    line("until it is durable", asked, "the whole command, checks and both decisions' syncs included");
  }

  void one_each_second(int redeploys) {
    const int calm_seconds = std::min(redeploys, 20);
    const double calm = records_in(1000 * calm_seconds);
    distribution pauses;
    const std::uint64_t before = node_.consumed();
    const perf::stopwatch all;
    for (int i = 0; i < redeploys; ++i) {
      pauses.add(deploy());
      const int left = static_cast<int>((i + 1 - all.seconds()) * 1e3);
      if (left > 0) node_.run_for(left);
    }
    const double seconds = all.seconds();
    const double busy = static_cast<double>(node_.consumed() - before) / seconds;
    std::printf("%llu keys, a redeploy each second for %.0f s: summed pauses %.3f %% of the time; %.0f records/s, %.4f of those without (%d s)\n",
                static_cast<unsigned long long>(keys_), seconds, pauses.sum() / 1e4 / seconds, busy, busy / calm, calm_seconds);
    line("pause", pauses, "");
  }

 private:
  std::array<std::int64_t, 3> longest() const { return {take_(0), take_(1), take_(2)}; }
  std::int64_t deploy() {
    next_ = 3 - next_;
    return node_.deploy("kept_" + std::to_string(next_)).pauses_ns.at(0);
  }
  double records_in(int milliseconds) {
    const std::uint64_t before = node_.consumed();
    const perf::stopwatch watch;
    node_.run_for(milliseconds);
    return static_cast<double>(node_.consumed() - before) / watch.seconds();
  }

  const std::uint64_t keys_;
  const perf::scratch_directory scratch_;
  serving_node node_;
  gap_function take_ = nullptr;
  int next_ = 1;  ///< Of the versions: the one that runs.
};

}  // namespace

int main(int argc, char** argv) {
  const int redeploys = argc > 1 ? std::atoi(argv[1]) : 100;
  std::istringstream sizes(argc > 2 ? argv[2] : "0,1000000,20000000");
  if (redeploys < 1) perf::stop("REDEPLOYS must be a number above 0");
  keep_off_the_core();
  for (std::string keys; std::getline(sizes, keys, ',');) {
    bench b(std::strtoull(keys.c_str(), nullptr, 10), argc > 3 ? argv[3] : ".");
    b.gaps(redeploys);
    b.one_each_second(redeploys);
  }
  return 0;
}
