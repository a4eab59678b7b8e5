// Hot redeploy: other code for one operator, on the state that it has, while everything else goes on.
#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {

std::string numbers(int count) { return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(count) + "}}\n"; }
std::string counting(const std::string& version) { return "  - {name: counting, artifact: $MODULE, class: counting_" + version + "}\n"; }

/// Two topologies: numbers up to `count`, and what counts them.
void begin(lone_node& n, int count, const std::string& version = "1") {
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("src", numbers(count)) == "create src/numbers: new topology");
  REQUIRE(n.submit("a", counting(version)) == "create a/counting: new topology");
  n.settle();
}

/// "generation 2", or the refusal.
std::string said(const weir::result<deploy_report>& r) {
  return r ? "generation " + std::to_string(r->generation) + (r->warning.empty() ? "" : ", " + r->warning) : lone_node::said_of(r.why());
}
std::string deploy(lone_node& n, const std::string& version, deploy_options options = {}) {
  options.class_name = "counting_" + version;
  options.by = "test";
  return said(n.node->deploy({"a", "counting"}, NODE_OPERATORS, options));
}
void more(lone_node& n, int count) {
  REQUIRE(n.submit("src", numbers(count)).starts_with("replace"));
  n.settle();
  n.node->end_failed_trials();
  n.settle();
}
std::string history(lone_node& n) {
  std::string text;
  const auto all = n.node->history({"a", "counting"}).value();
  for (const deployment& d : all.deployments) text += (text.empty() ? "" : "; ") + std::to_string(d.generation) + " " + d.kind + " " + d.code.class_name;
  return text;
}

}  // namespace

TEST_CASE("an idle operator switches at once, on the state that it has, and back", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  CHECK(n.heard("odd 3") == 1);
  CHECK(deploy(n, "2") == "generation 2");
  CHECK(n.heard("start " + std::to_string(WEIR_START_DEPLOYED)) == 1);
  more(n, 7);
  CHECK(n.heard("odd 4 sum 7") == 1);
  const auto back = n.node->rollback({"a", "counting"}, {}, "test");
  CHECK(said(back) == "generation 3");
  CHECK(back->pauses_ns.size() == 1);
  CHECK(n.heard("start " + std::to_string(WEIR_START_ROLLED_BACK)) == 1);
  n.said.clear();
  more(n, 9);
  CHECK(n.heard("even 4") == 1);
  CHECK(n.heard("odd 5") == 1);
  CHECK(n.heard("sum") == 0);
  CHECK(history(n) == "1 submit counting_1; 2 deploy counting_2; 3 rollback counting_1");
}

TEST_CASE("what was deployed is there after a restart, and a submit does not undo it by accident", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  REQUIRE(deploy(n, "2", {.probation_ns = 0}) == "generation 2");
  more(n, 7);
  REQUIRE(n.serve() == "");
  n.settle();
  CHECK(history(n) == "1 submit counting_1; 2 deploy counting_2");
  more(n, 9);
  CHECK(n.heard("odd 5 sum 16") == 1);
  CHECK(n.heard("even 4 sum 8") == 1);
  CHECK(n.submit("a", counting("1")).find("runs generation 2, which was deployed by hand") != std::string::npos);
  CHECK(n.submit("a", counting("2")) == "unchanged a/counting");
  CHECK(n.submit("a", counting("1"), {.override_all = true}).starts_with("replace a/counting"));
}

TEST_CASE("code that fails on trial goes, and the code before meets the record", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  REQUIRE(deploy(n, "bad") == "generation 2");
  n.said.clear();
  more(n, 8);
  CHECK(n.heard("generation 2 failed on trial, the code before comes back") == 1);
  CHECK(n.heard("no sevens") == 1);
  CHECK(n.heard("odd 4") == 1);
  CHECK(n.heard("even 4") == 1);
  CHECK(history(n) == "1 submit counting_1; 2 deploy counting_bad; 3 automatic rollback counting_1");
  more(n, 9);
  CHECK(n.heard("odd 5") == 1);
}

TEST_CASE("after its probation an error of new code is the record's", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  REQUIRE(deploy(n, "bad", {.probation_ns = lone_node::ms}) == "generation 2");
  n.clock.advance(2 * lone_node::ms);
  more(n, 8);
  CHECK(n.heard("it is retried, the others go on") == 1);
  CHECK(history(n) == "1 submit counting_1; 2 deploy counting_bad");
  REQUIRE(said(n.node->rollback({"a", "counting"}, 1, "test")) == "generation 3");
  n.settle();
  CHECK(n.heard("odd 4") == 1);
}

TEST_CASE("code that does not even start is rolled back before the deploy returns", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  CHECK(deploy(n, "unready") ==
        "5: operator 'a/counting': generation 2 failed on trial and the code before runs again: a/counting partition 0: initialize: not ready");
  more(n, 7);
  CHECK(n.heard("odd 4") == 1);
}

TEST_CASE("a node that dies within a probation starts with the code before", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  REQUIRE(deploy(n, "2") == "generation 2");
  more(n, 7);
  REQUIRE(n.serve() == "");
  n.settle();
  CHECK(history(n) == "1 submit counting_1; 2 deploy counting_2; 3 automatic rollback counting_1");
  n.said.clear();
  more(n, 9);
  CHECK(n.heard("odd 5") == 1);
  CHECK(n.heard("sum") == 0);
}

TEST_CASE("a node that is told to stop within a probation says that it will start with the code before", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  REQUIRE(deploy(n, "2") == "generation 2");
  n.node->drain();
  n.run_to_end();
  CHECK(n.heard("operator 'a/counting': generation 2 is still on trial: the next start runs generation 1's code again") == 1);
  REQUIRE(n.serve() == "");
  CHECK(history(n) == "1 submit counting_1; 2 deploy counting_2; 3 automatic rollback counting_1");
  n.node->drain();
  n.run_to_end();
  CHECK(n.heard("still on trial") == 1);
}

TEST_CASE("what does not fit is refused, and the old code never notices", "[node][deploy]") {
  lone_node n;
  begin(n, 6);
  n.said.clear();
  CHECK(deploy(n, "3").starts_with("4: operator 'a/counting': state 'count' is declared as (keyed, version 3"));
  CHECK(deploy(n, "9").starts_with("2: "));
  CHECK(said(n.node->deploy({"a", "counting"}, "/nowhere.so", {})).starts_with("2: "));
  CHECK(said(n.node->deploy({"a", ""}, NODE_OPERATORS, {})) == "2: name one operator, as 'a/OPERATOR': code is deployed to operators one by one");
  CHECK(said(n.node->rollback({"a", "counting"}, {}, "")) == "4: operator 'a/counting': there is no earlier generation to go back to");
  CHECK(deploy(n, "2", {.dry_run = true}) == "generation 2");
  n.settle();
  CHECK(n.said.empty());
  CHECK(history(n) == "1 submit counting_1");
  more(n, 7);
  CHECK(n.heard("odd 4") == 1);
}
