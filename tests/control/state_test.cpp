// What a state holds, over HTTP.
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;

namespace {
const std::string path = "/v1/topologies/copy/operators/lines/states/count";
}

TEST_CASE("a key's values come as text, in hex and as the numbers that they may be", "[control][state]") {
  served s;
  s.node.held.declared = {.name = "count", .version = 2, .scope = WEIR_STATE_KEYED, .value = WEIR_VALUE_FIXED, .value_size = 8};
  s.node.held.asked = {1};
  s.node.held.values = {{1, 2, "", std::string("\x2a\0\0\0\0\0\0\0", 8)}, {1, 1, "sub", std::string(8, '\xff')}};
  const json got = s.get(path + "?key=a%20b%ff&partition=1&limit=5&subkey=s").body;
  CHECK(s.node.heard() == std::vector<std::string>{"look at count of copy/lines key 'a b\xff' sub-key 's' in 1 at most 5"});
  CHECK(got["scope"] == "key");
  CHECK(got["version"] == 2);
  CHECK(got["asked"] == json({1}));
  REQUIRE(got["values"].size() == 2);
  CHECK(got["values"][0]["number"]["unsigned"] == 42);
  CHECK(got["values"][0]["value"] == json({{"text", nullptr}, {"hex", "2a00000000000000"}}));
  CHECK(got["values"][1]["number"]["signed"] == -1);
  CHECK(got["values"][1]["number"]["unsigned"] == UINT64_MAX);
  CHECK(!got["values"][1]["number"].contains("float"));  // It is no number.
  CHECK(got["values"][1]["subkey"]["text"] == "sub");
  CHECK(got["values"][1]["version"] == 1);
}

TEST_CASE("bytes that are text are shown as text", "[control][state]") {
  served s;
  s.node.held.declared = {.name = "last", .scope = WEIR_STATE_PARTITION, .value = WEIR_VALUE_BYTES};
  s.node.held.values = {{0, 1, "", "gr\xc3\xbc\xc3\x9f\n"}};
  const json got = s.get(path + "?key=").body;
  CHECK(got["values"][0]["value"]["text"] == "gr\xc3\xbc\xc3\x9f\n");
  CHECK(!got["values"][0].contains("number"));
  CHECK(got["scope"] == "partition");
  CHECK(s.node.heard() == std::vector<std::string>{"look at count of copy/lines key '' at most 100"});
}

TEST_CASE("wrong questions for state are refused", "[control][state]") {
  const served s;
  CHECK(s.get(path).status == 400);
  CHECK(s.get(path + "?key=a&partition=x").status == 400);
  CHECK(s.get(path + "?key=a&limit=1001").status == 400);
  CHECK(s.get("/v1/topologies/copy/operators/tabel/states/count?key=a").status == 404);
}
