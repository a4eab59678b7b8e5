// generator -> pass-through -> sink, 100-byte values, everything durable: records per second and CPU per record and hop at full speed; then, at half of that
// rate, how late records reach a durable sink (open loop: lateness counts from when a record was due); then the same for single records through three idle
// pass-throughs, before sync and durable; and the memory of an idle node.
//   bench_pipeline [RECORDS]   default: 5,000,000
#include <cstdio>
#include <fstream>
#include <sstream>

#include "perf/measure.hpp"
#include "runtime/node/node.hpp"

namespace {

using namespace weir::runtime;
namespace topology = weir::topology;

struct outcome {
  double seconds = 0;
  double cpu = 0;
};

/// Runs a manifest to its end in a fresh directory.
outcome run(const std::string& text, const std::string& directory, wait_strategy wait) {
  const auto manifest = topology::parse_manifest(text, "bench.yaml", [](const std::string&) { return std::nullopt; });
  if (!manifest) perf::stop(manifest.why().message);
  module_set modules(WEIR_OPERATORS);
  const std::vector<topology::manifest> manifests{manifest.value()};
  const std::vector<int> cores{0, 1};
  const auto plan = topology::make_plan(manifests, modules.lookup(), cores);
  if (!plan) perf::stop(plan.why().message);
  const auto files = make_system_files();
  weir::runtime::system_clock clock;
  system_random random;
  const auto workers = make_thread_workers();
  node_options options;
  options.journal.directory = directory;
  options.wait = wait;
  options.fatal = [](const weir::error& e) { perf::stop(e.message); };
  const double cpu = perf::cpu_seconds();
  const perf::stopwatch watch;
  auto started = node::start(*plan, modules, {files.get(), &clock, &random, workers.get(), true}, std::move(options));
  if (!started) perf::stop(started.why().message);
  while ((*started)->wait(1000) == run_state::running) {}
  if ((*started)->state() != run_state::ended) perf::stop((*started)->failures().front());
  return {watch.seconds(), perf::cpu_seconds() - cpu};
}

std::string pipeline(std::uint64_t count, double rate, int passes, const std::string& sink, const std::string& report) {
  std::ostringstream m;
  m << "manifest: 1\ntopology: bench\noperators:\n"
    << "  - {name: load, uses: generator, ostreams: {records: s0}, with: {count: " << count << ", rate: " << static_cast<std::uint64_t>(rate) << "}}\n";
  for (int i = 0; i < passes; ++i)
    m << "  - {name: pass" << i << ", artifact: " << PERF_OPERATORS << ", class: pass, istreams: {in: s" << i << "}, ostreams: {out: s" << i + 1 << "}}\n";
  m << "  - {name: sink, artifact: " << PERF_OPERATORS << ", class: " << sink << ", istreams: {in: s" << passes << "}, with: {report: \"" << report << "\"}}\n";
  return m.str();
}

std::string quantiles(const std::string& report) {
  std::ifstream in(report);
  std::string p50, p99, p999, most;
  in >> p50 >> p99 >> p999 >> most;
  return "p50 " + p50 + "  p99 " + p99 + "  p99.9 " + p999 + "  max " + most + " us";
}

std::uint64_t resident_kib() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;)
    if (word == "VmRSS:") {
      std::uint64_t kib = 0;
      in >> kib;
      return kib;
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5'000'000;
  const perf::scratch_directory scratch(".");
  const std::string& at = scratch.path();
  run(pipeline(1, 0, 1, "durable_sink", ""), at + "/idle", wait_strategy::spin);
  std::printf("a node that ran one record: %llu KiB resident\n", static_cast<unsigned long long>(resident_kib()));
  perf::series rates;
  perf::series cpu;
  for (int i = 0; i < 3; ++i) {
    const outcome o = run(pipeline(count, 0, 1, "durable_sink", ""), at + "/full" + std::to_string(i), wait_strategy::spin);
    rates.add(static_cast<double>(count) / o.seconds / 1e6);
    cpu.add(o.cpu / static_cast<double>(count) / 3 * 1e9);
  }
  std::printf("generator -> pass -> durable sink, million records/s   %s\n", rates.text("%.2f").c_str());
  std::printf("CPU ns per record and hop, making the records included %s\n", cpu.text("%.0f").c_str());
  const double half = rates.quantile(0.5) / 2 * 1e6;
  run(pipeline(static_cast<std::uint64_t>(half * 3), half, 1, "durable_sink", at + "/half"), at + "/half-data", wait_strategy::spin);
  std::printf("at half of that rate, to the durable sink:  %s\n", quantiles(at + "/half").c_str());
  for (const char* sink : {"eager_sink", "durable_sink"}) {
    run(pipeline(2000, 500, 3, sink, at + "/one"), at + "/one-" + sink, wait_strategy::spin);
    std::printf("one record through three idle operators to the %s:  %s\n", sink, quantiles(at + "/one").c_str());
  }
  return 0;
}
