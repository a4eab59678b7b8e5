// What a node tells of one operator: values of its state, and what it said.
#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {

const std::string six_numbers = "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 6}}\n";
const command_target counting{"a", "counting"};

std::string counter(const std::string& version, int parallelism) {
  return "  - {name: counting, artifact: $MODULE, class: counting_" + version + ", parallelism: " + std::to_string(parallelism) + "}\n";
}

/// Two topologies: six numbers, and what counts them by odd and even.
void begin(lone_node& n, int parallelism) {
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("src", six_numbers).starts_with("create"));
  REQUIRE(n.submit("a", counter("1", parallelism)).starts_with("create"));
  n.settle();
}

std::int64_t number_of(const state_value& v) {
  std::int64_t n = 0;
  REQUIRE(v.bytes.size() == sizeof n);
  std::copy(v.bytes.begin(), v.bytes.end(), reinterpret_cast<char*>(&n));
  return n;
}

std::string refusal(const weir::result<state_answer>& r) { return r ? "" : lone_node::said_of(r.why()); }

std::vector<std::string> texts(const log_lines& all) {
  std::vector<std::string> found;
  for (const log_line& l : all.lines) found.push_back((l.from_weir ? "weir: " : "") + l.text);
  return found;
}

}  // namespace

TEST_CASE("a key's value is found in the partition that its hash names", "[node][state]") {
  lone_node n;
  begin(n, 3);
  std::vector<std::uint32_t> where;
  for (const char* key : {"odd", "even"}) {
    const auto got = n.node->look_at_state(counting, {.state = "count", .key = key, .subkey = {}, .partition = {}});
    REQUIRE(got);
    REQUIRE(got->asked.size() == 1);
    REQUIRE(got->values.size() == 1);
    CHECK(number_of(got->values[0]) == 3);
    CHECK(got->values[0].partition == got->asked[0]);
    CHECK(got->declared.value_size == 8);
    where.push_back(got->asked[0]);
  }
  const std::uint32_t other = where[0] == 0 ? 1 : 0;
  const auto elsewhere = n.node->look_at_state(counting, {.state = "count", .key = "odd", .subkey = {}, .partition = other});
  REQUIRE(elsewhere);
  CHECK(elsewhere->values.empty());
  const auto unknown = n.node->look_at_state(counting, {.state = "count", .key = "none", .subkey = {}, .partition = {}});
  REQUIRE(unknown);
  CHECK(unknown->values.empty());
  CHECK(!unknown->more);
}

TEST_CASE("state is read as well where an operator is paused or stopped, and where no key says the partition", "[node][state]") {
  lone_node n;
  begin(n, 1);
  REQUIRE(n.node->pause(counting));
  CHECK(n.node->look_at_state(counting, {.state = "count", .key = "odd", .subkey = {}, .partition = {}})->values.size() == 1);
  REQUIRE(n.node->resume(counting, {}));
  REQUIRE(n.node->stop(counting, {}));
  CHECK(n.node->look_at_state(counting, {.state = "count", .key = "odd", .subkey = {}, .partition = {}})->values.size() == 1);
  const auto next = n.node->look_at_state({"src", "numbers"}, {.state = "next", .key = "", .subkey = {}, .partition = {}});
  REQUIRE(next);
  REQUIRE(next->values.size() == 1);
  CHECK(number_of(next->values[0]) == 7);
}

TEST_CASE("a value of another version of the state is shown as it is", "[node][state]") {
  lone_node n;
  begin(n, 1);
  REQUIRE(n.submit("a", counter("2", 1)).starts_with("replace"));
  n.settle();
  const auto got = n.node->look_at_state(counting, {.state = "count", .key = "odd", .subkey = {}, .partition = {}});
  REQUIRE(got);
  CHECK(got->declared.version == 2);
  REQUIRE(got->values.size() == 1);
  CHECK(got->values[0].version == 1);
  CHECK(number_of(got->values[0]) == 3);
}

TEST_CASE("questions for state that is not there are refused with what is", "[node][state]") {
  lone_node n;
  begin(n, 2);
  CHECK(refusal(n.node->look_at_state(counting, {.state = "cuont", .key = "odd", .subkey = {}, .partition = {}})).find("did you mean 'count'?") !=
        std::string::npos);
  CHECK(refusal(n.node->look_at_state(counting, {.state = "count", .key = "odd", .subkey = {}, .partition = 2})).find("its highest is 1") != std::string::npos);
}

TEST_CASE("a node keeps what its operators say, and what it says of them", "[node][logs]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("src", "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 2}}\n").starts_with("create"));
  REQUIRE(n.submit("a", "  - {name: needy, artifact: $MODULE, class: needy, with: {hook: process_record, up_at: 100}}\n").starts_with("create"));
  n.run_for(1000 * lone_node::ms);
  const auto all = n.node->lines({"a", "needy"}, 0);
  REQUIRE(all);
  const auto said = texts(*all);
  const auto count = [&](const std::string& line) { return std::count(said.begin(), said.end(), line); };
  CHECK(count("got 1 as number 1") == 1);
  CHECK(count("weir: waits: database is down") == 1);  // However often it was asked again.
  CHECK(count("weir: goes on after waiting") == 1);
  CHECK(n.node->lines({"a", "needy"}, all->next)->lines.empty());
  CHECK(!n.node->lines({"a", "nobody"}, 0));
  REQUIRE(n.node->remove("a", {}));
  CHECK(!n.node->lines({"a", "needy"}, 0));
}
