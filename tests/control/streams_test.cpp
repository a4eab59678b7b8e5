// Streams and their records over HTTP: what is asked of the node, what is answered, and how long who follows is kept waiting.
#include "runtime/control/bytes_json.hpp"
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using namespace weir::runtime;
using Catch::Contains;
using std::string_literals::operator""s;

namespace {

const std::string records = "/v1/streams/copy-lines/records";

read_page page_of(std::vector<read_record> all, record_position next, bool more = false) { return {.records = std::move(all), .next = {next}, .more = more}; }

}  // namespace

TEST_CASE("streams are listed with who writes and reads them, and from where to where they can be read", "[control][streams]") {
  served s;
  s.node.shown_streams.push_back({.name = "inner", .inlined = true, .partitions = {{0, 1, 1, 0}}});
  s.node.shown_streams.push_back({.name = "new", .partitions = {{0, 7, 1, 0}}});
  const answered a = s.get("/v1/streams");
  REQUIRE(a.status == 200);
  const json lines = a.body["streams"][0];
  CHECK(lines["name"] == "copy-lines");
  CHECK(lines["topology"] == "copy");
  CHECK(lines["operator"] == "lines");
  CHECK(lines["subscribers"] == json({"copy/table"}));
  CHECK(lines["partitions"] == json::parse(R"([{"partition": 0, "log": 1, "earliest": "1:3:0", "newest": "1:9:0"}])"));
  CHECK(a.body["streams"][1]["persist"] == false);
  CHECK(a.body["streams"][1]["partitions"][0]["log"].is_null());
  CHECK(a.body["streams"][2]["partitions"][0]["earliest"].is_null());
  CHECK(a.body["streams"][2]["partitions"][0]["newest"].is_null());
}

TEST_CASE("records are valid JSON whatever their bytes, and where to go on", "[control][streams]") {
  served s;
  s.node.pages = {page_of({{{1, 4, 2}, 0, -5, "k\"\n\0z"s, "\xff\x00\xfe"s}, {{1, 5, 0}, 0, 9, "\xc3", "plain"}}, {1, 6, 0}, true)};
  const answered a = s.get(records);
  REQUIRE(a.status == 200);
  REQUIRE(a.body.is_object());
  const json first = a.body["records"][0];
  CHECK(first["position"] == "1:4:2");
  CHECK(first["partition"] == 0);
  CHECK(first["time"] == -5);
  CHECK(first["key"] == "k\"\n\0z"s);
  CHECK(first["value_base64"] == "/wD+");
  CHECK_FALSE(first.contains("value"));
  CHECK(a.body["records"][1]["key_base64"] == "ww==");
  CHECK(a.body["records"][1]["value"] == "plain");
  CHECK(a.body["next"] == "1:6:0");
  CHECK(a.body["more"] == true);
  CHECK_FALSE(a.body.contains("searched_all"));
}

TEST_CASE("what is asked for reaches the node", "[control][streams]") {
  const served s;
  REQUIRE(s.get(records).status == 200);
  REQUIRE(s.get(records + "?from=earliest&limit=7&partition=3&key=a%20b").status == 200);
  REQUIRE(s.get(records + "?from=latest&wait=30s").status == 200);
  REQUIRE(s.get(records + "?newest=12").status == 200);
  REQUIRE(s.get(records + "?from=2:5:1,1:7:0").status == 200);
  const auto& asked = s.node.reads;
  REQUIRE(asked.size() == 5);
  CHECK((asked[0].from == read_from::earliest && asked[0].records_max == 100 && !asked[0].partition && !asked[0].key));
  CHECK((asked[1].records_max == 7 && asked[1].partition == 3u && asked[1].key == "a b"));
  CHECK(asked[2].from == read_from::latest);
  CHECK((asked[3].from == read_from::newest && asked[3].records_max == 12));
  CHECK(asked[4].positions == std::vector<record_position>{{1, 7, 0}, {2, 5, 1}});
}

TEST_CASE("wrong questions about records are answered with what they should be", "[control][streams]") {
  const served s;
  const auto [query, hint] = GENERATE(table<std::string, std::string>({
      {"?from=begin", "earliest, latest or a position LOG:LSN:INDEX"},
      {"?from=1:2", "LOG:LSN:INDEX"},
      {"?from=1:2:3:4", "LOG:LSN:INDEX"},
      {"?from=1:2:3,", "LOG:LSN:INDEX"},
      {"?from=1:0:0", "LOG:LSN:INDEX"},
      {"?from=1:2:-3", "LOG:LSN:INDEX"},
      {"?from=1:2:3,1:2:4", "names log 1 twice"},
      {"?from=", "LOG:LSN:INDEX"},
      {"?limit=0", "from 1 to 10000"},
      {"?limit=10001", "from 1 to 10000"},
      {"?newest=0", "from 1 to 10000"},
      {"?newest=1&from=latest", "say one of them"},
      {"?partition=-1", "a whole number"},
      {"?wait=31s", "at most 30s"},
      {"?wait=soon", "such as 90s"},
      {"?form=latest", "did you mean 'from'?"},
  }));
  CAPTURE(query);
  const answered a = s.get(records + query);
  CHECK(a.status == 400);
  CHECK_THAT(a.error(), Contains(hint));
  CHECK(s.node.reads.empty());
}

TEST_CASE("a stream that is not there is answered 404", "[control][streams]") {
  const served s;
  const answered a = s.get("/v1/streams/copy-line/records");
  CHECK(a.status == 404);
  CHECK_THAT(a.error(), Contains("no stream 'copy-line'"));
}

TEST_CASE("who follows is answered once something has come, and others are answered meanwhile", "[control][streams]") {
  served s;
  const read_page nothing = page_of({}, {1, 6, 0});
  s.node.pages = {nothing, nothing, nothing, page_of({{{1, 6, 0}, 0, 1, "", "come"}}, {1, 7, 0})};
  const answered a = s.get(records + "?from=1:6:0&wait=30s");
  REQUIRE(a.status == 200);
  CHECK(a.body["records"][0]["value"] == "come");
  CHECK(s.node.reads.size() == 4);

  s.node.pages = {nothing};
  const raw_connection waiting(s.address());
  waiting.send("GET " + records + "?from=1:6:0&wait=30s HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n");
  for (int i = 0; i < 3; ++i) CHECK(s.get("/v1/streams").status == 200);  // On the same lane.
}

TEST_CASE("a wait that is over is answered with nothing, and one for more than nothing at once", "[control][streams]") {
  served s;
  s.node.pages = {page_of({}, {1, 6, 0})};
  const answered over = s.get(records + "?from=1:6:0&wait=1ms");
  CHECK(over.status == 200);
  CHECK(over.body["records"].empty());
  // Nothing that fits was found, but more was looked at.
  s.node.reads.clear();
  CHECK(s.get(records + "?from=1:5:0&wait=30s").body["next"] == "1:6:0");
  CHECK(s.node.reads.size() == 1);
}

TEST_CASE("base64 gives back what it was made of, and nothing for what it never makes", "[control][streams]") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(base64_bytes(base64_text(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
  CHECK(base64_text("any carnal pleas") == "YW55IGNhcm5hbCBwbGVhcw==");
  for (const char* wrong : {"YQ=", "Y===", "Y!==", "YQ==YQ=="}) {
    CAPTURE(wrong);
    CHECK((!base64_bytes(wrong) || base64_text(*base64_bytes(wrong)) == wrong));
  }
  CHECK_FALSE(base64_bytes("Y!=="));
  CHECK_FALSE(base64_bytes("YQ==YQ=="));
}
