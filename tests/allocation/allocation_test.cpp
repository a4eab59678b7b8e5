// The data path allocates for frames, never for records: a whole node with threads, files and the standard operators, under an allocator that counts.
#include <fmt/core.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/node/node.hpp"
#include "tests/allocation/counting.hpp"
#include "tests/crash/workspace.hpp"

using namespace weir;
using namespace weir::runtime;

namespace {

struct load {
  std::uint64_t records = 0;
  int value_bytes = 0;
  const char* passing = "pass";
  bool chained = false;  ///< The generator, that operator and another one such, without logs between them.
};

struct cost {
  std::uint64_t allocations = 0;
  std::uint64_t frames = 0;
};

/// What a node costs, from its start to its end, that takes this load from a generator through an operator to a file.
cost run(const load& l) {
  const test::workspace place;
  const std::string manifest = fmt::format(
      "manifest: 1\ntopology: allocation\noperators:\n"
      "  - {{name: load, uses: generator, ostreams: {{records: made}}, with: {{count: {}, value_bytes: {}}}}}\n"
      "  - {{name: pass, artifact: {}, class: {}, istreams: {{in: made}}, ostreams: {{out: {}}}}}\n"
      "{}  - {{name: sink, uses: file-sink, istreams: {{records: passed}}, with: {{path: {}}}}}\n{}",
      l.records, l.value_bytes, ALLOCATION_OPERATORS, l.passing, l.chained ? "once" : "passed",
      l.chained ? "  - {name: again, artifact: " ALLOCATION_OPERATORS ", class: pass, istreams: {in: once}, ostreams: {out: passed}}\n" : "",
      (place / "records.txt").string(), l.chained ? "streams: {made: {persist: false}, once: {persist: false}}\n" : "");
  const auto read = topology::parse_manifest(manifest, "allocation.yaml", [](const std::string&) { return std::nullopt; });
  REQUIRE(read.ok());
  module_set modules(WEIR_OPERATORS);
  const std::vector<topology::manifest> manifests{read.value()};
  const std::vector<int> cores{0, 1};
  const auto plan = topology::make_plan(manifests, modules.lookup(), cores);
  REQUIRE(plan.ok());
  const auto& planned = plan->operators;
  CHECK(std::count_if(planned.begin(), planned.end(), [](const auto& o) { return !o.chain.empty(); }) == (l.chained ? 2 : 3));
  const auto files = make_system_files();
  runtime::system_clock clock;
  system_random random;
  const auto workers = make_thread_workers();
  node_options options;
  options.journal = {.directory = place / "data", .segment_bytes = 4u << 20, .journal_bytes_max = 32u << 20};
  // Frames end by their size alone, however slow the machine is.
  options.steps.step_ns = options.steps.blocking_step_ns = INT64_MAX;
  const std::uint64_t before = test::allocations();
  cost c;
  {
    auto started = node::start(*plan, modules, {files.get(), &clock, &random, workers.get(), true}, std::move(options));
    REQUIRE(started.ok());
    while ((*started)->wait(1000) == run_state::running) {}
    CHECK((*started)->state() == run_state::ended);
    CHECK((*started)->progress().records_out == l.records);
    c.frames = (*started)->progress().journal.frames;
  }
  c.allocations = test::allocations() - before;
  UNSCOPED_INFO(fmt::format("{} records of {} bytes: {} allocations, {} frames", l.records, l.value_bytes, c.allocations, c.frames));
  return c;
}

constexpr double allocations_per_frame_max = 60;  ///< Through all stages: messages, the frame with its batches and commit part, the journal's page.
constexpr double allocations_per_record_max = 0.01;

double more(std::uint64_t a, std::uint64_t b) { return static_cast<double>(b) - static_cast<double>(a); }

}  // namespace

TEST_CASE("ten times the records cost a small number of allocations a frame", "[allocation]") {
  run({.records = 1000, .value_bytes = 100});  // What is allocated once in a process is not counted below.
  const cost few = run({.records = 20'000, .value_bytes = 100});
  const cost many = run({.records = 200'000, .value_bytes = 100});
  REQUIRE(many.frames > few.frames);
  CHECK(more(few.allocations, many.allocations) / more(few.frames, many.frames) <= allocations_per_frame_max);
  // A frame takes some thousand records.
  CHECK(more(few.allocations, many.allocations) / (200'000 - 20'000) <= 0.1);
}

TEST_CASE("the same bytes in thirty times as many records cost no allocations more", "[allocation]") {
  const bool chained = GENERATE(false, true);
  run({.records = 1000, .value_bytes = 100, .chained = chained});
  const cost large = run({.records = 10'000, .value_bytes = 1000, .chained = chained});
  const cost small = run({.records = 300'000, .value_bytes = 6, .chained = chained});
  CHECK(more(large.allocations, small.allocations) / (300'000 - 10'000) <= allocations_per_record_max);
}

TEST_CASE("an operator that allocates for each record is noticed", "[allocation]") {
  const bool chained = GENERATE(false, true);
  const cost frugal = run({.records = 20'000, .value_bytes = 100, .chained = chained});
  const cost wasteful = run({.records = 20'000, .value_bytes = 100, .passing = "wasteful_pass", .chained = chained});
  CHECK(more(frugal.allocations, wasteful.allocations) >= 19'000);
}
