// retry_later in a node: the step is undone and comes again with back-off on the cores' own timers; said once, at both ends.
#include "tests/node/lone_node.hpp"

using weir::node_test::lone_node;

namespace {
std::string topology(const std::string& hook, const std::string& up_at) {
  return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3}}\n"
         "  - {name: needy, artifact: $MODULE, class: needy, on_error: skip, with: {hook: " +
         hook + ", up_at: " + up_at + "}}\n";
}
}  // namespace

TEST_CASE("an outage in any hook is waited for with doubling back-off, and nothing is lost or done twice", "[node][outage]") {
  const std::string hook = GENERATE("initialize", "process_record", "process_timer", "flush");
  INFO(hook);
  lone_node n;
  REQUIRE(n.start(topology(hook, "100")) == "");
  n.run_for(99 * lone_node::ms);
  CHECK(n.heard("t/needy partition 0: waiting: ") == 1);
  CHECK(n.heard("database is down") == 1);
  CHECK(n.heard("goes on") == 0);
  for (const char* at : {"asked at 0", "asked at 10", "asked at 30", "asked at 70"}) CHECK(n.heard(at) == 1);
  CHECK(n.heard("asked at") == 4);
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("asked at") == 4);
  CHECK(n.heard("t/needy partition 0: goes on after waiting") == 1);
  CHECK(n.said.back().find("asked") == std::string::npos);
  CHECK(n.heard("got 3 as number 3") >= 1);
  CHECK(n.heard("as number 4") == 0);
  CHECK(n.heard("timer") >= 1);
  CHECK(n.node->failures().empty());
  CHECK(n.node->progress().skipped == 0);
}

TEST_CASE("the back-off grows to ten seconds and no further", "[node][outage]") {
  lone_node n;
  REQUIRE(n.start(topology("flush", "1000000")) == "");
  n.run_for(100'000 * lone_node::ms);
  // 0, 10, 30, …, 10230 ms, and then every ten seconds.
  CHECK(n.heard("asked at 10230") == 1);
  CHECK(n.heard("asked at 20230") == 1);
  CHECK(n.heard("asked at 90230") == 1);
  CHECK(n.heard("waiting") == 1);
}

TEST_CASE("a drain does not wait for an outage, and the next start takes the step again", "[node][outage]") {
  lone_node n;
  REQUIRE(n.start(topology("flush", "1000")) == "");
  n.run_for(lone_node::ms);
  n.node->drain();
  n.settle();
  CHECK(n.node->state() == weir::runtime::run_state::drained);
  n.clock.advance(1000 * lone_node::ms);
  REQUIRE(n.start(topology("flush", "1000")) == "");
  CHECK(n.heard("got 3 as number 3") == 1);
  CHECK(n.heard("waiting") == 0);
}
