#include "topology/variables.hpp"

#include <catch2/catch.hpp>

#include "manifests.hpp"

namespace weir::topology::test {
namespace {

/// A text after expansion, or the error's message.
std::string expanded(const std::string& text, const variables& values = {}) {
  yaml_node node;
  node.what = yaml_node::form::scalar;
  node.text = text;
  auto done = expand_variables(node, "m.yaml", environment_of(values));
  return done ? node.text : done.why().message;
}

}  // namespace

TEST_CASE("variables are replaced by their values and defaults", "[topology][variables]") {
  CHECK(expanded("a ${X} b ${Y_1}", {{"X", "1"}, {"Y_1", "2"}}) == "a 1 b 2");
  CHECK(expanded("${X:-7}") == "7");
  CHECK(expanded("${X:-7}", {{"X", "8"}}) == "8");
  CHECK(expanded("${X:-7}", {{"X", ""}}) == "7");
  CHECK(expanded("<${X}>", {{"X", ""}}) == "<>");
  CHECK(expanded("<${X:-}>") == "<>");
  CHECK(expanded("${X:-${Y:-deep}}/z") == "deep/z");
  CHECK(expanded("${X:-a:-b}") == "a:-b");
}

TEST_CASE("dollars that begin no variable stay as they are", "[topology][variables]") {
  CHECK(expanded("$ $$ $X {X} }") == "$ $$ $X {X} }");
  CHECK(expanded("$${X} costs $5") == "${X} costs $5");
  CHECK(expanded("${X:-$${Y}}") == "${Y}");
}

TEST_CASE("a value is taken as it is: neither expanded again nor read as YAML", "[topology][variables]") {
  CHECK(expanded("${X}", {{"X", "${Y}"}}) == "${Y}");
  auto m = parse(with_lines("    with: {x: \"${X}\"}\n"), {{"X", "[1, {a: b}]\nname: z"}});
  REQUIRE(m);
  CHECK(m->operators[0].with.at("x").items == std::vector<std::string>{"[1, {a: b}]\nname: z"});
}

TEST_CASE("the variables of a default that is not used are not asked for", "[topology][variables]") {
  CHECK(expanded("${X:-${UNSET}}", {{"X", "1"}}) == "1");
  CHECK(expanded("${X:-${UNSET}}") == "m.yaml:1:1: variable 'UNSET' is not set; set it, or write ${UNSET:-default}");
}

TEST_CASE("a variable that is not set is named with its place", "[topology][variables][refusal]") {
  CHECK(refusal(with_lines("    parallelism: ${CPUS}\n")) == "m.yaml:6:18: variable 'CPUS' is not set; set it, or write ${CPUS:-default}");
  CHECK(refusal("manifest: 1\ntopology: a\n${KEY}: 1\n") == "m.yaml:3:1: variable 'KEY' is not set; set it, or write ${KEY:-default}");
}

TEST_CASE("what looks like a variable and is none is refused", "[topology][variables][refusal]") {
  std::string remedy = " names no variable; write ${NAME} or ${NAME:-default}, and $${ for the characters themselves";
  CHECK(expanded("${}") == "m.yaml:1:1: '${}'" + remedy);
  CHECK(expanded("a ${1X}") == "m.yaml:1:1: '${1X}'" + remedy);
  CHECK(expanded("${X-1}") == "m.yaml:1:1: '${X-1}'" + remedy);
  CHECK(expanded("${X:?no}") == "m.yaml:1:1: '${X:?no}'" + remedy);
  CHECK(expanded("${X") == "m.yaml:1:1: '}' of a ${...} is missing");
  CHECK(expanded("${X:-a") == "m.yaml:1:1: '}' of a ${...} is missing");
  CHECK(expanded("${") == "m.yaml:1:1: '}' of a ${...} is missing");
}

TEST_CASE("expansion is bounded", "[topology][variables][refusal]") {
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += "${X:-";
  CHECK(expanded(nested) == "m.yaml:1:1: defaults of variables stand more than 8 deep within each other; write fewer");
  variables large{{"X", std::string(1000000, 'x')}};
  CHECK(expanded("${X}${X}${X}${X}${X}", large) == "m.yaml:1:1: a text grows beyond 4194304 bytes by its variables; shorten them");
  CHECK(refusal("a: ${X}\nb: ${X}\nc: ${X}\nd: ${X}\ne: ${X}\n", large) ==
        "m.yaml:5:4: the manifest's texts grow beyond 4194304 bytes by its variables; shorten them");
}

TEST_CASE("a value that is no text is refused", "[topology][variables][refusal]") {
  CHECK(expanded("${X}", {{"X", "a\xff"}}) == "m.yaml:1:1: the value of variable 'X' is not UTF-8 text; set it to a text");
}

}  // namespace weir::topology::test
