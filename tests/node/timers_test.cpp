// Timers by the million in a node, and records behind the watermark.
#include <map>

#include "tests/node/lone_node.hpp"

using weir::node_test::lone_node;

namespace {
constexpr const char* million =
    "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 100, ends: true}}\n"
    "  - {name: burst, artifact: $MODULE, class: burst, parallelism: 2, with: {each: 10000}}\n"
    "  - {name: reader, artifact: $MODULE, class: burst_reader}\n";
}  // namespace

TEST_CASE("a million timers released by one watermark fire in order, in many frames, each once, also through crashes", "[node][timers]") {
  lone_node n;
  REQUIRE(n.start(million, false) == "");
  for (const char* heard : {"fired 200000", "fired 700000"}) {
    n.run_until([&] { return n.heard(heard) > 0; });
    for (const auto& why : n.node->failures()) FAIL_CHECK(why.message);
    REQUIRE(n.heard(heard) == 1);
    n.stop();
    REQUIRE(n.start(million, false) == "");
  }
  n.run_until([&] { return n.heard("fired 1000000") > 0; });
  CHECK(n.heard("fired 1000000") == 1);
  n.settle();
  CHECK(n.node->state() == weir::runtime::run_state::ended);
  for (const auto& why : n.node->failures()) FAIL_CHECK(why.message);
  CHECK(n.node->progress().late == 0);
}

TEST_CASE("a source's own timers fire before its watermark passes them, in many frames, also through a crash", "[node][timers]") {
  const std::string chained = GENERATE("", "streams: {fired: {persist: false}}\n");
  const std::string source =
      "  - {name: source, artifact: $MODULE, class: burst_source, with: {count: 200000}}\n"
      "  - {name: reader, artifact: $MODULE, class: burst_reader}\n" +
      chained;
  lone_node n;
  REQUIRE(n.start(source, false) == "");
  n.run_until([&] { return n.heard("fired 100000") > 0; });
  for (const auto& why : n.node->failures()) FAIL_CHECK(why.message);
  REQUIRE(n.node->state() == weir::runtime::run_state::running);
  REQUIRE(n.start(source, false) == "");
  n.run_until([&] { return n.node->state() == weir::runtime::run_state::ended; });
  CHECK(n.heard("fired 200000") == 1);
  for (const auto& why : n.node->failures()) FAIL_CHECK(why.message);
  CHECK(n.node->progress().late == 0);
}

TEST_CASE("an operator that lives by timers goes on also where a record has them fire before the core's timer does", "[node][timers]") {
  bool early = false;
  for (int task = 0; task < 40; ++task) {
    lone_node n;
    REQUIRE(n.start("  - {name: beat, artifact: $MODULE, class: one_beat, with: {at: 995}}\n"
                    "  - {name: metronome, artifact: $MODULE, class: metronome}\n") == "");
    n.run_for(994 * lone_node::ms);
    REQUIRE(n.heard("tick") == 0);
    n.clock.advance(lone_node::ms);
    // The second is full just before this task: one of them is the step with the record.
    int done = 0;
    n.run_until([&] {
      if (done == task) n.clock.advance(5 * lone_node::ms);
      return done++ > task;
    });
    early = early || n.heard("tick") > 0;
    n.run_for(3000 * lone_node::ms);
    INFO(task);
    CHECK(n.heard("tick") == 3 + (n.clock.monotonic_ns() >= 4000 * lone_node::ms ? 1 : 0));
  }
  CHECK(early);
}

TEST_CASE("records behind the watermark are late: marked, and counted by operator", "[node][late]") {
  const std::string chained = GENERATE("", "streams: {numbers: {persist: false}}\n");
  lone_node n;
  REQUIRE(n.start("  - {name: tardy, artifact: $MODULE, class: tardy}\n"
                  "  - {name: punctual, artifact: $MODULE, class: punctual}\n" +
                  chained) == "");
  n.run_for(10 * lone_node::ms);
  CHECK(n.heard(" is late") == 2);
  CHECK(n.heard(" is in time") == 2);
  CHECK(n.heard("5 is late") == 2);  // 5 and 15.
  CHECK(n.node->progress().late == 2);
  CHECK(n.node->progress().late_by_name == std::map<std::string, std::uint64_t>{{"t/punctual", 2}});
  std::uint64_t shown = 0;
  const auto status = n.node->status();
  for (const auto& t : status.topologies)
    for (const auto& o : t.operators)
      for (const auto& p : o.partitions) shown += o.name == "punctual" ? p.late : 0;
  CHECK(shown == 2);
}
