// Dead letters over HTTP.
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;

namespace {
const std::string letters = "/v1/topologies/copy/operators/table/dead-letters";
}

TEST_CASE("dead letters are told of with what failed, where and why", "[control][dead_letters]") {
  served s;
  s.node.letters.letters = {
      {.position = {2, 9, 0}, .time = 5, .key = "k", .hook = "process_record", .error = "bad", .generation = 3, .of = {1, 4, 7}, .value = "\xff"},
      {.position = {2, 9, 1}, .key = "t", .hook = "process_timer", .error = "late", .subkey = "s"},
      {.position = {2, 9, 2}, .raw = "what is this"}};
  s.node.letters.next = {{2, 10, 0}};
  const answered a = s.get(letters + "?limit=3");
  REQUIRE(a.status == 200);
  CHECK(a.body["dead_letters"][0] == json::parse(R"({"position": "2:9:0", "partition": 0, "time": 5, "key": "k", "hook": "process_record", "error": "bad",
                                                     "generation": 3, "record": "1:4:7", "value_base64": "/w=="})"));
  CHECK(a.body["dead_letters"][1]["timer"] == json::parse(R"({"kind": "event_time", "subkey": "s"})"));
  CHECK(a.body["dead_letters"][2]["raw"] == "what is this");
  CHECK(a.body["next"] == "2:10:0");
  CHECK(a.body["more"] == false);
  CHECK(s.node.heard().back() == "letters of copy/table");
  CHECK(s.get("/v1/topologies/copy/operators/tabel/dead-letters").status == 404);
}

TEST_CASE("dead letters are replayed, and how many failed again is said", "[control][dead_letters]") {
  served s;
  for (const char* body : {"", "{}"}) CHECK(s.post(letters + "/replay", body).body == json::parse(R"({"replayed": 5, "failed_again": 2})"));
  CHECK(s.node.heard() == std::vector<std::string>{"replay letters of copy/table", "replay letters of copy/table"});
  CHECK(s.post(letters + "/replay", R"({"all": true})").status == 400);
  CHECK(s.post("/v1/topologies/copy/operators/tabel/dead-letters/replay", "{}").status == 404);
  s.node.replayed = error{error_code::refused, "dead letters of 'copy/table' cannot be replayed: it is paused; weir resume copy/table"};
  CHECK(s.post(letters + "/replay", "{}").status == 409);
}

TEST_CASE("dead letters are dropped by position or all, and never by a slip", "[control][dead_letters]") {
  const served s;
  CHECK(s.post(letters + "/drop", R"({"positions": ["2:9:0", "2:9:1"]})").body["dropped"] == 2);
  CHECK(s.post(letters + "/drop", R"({"all": true})").status == 200);
  CHECK(s.node.heard() == std::vector<std::string>{"drop 2 letters of copy/table", "drop 0 letters of copy/table"});
  for (const char* body : {"", "{}", R"({"all": false})", R"({"all": true, "positions": ["2:9:0"]})", R"({"positions": []})", R"({"positions": ["2:9"]})",
                           R"({"positions": [7]})", R"({"positions": "2:9:0"})", R"({"some": true})"}) {
    CAPTURE(body);
    CHECK(s.post(letters + "/drop", body).status == 400);
  }
  CHECK(s.node.heard().size() == 2);
}
