// What an operator said, over HTTP: with a cursor, and waited for.
#include <thread>

#include "runtime/operator/operator_log.hpp"
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using runtime::log_lines;
using runtime::operator_log;

namespace {
const std::string path = "/v1/topologies/copy/operators/lines/logs";
}

TEST_CASE("an operator's lines are there with a number each, and from any number on", "[control][logs]") {
  served s;
  CHECK(s.get(path).body == json({{"lines", json::array()}, {"next", 1}, {"missing", 0}}));
  s.node.said.add({.at_ns = 7, .level = WEIR_LEVEL_WARNING, .partition = 2, .text = "odd \xff"});
  s.node.said.add({.at_ns = 8, .level = WEIR_LEVEL_INFO, .from_weir = true, .text = "runs again"});
  const json all = s.get(path).body;
  CHECK(all["next"] == 3);
  REQUIRE(all["lines"].size() == 2);
  CHECK(all["lines"][0] == json({{"number", 1}, {"at", 7}, {"level", "warning"}, {"partition", 2}, {"from", "operator"}, {"text", "odd \xef\xbf\xbd"}}));
  CHECK(all["lines"][1]["from"] == "weir");
  CHECK(s.get(path + "?from=2").body["lines"].size() == 1);
  CHECK(s.get(path + "?from=3").body["lines"].empty());
  CHECK(s.get(path + "?from=1000").body["lines"].size() == 2);  // Of a run of the node before this one.
}

TEST_CASE("who waits for lines has them as soon as there are some", "[control][logs]") {
  served s;
  const raw_connection waits(s.address());
  waits.send("GET " + path + "?wait=30s HTTP/1.1\r\nHost: weir\r\n\r\n");
  CHECK(s.get("/healthz").status == 200);  // Others are answered meanwhile.
  s.node.said.add({.text = "at last"});
  CHECK(waits.receive("at last").find("200 OK") != std::string::npos);
  CHECK(s.get(path + "?from=2&wait=1ms").body["lines"].empty());
}

TEST_CASE("wrong questions for lines are refused", "[control][logs]") {
  const served s;
  CHECK(s.get(path + "?from=x").status == 400);
  CHECK(s.get(path + "?wait=31s").status == 400);
  CHECK(s.get(path + "?wait=long").status == 400);
  CHECK(s.get(path + "?wait=a%0Ab").error().find("'wait' is 'a?b'") == 0);
  CHECK(s.get("/v1/topologies/copy/operators/tabel/logs").error().find("did you mean 'table'?") != std::string::npos);
}

TEST_CASE("an operator's log keeps its last lines and says how many are gone", "[control][logs]") {
  operator_log log;
  const std::string text(1000, 'x');
  for (int i = 0; i < 1000; ++i) log.add({.text = text});
  const log_lines kept = log.read(0);
  CHECK(kept.next == 1001);
  CHECK(kept.missing == 1000 - kept.lines.size());
  CHECK(kept.lines.size() * text.size() <= runtime::operator_log_bytes_max);
  CHECK((kept.lines.size() + 1) * (text.size() + sizeof(runtime::log_line)) > runtime::operator_log_bytes_max);
  CHECK(kept.lines.back().number == 1000);
  CHECK(log.read(1000).missing == 0);
  log.add({.text = std::string(100'000, 'y')});
  CHECK(log.read(1001).lines.at(0).text.size() == runtime::log_line_bytes_max);
}
