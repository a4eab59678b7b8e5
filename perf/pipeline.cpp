// A real node, everything durable: generator -> pass -> sink with 100-byte values at full speed; the same at half of that rate; single records through three
// idle operators; memory when idle. Prints a table with units and how each line was measured.
//   bench_pipeline [ROUNDS [DIRECTORY]]   default: 5 rounds in the current directory
#include <cstdio>
#include <fstream>
#include <sstream>

#include "perf/bare_loop.hpp"
#include "perf/measure.hpp"
#include "perf/running_node.hpp"

namespace {

using weir::runtime::wait_strategy;

constexpr int warm_up_ms = 1500;
constexpr int window_ms = 2000;
constexpr int paced_seconds = 8;
constexpr int single_seconds = 5;
constexpr double hops = 2;

/// A topology of a source, pass-throughs and a sink in a row.
std::string in_a_row(const std::string& source, int passes, const std::string& sink) {
  std::ostringstream m;
  m << "manifest: 1\ntopology: bench\noperators:\n  - {name: load, " << source << "}\n";
  for (int i = 0; i < passes; ++i)
    m << "  - {name: pass" << i << ", artifact: " << PERF_OPERATORS << ", class: pass, istreams: {in: s" << i << "}, ostreams: {out: s" << i + 1 << "}}\n";
  m << "  - {name: sink, artifact: " << PERF_OPERATORS << ", istreams: {in: s" << passes << "}, " << sink << "}\n";
  return m.str();
}
std::string generator(double rate) {
  return "uses: generator, ostreams: {records: s0}, with: {rate: " + std::to_string(static_cast<std::uint64_t>(rate)) + "}";
}
std::string ticker() { return std::string("artifact: ") + PERF_OPERATORS + ", class: ticker, ostreams: {ticks: s0}"; }
std::string sink(const std::string& which, const std::string& report, int skip) {
  return "class: " + which + ", with: {report: \"" + report + "\", skip: " + std::to_string(skip) + "}";
}

struct latencies {
  std::string count, p50, p99, p999, most;
};

/// Runs a topology whose sink reports how old its records were.
latencies aged(const std::string& text, const std::string& directory, const std::string& report, int seconds, wait_strategy wait) {
  {
    perf::running_node node(text, directory, wait);
    node.run_for(seconds * 1000);
    node.drain();
  }
  std::ifstream in(report);
  latencies l;
  if (!(in >> l.count >> l.p50 >> l.p99 >> l.p999 >> l.most)) perf::stop("no record came through");
  return l;
}

/// Kilobytes of a line of /proc/self/status.
double status_kib(const std::string& line) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    if (word != line + ":") continue;
    double kib = 0;
    in >> kib;
    return kib;
  }
  return 0;
}

struct full_speed {
  perf::series records, cpu_user, cpu_system, ratio, rate, limit, write_kib;
};

/// One window of a node that runs as fast as it can, between two of the disk alone.
void measure_round(full_speed& all, const std::string& directory, perf::bare_loop& bare) {
  constexpr std::uint64_t bare_bytes = 512u << 20;
  const double before = bare.run(bare_bytes);
  double rate = 0;
  {
    perf::running_node node(in_a_row(generator(0), 1, sink("durable_sink", "", 0)), directory, wait_strategy::spin);
    node.run_for(warm_up_ms);
    const auto first = node.progress();
    const perf::cpu_time cpu = perf::cpu_now();
    const perf::stopwatch watch;
    node.run_for(window_ms);
    const auto last = node.progress();
    const perf::cpu_time used = perf::cpu_now() - cpu;
    const double seconds = watch.seconds();
    const auto records = static_cast<double>(last.records_out - first.records_out);
    rate = static_cast<double>(last.journal.bytes - first.journal.bytes) / seconds;
    all.records.add(records / seconds / 1e6);
    all.cpu_user.add(used.user / records * 1e9);
    all.cpu_system.add(used.system / records * 1e9);
    all.write_kib.add(rate * seconds / static_cast<double>(last.journal.syncs - first.journal.syncs) / 1024);
    node.drain();  // A sink that begins behind is served from disk: another thing than what is measured here.
  }
  const double after = bare.run(bare_bytes);
  all.rate.add(rate / 1e6);
  all.limit.add((before + after) / 2e6);
  all.ratio.add(rate / ((before + after) / 2));
}

void line(const char* what, const std::string& value, const char* how) { std::printf("%-44s %-32s %s\n", what, value.c_str(), how); }

void print(const full_speed& all) {
  perf::series per_hop;
  for (std::size_t i = 0; i < all.cpu_user.size(); ++i) per_hop.add((all.cpu_user[i] + all.cpu_system[i]) / hops);
  line("records/s, million", all.records.text("%.2f"), "consumed by the sink after their sync; windows of 2 s, median [range]");
  line("CPU ns per record and hop", per_hop.text("%.0f"), "getrusage of the whole process / 2 hops, making the records included");
  line("  of a record: user ns", all.cpu_user.text("%.0f"), "both hops");
  line("  of a record: kernel ns", all.cpu_system.text("%.0f"), "both hops");
  line("journal, MB/s", all.rate.text("%.0f"), "written and synced: two frames hold each record");
  line("bare write+sync loop, MB/s", all.limit.text("%.0f"), "perf/bare_loop.hpp, directly before and after each window");
  line("journal / bare loop", all.ratio.text("%.2f"), "of the same round");
  line("mean KiB a write", all.write_kib.text("%.0f"), "");
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const perf::scratch_directory scratch(argc > 2 ? argv[2] : ".");
  const std::string& at = scratch.path();
  std::printf("%-44s %-32s %s\n", "100-byte values, everything durable", "", "how it was measured");
  {
    perf::running_node idle(in_a_row(generator(1), 1, sink("durable_sink", "", 0)), at + "/idle", wait_strategy::spin);
    idle.run_for(1500);
    char text[64];
    std::snprintf(text, sizeof text, "%.0f (%.0f anonymous)", status_kib("VmRSS") / 1024, status_kib("RssAnon") / 1024);
    line("an idle node, MiB resident", text, "VmRSS of this process, 3 operators, 1 record/s");
  }
  full_speed all;
  if (rounds > 0) {
    perf::bare_loop bare(at + "/bare", 1u << 30);
    for (int i = 0; i < rounds; ++i) measure_round(all, at + "/full", bare);
  }
  print(all);

  const double half = all.records.quantile(0.5) / 2 * 1e6;
  const std::string report = at + "/report";
  const latencies paced = aged(in_a_row(generator(half), 1, sink("durable_sink", report, 2)), at + "/paced", report, paced_seconds, wait_strategy::spin);
  line("at half of that rate, us", "p50 " + paced.p50 + "  p99 " + paced.p99, "open loop: from when a record was due to the durable sink");
  line("", "p99.9 " + paced.p999 + "  max " + paced.most, (paced.count + " records").c_str());
  for (const auto& [wait, name] : {std::pair{wait_strategy::spin, "spin"}, std::pair{wait_strategy::block, "block"}}) {
    for (const char* const which : {"eager_sink", "durable_sink"}) {
      const auto text = in_a_row(ticker(), 3, sink(which, report, 1));
      const latencies l = aged(text, at + "/" + name + which, report, single_seconds, wait);
      const std::string what = std::string("one record, 3 idle operators, ") + (which[0] == 'e' ? "eager" : "durable") + ", us";
      line(what.c_str(), "p50 " + l.p50 + "  p99 " + l.p99,
           (std::string("wait: ") + name + "; from its making to the sink behind them; " + l.count + " records").c_str());
    }
  }
  return 0;
}
