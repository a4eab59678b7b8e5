// process_durable in a node: only for what is on disk, in order, in frames of their own, and before a source's end is final.
#include "tests/node/lone_node.hpp"

using weir::node_test::lone_node;

namespace {
const std::string tokens = "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3, tokens: true}}\n";
const std::string ending = "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3, tokens: true, ends: true}}\n";
const std::string reader = "  - {name: needy, artifact: $MODULE, class: needy}\n";
}  // namespace

TEST_CASE("tokens come when their frame is durable, once, and what they do commits", "[node][durable]") {
  lone_node n;
  REQUIRE(n.start(tokens + reader) == "");
  CHECK(n.said.size() > 3);
  CHECK(n.heard("durable 1 of 1") == 1);
  CHECK(n.heard("durable 2 of 2") == 1);
  CHECK(n.heard("durable 3 of 3") == 1);
  n.settle();
  REQUIRE(n.start("  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 4, tokens: true}}\n" + reader) == "");
  CHECK(n.heard("durable") == 1);
  CHECK(n.heard("durable 4 of 4") == 1);
}

TEST_CASE("a source ends behind its last acknowledgement", "[node][durable]") {
  lone_node n;
  REQUIRE(n.start(ending, false) == "");
  n.run_to_end();
  CHECK(n.heard("durable 3 of 3") == 1);
  CHECK(n.node->state() == weir::runtime::run_state::ended);
  REQUIRE(n.start(ending) == "");
  CHECK(n.heard("durable") == 0);
  CHECK(n.node->state() == weir::runtime::run_state::ended);
}

TEST_CASE("a drain waits for acknowledgements", "[node][durable]") {
  lone_node n;
  REQUIRE(n.start(tokens + reader) == "");
  n.node->drain();
  n.settle();
  CHECK(n.node->state() == weir::runtime::run_state::drained);
  CHECK(n.heard("durable 3 of 3") == 1);
}
