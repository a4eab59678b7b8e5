// Declared states that differ from what a data directory holds: converted where the class can, else refused.
#include "tests/node/lone_node.hpp"

using weir::node_test::lone_node;

namespace {
/// Numbers 1 … count, odd and even: three odd and three even ones in six.
std::string counting(const std::string& version, int count) {
  return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(count) + "}}\n" +
         "  - {name: counting, artifact: $MODULE, class: counting_" + version + "}\n";
}
}  // namespace

TEST_CASE("values of an older version are converted when they are accessed, as changes like any other", "[node][versions]") {
  lone_node n;
  REQUIRE(n.start(counting("1", 6)) == "");
  CHECK(n.heard("odd 3") == 1);
  CHECK(n.heard("even 3") == 1);
  REQUIRE(n.start(counting("2", 7)) == "");
  CHECK(n.heard("start " + std::to_string(WEIR_START_DEPLOYED)) == 1);
  CHECK(n.heard("odd 4 sum 7") == 1);
  // The converted value and the other one, not converted yet, are there after a restart.
  REQUIRE(n.start(counting("2", 9)) == "");
  CHECK(n.heard("start " + std::to_string(WEIR_START_RECOVERED)) == 1);
  CHECK(n.heard("even 4 sum 8") == 1);
  CHECK(n.heard("odd 5 sum 16") == 1);
}

TEST_CASE("a version without a conversion from what is held is refused, and changes nothing", "[node][versions]") {
  lone_node n;
  REQUIRE(n.start(counting("1", 6)) == "");
  const std::string why = n.start(counting("3", 6));
  CHECK(why.find("4: ") == 0);
  CHECK(why.find("state 'count' is declared as (keyed, version 3, 16 bytes a value), but /data holds (keyed, version 1, 8 bytes a value), from which nothing "
                 "converts") != std::string::npos);
  REQUIRE(n.start(counting("1", 7)) == "");
  CHECK(n.heard("odd 4") == 1);
}

TEST_CASE("an older version that knows nothing of a newer one gets its values by what the newer one can do", "[node][versions]") {
  lone_node n;
  REQUIRE(n.start(counting("1", 2)) == "");
  REQUIRE(n.start(counting("2", 3)) == "");
  REQUIRE(n.start(counting("1", 6)) == "");
  CHECK(n.heard("odd 3") == 1);
  CHECK(n.heard("even 3") == 1);
}

TEST_CASE("an older version needs no conversion any more once all its values are converted", "[node][versions]") {
  lone_node n;
  REQUIRE(n.start(counting("1", 2)) == "");
  REQUIRE(n.start(counting("2", 3)) == "");
  const std::string why = n.start(counting("3", 4));
  CHECK(why.find("holds (keyed, version 1, 8 bytes a value)") != std::string::npos);
  REQUIRE(n.start(counting("2", 4)) == "");
  REQUIRE(n.start(counting("3", 6)) == "");
  CHECK(n.heard("odd 3 sum 8") == 1);
  CHECK(n.heard("even 3 sum 10") == 1);
}

TEST_CASE("an older form of a state can come back with a conversion", "[node][versions]") {
  lone_node n;
  REQUIRE(n.start(counting("1", 2)) == "");
  REQUIRE(n.start(counting("2", 3)) == "");
  REQUIRE(n.start(counting("back", 6)) == "");
  CHECK(n.heard("odd 3") == 1);
  CHECK(n.heard("even 3") == 1);
}
