// A timer that throws, in a node that is killed at any moment: skipped or in a dead letter once and for all, or met again.
#include "tests/node/lone_node.hpp"

using weir::node_test::lone_node;
using weir::runtime::run_state;

namespace {

std::string topology(const std::string& policy, const std::string& throws_at) {
  return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 5, ends: true}}\n"
         "  - {name: ringing, artifact: $MODULE, class: ringing, on_error: " +
         policy + ", with: {throws_at: '" + throws_at + "'}}\n  - {name: rung, artifact: $MODULE, class: once, istreams: {in: rings}}\n" +
         (policy == "dead_letter" ? "  - {name: letters, artifact: $MODULE, class: once, istreams: {in: t.ringing.dead-letters}}\n" : "");
}

/// Starts, and kills the process after so many tasks; false where nothing was left to do by then.
bool live_for(lone_node& n, const std::string& what, int tasks) {
  REQUIRE(n.start(what, false) == "");
  int done = 0;
  n.run_until([&] { return n.node->state() != run_state::running || done++ >= tasks; });
  const bool running = n.node->state() == run_state::running;
  n.stop();
  return running;
}

}  // namespace

TEST_CASE("a timer that throws is passed by once, or met again, whenever the process dies", "[node][errors][timers]") {
  const std::string policy = GENERATE("fail", "skip", "dead_letter");
  INFO(policy);
  bool running = true;
  int deaths = 0;
  for (; running && deaths < 1000; ++deaths) {
    lone_node n;
    running = live_for(n, topology(policy, "3"), deaths);
    REQUIRE(n.start(topology(policy, "3")) == "");
    n.settle();
    if (policy == "fail") {
      REQUIRE(n.node->failures().size() == 1);
      CHECK(n.node->failures()[0].message.find("process_timer failed at the timer of key '3': does not ring") != std::string::npos);
      REQUIRE(n.start(topology(policy, "")) == "");
      n.settle();
    }
    for (const auto& why : n.node->failures()) FAIL_CHECK(why.message);
    CHECK(n.node->state() == run_state::ended);
    REQUIRE(n.start(topology(policy, "")) == "");
    CHECK(n.heard(policy == "fail" ? "rung partition 0: has seen 5" : "rung partition 0: has seen 4") == 1);
    CHECK(n.heard("letters partition 0: has seen 1") == (policy == "dead_letter" ? 1 : 0));
  }
  CHECK(deaths > 20);
  CHECK_FALSE(running);
}
