// Chains and data directories: what was made with a chain goes on with it, and with nothing else.
#include "tests/node/lone_node.hpp"

using weir::node_test::lone_node;

namespace {

/// Numbers 1 … count, counted as odd and even.
std::string counting(int count, bool chained, int version = 1) {
  return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(count) + "}}\n" +
         "  - {name: counting, artifact: $MODULE, class: counting_" + std::to_string(version) + "}\n" +
         (chained ? "streams: {numbers: {persist: false}}\n" : "");
}

}  // namespace

TEST_CASE("a chain goes on where it was, its states convert, and it cannot be taken apart or made of what is there", "[node][chain]") {
  lone_node n;
  REQUIRE(n.start(counting(6, true)) == "");
  CHECK(n.heard("odd 3") == 1);
  CHECK(n.heard("even 3") == 1);
  CHECK(n.start(counting(7, false)) ==
        "4: /t.yaml:4:12: operator 'numbers': stream 'numbers' is persisted, but in /data it is inlined (persist: false); "
        "restore the manifest, or give the operator another name: then a new one begins");
  REQUIRE(n.start(counting(7, true, 2)) == "");
  CHECK(n.heard("start " + std::to_string(WEIR_START_DEPLOYED)) == 1);
  CHECK(n.heard("odd 4 sum 7") == 1);
  REQUIRE(n.start(counting(9, true, 2)) == "");
  CHECK(n.heard("even 4 sum 8") == 1);
  CHECK(n.heard("odd 5 sum 16") == 1);

  lone_node other;
  REQUIRE(other.start(counting(6, false)) == "");
  CHECK(other.start(counting(6, true)).starts_with("4: /t.yaml:4:12: operator 'numbers': stream 'numbers' is inlined (persist: false), but in /data"));
}

TEST_CASE("status and progress show every operator of a chain", "[node][chain]") {
  lone_node n;
  REQUIRE(n.start(counting(6, true)) == "");
  const auto status = n.node->status();
  REQUIRE(status.topologies.size() == 1);
  REQUIRE(status.topologies[0].operators.size() == 2);
  CHECK(status.topologies[0].operators[0].partitions[0].records_out == 6);
  CHECK(status.topologies[0].operators[1].partitions[0].records_in == 6);
  CHECK(n.node->progress().records_in == 6);
}
