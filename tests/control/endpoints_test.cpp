// What each route answers, and what it says to wrong input.
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;

TEST_CASE("a node answers with what runs", "[control]") {
  const served s;
  const answered all = s.get("/v1/topologies");
  REQUIRE(all.status == 200);
  CHECK(all.type == "application/json");
  REQUIRE(all.body["topologies"].size() == 1);
  CHECK(all.body["topologies"][0]["name"] == "copy");

  const answered one = s.get("/v1/topologies/copy");
  REQUIRE(one.status == 200);
  REQUIRE(one.body["operators"].size() == 2);
  CHECK(one.body["operators"][1]["partitions"].size() == 2);

  const answered op = s.get("/v1/topologies/copy/operators/lines");
  REQUIRE(op.status == 200);
  CHECK(op.body["partitions"][0]["records_in"] == 5);
  CHECK(op.body["partitions"][0]["watermark"] == 1'500'000'000);
  CHECK(op.body["partitions"][0]["inputs"][0]["producer"] == "copy/lines");

  const answered manifest = s.get("/v1/topologies/copy/manifest");
  CHECK(manifest.status == 200);
  CHECK(manifest.text == "manifest: 1\ntopology: copy\n");
  CHECK(s.get("/v1/node").body["epoch"] == 3);
}

TEST_CASE("a watermark that is none or has ended is no number", "[control]") {
  served s;
  auto& p = s.node.shown.topologies[0].operators[0].partitions[0];
  p.watermark = INT64_MIN;
  CHECK(s.get("/v1/topologies/copy/operators/lines").body["partitions"][0]["watermark"].is_null());
  p.watermark = INT64_MAX;
  CHECK(s.get("/v1/topologies/copy/operators/lines").body["partitions"][0]["watermark"] == "ended");
}

TEST_CASE("names that nothing has are answered 404 with the nearest that something has", "[control]") {
  const served s;
  const auto [verb, target, near] = GENERATE(table<http_verb, std::string, std::string>({
      {http_verb::get, "/v1/topologies/cpoy", "did you mean 'copy'?"},
      {http_verb::get, "/v1/topologies/something-else", "there is copy"},
      {http_verb::get, "/v1/topologies/cpoy/manifest", "did you mean 'copy'?"},
      {http_verb::get, "/v1/topologies/cpoy/operators/lines", "did you mean 'copy'?"},
      {http_verb::get, "/v1/topologies/copy/operators/line", "did you mean 'lines'?"},
      {http_verb::post, "/v1/topologies/cpoy/stop", "did you mean 'copy'?"},
      {http_verb::post, "/v1/topologies/copy/operators/tabel/pause", "did you mean 'table'?"},
      {http_verb::del, "/v1/topologies/cop", "did you mean 'copy'?"},
      {http_verb::get, "/v1/topologeis", "did you mean '/v1/topologies'?"},
      {http_verb::get, "/", "see docs/control.md"},
      {http_verb::get, "/v1/topologies/", "/v1/topologies"},
  }));
  CAPTURE(target);
  const answered a = s.ask(verb, target);
  CHECK(a.status == 404);
  CHECK_THAT(a.error(), Contains(near));
  CHECK(s.node.heard().empty());
}

TEST_CASE("commands reach the node with what they name", "[control]") {
  const served s;
  const auto [target, heard] = GENERATE(table<std::string, std::string>({
      {"/v1/topologies/copy/stop", "stop copy within 30000000000"},
      {"/v1/topologies/copy/stop?drain_timeout=2s", "stop copy within 2000000000"},
      {"/v1/topologies/copy/operators/table/stop?drain_timeout=0", "stop copy/table within 0"},
      {"/v1/topologies/copy/start", "start copy"},
      {"/v1/topologies/copy/operators/lines/start", "start copy/lines"},
      {"/v1/topologies/copy/pause", "pause copy"},
      {"/v1/topologies/c%6Fpy/operators/lines/pause", "pause copy/lines"},
      {"/v1/topologies/copy/resume", "resume copy"},
  }));
  const answered a = s.post(target);
  CHECK(a.status == 200);
  CHECK(a.body["done"] == true);
  CHECK(s.node.heard() == std::vector<std::string>{heard});
}

TEST_CASE("resume takes what it does with the record that an operator died of", "[control]") {
  const served s;
  const char* const target = "/v1/topologies/copy/operators/table/resume";
  CHECK(s.post(target, R"({"skip_record": true})").status == 200);
  CHECK(s.post(target, R"({"skip_record": false})").status == 200);
  CHECK(s.node.heard() == std::vector<std::string>{"resume copy/table skip", "resume copy/table"});
  const answered wrong = s.post(target, R"({"skip_record": "yes"})");
  CHECK(wrong.status == 400);
  CHECK_THAT(wrong.error(), Contains("'skip_record'"));
  CHECK(s.post(target, R"({"skip": true})").status == 400);
  CHECK(s.post("/v1/topologies/copy/operators/tabel/resume", R"({"skip_record": true})").status == 404);
  CHECK(s.node.heard().size() == 2);
}

TEST_CASE("what the node refuses is a conflict in its own words", "[control]") {
  const served s;
  const answered a = s.ask(http_verb::del, "/v1/topologies/copy");
  CHECK(a.status == 409);
  CHECK(a.body["code"] == "refused");
  CHECK(a.error() == "others subscribe to 'copy-lines'; remove them first");
}

TEST_CASE("manifests are submitted with their variables, and the difference comes back", "[control]") {
  const served s;
  const answered a = s.post("/v1/topologies", R"({"manifests": [{"text": "x", "file": "/a/t.yaml", "variables": {"A": "1", "B": "2"}}], "override": true})");
  REQUIRE(a.status == 200);
  CHECK(s.node.heard() == std::vector<std::string>{"submit /a/t.yaml override variables 2"});
  CHECK(a.body["changes"][0] == json({{"change", "create"}, {"topology", "copy"}, {"operator", "lines"}, {"why", "it is new"}}));
  CHECK(a.body["changes"][1]["change"] == "unchanged");
  CHECK(s.post("/v1/topologies", R"({"manifests": [{"text": "x", "file": "/t.yaml"}], "dry_run": true})").body["dry_run"] == true);
  CHECK(s.node.heard()[1] == "submit /t.yaml dry variables 0");

  const answered bad = s.post("/v1/topologies", R"({"manifests": [{"text": "bad", "file": "/t.yaml"}]})");
  CHECK(bad.status == 400);
  CHECK(bad.body["code"] == "usage");
  CHECK_THAT(bad.error(), Contains("t.yaml:1:1"));
}

TEST_CASE("wrong input is answered 400 with what was expected, and does nothing", "[control]") {
  const served s;
  const auto [target, body, says] = GENERATE(table<std::string, std::string, std::string>({
      {"/v1/topologies", "", "'manifests' must be a list"},
      {"/v1/topologies", "[]", "no JSON object"},
      {"/v1/topologies", "{", "no JSON object"},
      {"/v1/topologies", "\xff\xfe", "no JSON object"},
      {"/v1/topologies", R"({"manifest": []})", "did you mean 'manifests'?"},
      {"/v1/topologies", R"({"manifests": []})", "at least one"},
      {"/v1/topologies", R"({"manifests": [1]})", "must be an object"},
      {"/v1/topologies", R"({"manifests": [{"file": "/t.yaml"}]})", "'text'"},
      {"/v1/topologies", R"({"manifests": [{"text": 1, "file": "/t.yaml"}]})", "'text'"},
      {"/v1/topologies", R"({"manifests": [{"text": "", "file": "t.yaml"}]})", "absolute"},
      {"/v1/topologies", R"({"manifests": [{"text": "", "file": "/t.yaml", "variables": {"A": 1}}]})", "variable 'A'"},
      {"/v1/topologies", R"({"manifests": [{"text": "", "file": "/t.yaml", "variables": [1]}]})", "'variables'"},
      {"/v1/topologies", R"({"manifests": [{"text": "", "file": "/t.yaml"}], "dry_run": "yes"})", "'dry_run'"},
      {"/v1/topologies", R"({"manifests": [{"text": "", "file": "/t.yaml"}], "override": 1})", "'override'"},
      {"/v1/topologies?dry_run=1", "{}", "unknown parameter 'dry_run'"},
      {"/v1/topologies/copy/stop?drain_timeout=soon", "", "drain_timeout is 'soon'"},
      {"/v1/topologies/copy/stop?drain_timeout=-1s", "", "drain_timeout"},
      {"/v1/topologies/copy/stop?drain_timeot=1s", "", "did you mean 'drain_timeout'?"},
      {"/v1/topologies/copy/stop?drain_timeout=1s&drain_timeout=2s", "", "twice"},
      {"/v1/topologies/copy/stop", R"({"drain_timeout": 1})", "unknown member 'drain_timeout'"},
      {"/v1/topologies/copy/start?drain_timeout=1s", "", "it takes none"},
      {"/v1/topologies/c%zzpy/stop", "", "hexadecimal"},
      {"/v1/topologies/copy/stop?drain_timeout=%1", "", "hexadecimal"},
  }));
  CAPTURE(target, body);
  const answered a = s.post(target, body);
  CHECK(a.status == 400);
  CHECK(a.body["code"] == "usage");
  CHECK_THAT(a.error(), Contains(says));
  CHECK(s.node.heard().empty());
}

TEST_CASE("a path that is served for other verbs says for which", "[control]") {
  const served s;
  const answered a = s.post("/healthz");
  CHECK(a.status == 405);
  CHECK_THAT(a.error(), Contains("GET only"));
  const raw_connection c(s.address());
  c.send("DELETE /v1/topologies HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK_THAT(c.receive(), Contains("405 Method Not Allowed") && Contains("Allow: GET, POST"));
}

TEST_CASE("a node that recovers is up but not ready, and says how far it is", "[control]") {
  served s({}, false);
  s.api.set_recovery_progress(25, 100);
  CHECK(s.get("/healthz").status == 200);
  const answered not_yet = s.get("/readyz");
  CHECK(not_yet.status == 503);
  CHECK(not_yet.body == json({{"ready", false}, {"state", "recovering"}, {"bytes_done", 25}, {"bytes_total", 100}}));
  for (const char* target : {"/v1/topologies", "/v1/topologies/copy", "/v1/node", "/metrics"}) {
    const answered a = s.get(target);
    CHECK(a.status == 503);
    CHECK(a.body["code"] == "unreachable");
  }
  CHECK(s.post("/v1/topologies/copy/stop").status == 503);
  s.api.attach(s.node);
  CHECK(s.get("/readyz").status == 200);
  CHECK(s.get("/v1/topologies").status == 200);
  s.api.set_stopping();
  CHECK(s.get("/readyz").status == 503);
  CHECK(s.get("/healthz").status == 200);
}

TEST_CASE("an error is one line that steers no terminal, whatever is in it", "[control]") {
  const auto r = runtime::error_response({error_code::usage, "/a\nb\x1b[2J\xff\u00e4: no such file"});
  CHECK(json::parse(r.body)["error"] == "/a?b?[2J?\u00e4: no such file");
}
