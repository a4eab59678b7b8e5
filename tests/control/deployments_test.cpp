// The routes of an operator's code.
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;

namespace {

const std::string deployments = "/v1/topologies/copy/operators/lines/deployments";
const std::string rollback = "/v1/topologies/copy/operators/lines/rollback";

}  // namespace

TEST_CASE("a deploy reaches the node with what it asks for, and its report comes back", "[control][deploy]") {
  const served s;
  const answered a = s.post(deployments, R"({"artifact": "/b.so", "class": "b", "probation": "2s", "dry_run": true, "by": "ann"})");
  REQUIRE(a.status == 200);
  CHECK(a.body == json({{"generation", 2}, {"pauses_ns", {100, 200}}, {"warning", ""}}));
  REQUIRE(s.post(deployments, R"({"artifact": "/b.so"})").status == 200);
  CHECK(s.node.heard() == std::vector<std::string>{"deploy copy/lines /b.so dry on trial for 2000000000 class 'b' by ann",
                                                   "deploy copy/lines /b.so on trial for 30000000000 class '' by "});
}

TEST_CASE("rollback and history", "[control][deploy]") {
  const served s;
  const answered refused = s.post(rollback, R"({"to": 1, "by": "ann"})");
  CHECK(refused.status == 409);
  CHECK(refused.body["code"] == "refused");
  s.post(rollback, "");
  CHECK(s.node.heard() == std::vector<std::string>{"rollback copy/lines to 1 by ann", "rollback copy/lines to before by "});
  const answered past = s.ask(http_verb::get, deployments);
  REQUIRE(past.status == 200);
  CHECK(past.body["probation_left_ns"] == 7);
  REQUIRE(past.body["deployments"].size() == 1);
  const json& d = past.body["deployments"][0];
  CHECK(d["generation"] == 2);
  CHECK(d["kind"] == "deploy");
  CHECK(d["by"] == "ann");
  CHECK(d["artifact"] == "/b.so");
  CHECK(d["class"] == "b");
}

TEST_CASE("what is wrong with a deploy is told, and does nothing", "[control][deploy]") {
  const served s;
  const auto [target, body, status, says] = GENERATE(table<std::string, std::string, unsigned, std::string>({
      {deployments, "", 400, "'artifact'"},
      {deployments, R"({"artifact": 1})", 400, "'artifact'"},
      {deployments, R"({"artifact": "b.so"})", 400, "absolute"},
      {deployments, R"({"artifact": "/b.so", "clas": "b"})", 400, "did you mean 'class'?"},
      {deployments, R"({"artifact": "/b.so", "class": 1})", 400, "'class'"},
      {deployments, R"({"artifact": "/b.so", "probation": "soon"})", 400, "'probation' is 'soon'"},
      {deployments, R"({"artifact": "/b.so", "probation": "so\non"})", 400, "'probation' is 'so?on'"},
      {deployments, R"({"artifact": "/b.so", "probation": 2})", 400, "'probation'"},
      {deployments, R"({"artifact": "/b.so", "dry_run": 1})", 400, "'dry_run'"},
      {deployments, R"({"artifact": "/b.so", "by": []})", 400, "'by'"},
      {rollback, R"({"to": -1})", 400, "'to' must be the number of a generation"},
      {rollback, R"({"to": 4294967296})", 400, "'to' must be the number of a generation"},
      {rollback, R"({"to": "1"})", 400, "'to' must be the number of a generation"},
      {"/v1/topologies/copy/operators/line/deployments", R"({"artifact": "/b.so"})", 404, "lines"},
      {"/v1/topologies/cop/operators/lines/rollback", "", 404, "copy"},
  }));
  CAPTURE(target, body);
  const answered a = s.post(target, body);
  CHECK(a.status == status);
  CHECK(a.body["code"] == "usage");
  CHECK_THAT(a.error(), Contains(says));
  CHECK(s.node.heard().empty());
}
