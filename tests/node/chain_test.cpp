// Chains and data directories: what was made with a chain goes on with it, and with nothing else.
#include "tests/node/lone_node.hpp"

using weir::node_test::lone_node;
using weir::runtime::activity_state_name;

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

TEST_CASE("commands and submits that name an operator of a chain act on all of it", "[node][chain][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  const auto states = [&] {
    std::string all;
    for (const auto& t : n.node->status().topologies)
      for (const auto& o : t.operators) all += o.name + " " + activity_state_name(o.state) + " ";
    return all;
  };
  REQUIRE(n.submit("a", counting(6, true)) == "create a/numbers: new topology; create a/counting: new topology");
  n.settle();
  CHECK(n.node->partitions() == 1);
  CHECK(n.heard("odd 3") == 1);
  CHECK(n.submit("a", counting(8, true)) == "replace a/numbers: other config: 'count'; replace a/counting: in one chain with 'numbers'");
  n.settle();
  CHECK(n.heard("odd 4") == 1);
  CHECK(n.submit("a", counting(8, true, 2)) ==
        "replace a/numbers: in one chain with 'counting'; replace a/counting: version 2 of its class instead of 1, other code");
  CHECK(lone_node::said_of(n.node->stop({"a", "counting"}, {})) == "");
  CHECK(states() == "numbers stopped counting stopped ");
  REQUIRE(n.submit("a", counting(9, true, 2)).starts_with("replace a/numbers"));
  n.settle();
  CHECK(n.heard("odd 5") == 0);
  CHECK(lone_node::said_of(n.node->start({"a", "numbers"})) == "");
  n.settle();
  CHECK(states() == "numbers running counting running ");
  CHECK(n.heard("odd 5 sum 9") == 1);
  CHECK(lone_node::said_of(n.node->pause({"a", "counting"})) == "");
  REQUIRE(n.serve() == "");
  CHECK(states() == "numbers paused counting paused ");
  REQUIRE(n.submit("a", counting(12, true, 2)).starts_with("replace a/numbers"));
  CHECK(lone_node::said_of(n.node->resume({"a", "numbers"}, {})) == "");
  n.settle();
  CHECK(n.heard("even 6 sum 22") == 1);
  CHECK(lone_node::said_of(n.node->remove("a", {})) == "");
  CHECK(n.node->partitions() == 0);
}

TEST_CASE("no operator joins or leaves a chain that is there", "[node][chain][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", counting(6, true)).starts_with("create"));
  const std::string numbers = "  - {name: numbers, artifact: $MODULE, class: numbers}\n";
  const std::string inlined = "streams: {numbers: {persist: false}}\n";
  const std::string remedy = "; the operators of a chain share a log and come and go together: give all of them other names";
  CHECK(n.submit("a", numbers + "  - {name: other, artifact: $MODULE, class: counting_1}\n" + inlined) ==
        "4: /a.yaml:5:12: operator 'other' would join the chain of 'numbers'" + remedy);
  CHECK(n.submit("a", "  - {name: source, artifact: $MODULE, class: numbers}\n  - {name: counting, artifact: $MODULE, class: counting_1}\n" + inlined) ==
        "4: operator 'a/numbers' would leave the chain that it shares with 'a/counting'" + remedy);
  n.settle();
  CHECK(n.heard("even 3") == 1);
}
