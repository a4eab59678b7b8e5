// What an operator's class costs through the real runtime: CPU of one more pass-through in an inlined chain, per record, beside the same loop without weir: a
// function called virtually for each of the same records, which copies it. Chains of several lengths run in a node in turn; what one operator costs is the
// difference between them, so that source, sink, step and frame are not in it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "perf/measure.hpp"
#include "perf/running_node.hpp"

namespace {

constexpr int short_chain = 1;
constexpr int long_chain = 9;
constexpr int run_ms = 1000;

std::string manifest_of(int passes) {
  const std::string module = std::string(", artifact: ") + PERF_OPERATORS;
  std::string operators = "manifest: 1\ntopology: bench\noperators:\n  - {name: source" + module + ", class: torrent, ostreams: {out: s0}}\n";
  std::string streams = "streams:\n  s0: {persist: false}\n";
  for (int i = 1; i <= passes; ++i) {
    const std::string n = std::to_string(i);
    operators += "  - {name: pass" + n + module + ", class: pass, istreams: {in: s" + std::to_string(i - 1) + "}, ostreams: {out: s" + n + "}}\n";
    streams += "  s" + n + ": {persist: false}\n";
  }
  return operators + "  - {name: sink" + module + ", class: abyss, istreams: {in: s" + std::to_string(passes) + "}}\n" + streams;
}

/// CPU nanoseconds per record of a whole node.
double run_chain(int passes) {
  const perf::scratch_directory directory("/tmp");
  perf::running_node node(manifest_of(passes), directory.path() + "/data", weir::runtime::wait_strategy::block);
  node.run_for(200);
  const auto cpu = perf::cpu_now();
  const std::uint64_t records = node.progress().records_out;
  node.run_for(run_ms);
  const auto spent = perf::cpu_now() - cpu;
  const double n = static_cast<double>(node.progress().records_out - records);
  node.drain();
  return (spent.user + spent.system) * 1e9 / n;
}

struct plain_record {
  std::string_view key, value;
  std::int64_t time;
};

class plain_function {
 public:
  virtual ~plain_function() = default;
  virtual void process(const plain_record& r) = 0;
};

/// Copies records behind each other, as a pass-through does.
class copying final : public plain_function {
 public:
  explicit copying(std::vector<char>& to) : to_(to) {}
  void process(const plain_record& r) override {
    if (at_ + r.key.size() + r.value.size() > to_.size()) at_ = 0;
    std::memcpy(to_.data() + at_, r.key.data(), r.key.size());
    std::memcpy(to_.data() + at_ + r.key.size(), r.value.data(), r.value.size());
    at_ += r.key.size() + r.value.size();
  }

 private:
  std::vector<char>& to_;
  std::size_t at_ = 0;
};

double run_loop(plain_function& f, const std::vector<plain_record>& records) {
  constexpr int rounds = 20'000;
  const auto cpu = perf::cpu_now();
  for (int i = 0; i < rounds; ++i)
    for (const plain_record& r : records) f.process(r);
  const auto spent = perf::cpu_now() - cpu;
  return (spent.user + spent.system) * 1e9 / (double{rounds} * static_cast<double>(records.size()));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const std::string bytes(100 * 1000, 'v');
  std::vector<plain_record> records;
  for (std::size_t i = 0; i < 1000; ++i) records.push_back({{bytes.data() + 100 * i, 8}, {bytes.data() + 100 * i + 8, 92}, 0});
  std::vector<char> memory(bytes.size());
  const std::unique_ptr<plain_function> plain = std::make_unique<copying>(memory);
  perf::series through, loop, above;
  for (int i = 0; i < rounds; ++i) {
    through.add((run_chain(long_chain) - run_chain(short_chain)) / (long_chain - short_chain));
    loop.add(run_loop(*plain, records));
    above.add(through[through.size() - 1] - loop[loop.size() - 1]);
  }
  std::printf("sdk, pass-through in a chain: %s ns CPU per record of 100 bytes; the same loop without weir %s; above it %s\n", through.text("%.1f").c_str(),
              loop.text("%.1f").c_str(), above.text("%.1f").c_str());
  return 0;
}
