// POST /v1/streams/{s}/records: what of a request reaches the node, and what is refused before it does.
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;

namespace {
const std::string target = "/v1/streams/clicks/records";
}

TEST_CASE("lines become records, with keys where a separator is told", "[control][publish]") {
  const served s;
  const auto [query, body, heard] = GENERATE(table<std::string, std::string, std::string>({
      {"", "", "publish clicks  from 1"},
      {"", "a\nb\n", "publish clicks  from 1 [=a] [=b]"},
      {"", "a\r\n\nlast", "publish clicks  from 1 [=a] [=] [=last]"},
      {"?format=lines&key_separator=,", "k,v\nnone\n,e\nk,v,w\n", "publish clicks  from 1 [k=v] [=none] [=e] [k=v,w]"},
      {"?key_separator=%3A%3A", "k::v", "publish clicks  from 1 [k=v]"},
      {"?producer=me&number=7", "a\n", "publish clicks me from 7 [=a]"},
      {"?format=json", R"([{"key": "k", "value": "v", "time": 5}, {"value": "ä\n"}])", "publish clicks  from 1 [k=v@5] [=ä\n]"},
      {"?format=json", "[]", "publish clicks  from 1"},
  }));
  CAPTURE(query, body);
  const answered a = s.post(target + query, body);
  CHECK(a.status == 200);
  CHECK(s.node.heard() == std::vector<std::string>{heard});
}

TEST_CASE("the answer tells up to which number all is durable", "[control][publish]") {
  const served s;
  const answered a = s.post(target + "?producer=me&number=7", "a\nb\n");
  CHECK(a.body == json({{"stream", "clicks"}, {"producer", "me"}, {"durable_up_to", 8}, {"records", 2}, {"repeated", 1}}));
  CHECK(s.post(target, "a\n").body == json({{"stream", "clicks"}, {"records", 1}, {"repeated", 0}}));
}

TEST_CASE("what is malformed is refused with the reason, and nothing of it is taken", "[control][publish]") {
  const served s;
  const auto [query, body, why] = GENERATE(table<std::string, std::string, std::string>({
      {"?number=1", "a", "'number' goes with 'producer'"},
      {"?producer=me", "a", "'producer' goes with 'number'"},
      {"?producer=a%20b&number=1", "a", "producer 'a b'"},
      {"?producer=&number=1", "a", "producer ''"},
      {"?producer=me&number=0", "a", "whole number from 1 on"},
      {"?producer=me&number=-1", "a", "whole number from 1 on"},
      {"?producer=me&number=1x", "a", "whole number from 1 on"},
      {"?producer=me&number=18446744073709551615", "a", "whole number from 1 on"},
      {"?format=xml", "a", "it may be lines or json"},
      {"?key_separator=", "a", "not empty"},
      {"?format=json&key_separator=,", "[]", "goes with format lines"},
      {"?nunber=1", "a", "did you mean 'number'?"},
      {"?format=json", "", "no JSON array"},
      {"?format=json", "[", "no JSON array"},
      {"?format=json", "{}", "no JSON array"},
      {"?format=json", "[1]", "record 1 of the request is no object"},
      {"?format=json", R"([{"value": "a"}, {}])", "record 2 of the request has no 'value'"},
      {"?format=json", R"([{"value": 1}])", "no 'value' that is a string"},
      {"?format=json", R"([{"value": "a", "key": 1}])", "'key' that is no string"},
      {"?format=json", R"([{"value": "a", "time": "now"}])", "'time' that is no whole number"},
      {"?format=json", R"([{"value": "a", "time": 1.5}])", "'time' that is no whole number"},
      {"?format=json", R"([{"value": "a", "time": 9223372036854775807}])", "'time' that is no whole number"},
      {"?format=json", R"([{"value": "a", "time": 18446744073709551615}])", "'time' that is no whole number"},
      {"?format=json", R"([{"vlaue": "a"}])", "unknown member 'vlaue'"},
  }));
  CAPTURE(query, body);
  const answered a = s.post(target + query, body);
  CHECK(a.status == 400);
  CHECK_THAT(a.error(), Contains(why));
  CHECK(s.node.heard().empty());
}

TEST_CASE("a request is bounded in records and in the size of each", "[control][publish]") {
  const served s;
  CHECK(s.post(target, std::string(65'536, '\n')).status == 200);
  CHECK_THAT(s.post(target, std::string(65'537, '\n')).error(), Contains("more than 65536 records"));
  CHECK(s.post(target, std::string(1u << 20, 'a')).status == 200);
  const answered a = s.post(target, "b\n" + std::string((1u << 20) + 1, 'a'));
  CHECK(a.status == 400);
  CHECK_THAT(a.error(), Contains("record 2 of the request is 1048577 bytes long"));
}

TEST_CASE("what the node says of a stream has its own status", "[control][publish]") {
  const served s;
  CHECK(s.post("/v1/streams/clikcs/records", "a").status == 404);
  CHECK(s.post("/v1/streams/copy-lines/records", "a").status == 409);
  raw_connection c(s.address());
  c.send("POST /v1/streams/full/records HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: 1\r\n\r\na");
  const std::string answer = c.receive();
  CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 503 ") && Contains("Retry-After: 1\r\n") && Contains("try again later"));
}
