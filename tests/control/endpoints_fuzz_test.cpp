// Every route under random paths, queries, headers and bodies: each request has an answer that docs/control.md allows, and the server serves on; over a node
// that only remembers, and over one as `weir serve` runs it. Replays from the printed seed.
#include <map>
#include <set>

#include "tests/cli/serving.hpp"
#include "tests/control/random_requests.hpp"
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// By route, how many of the requests that meant it were answered with each status.
using tally = std::map<std::string, std::map<unsigned, int>>;

any_answer ask(const std::string& address, const random_request& r) {
  const raw_connection c(address);
  c.send(r.bytes);
  return read_answer(c.receive());
}

/// False once an answer is none.
bool ask_many(const std::string& address, random_requests& requests, int rounds, tally& into) {
  for (int i = 0; i < rounds; ++i) {
    const random_request r = requests();
    const any_answer a = ask(address, r);
    INFO("round " << i << ", status " << a.status << " to " << r.bytes.substr(0, 2000) << "\nanswer: " << a.body.substr(0, 2000));
    CHECK(a.fault == "");
    // Nothing here may fail: the machine is in order, and what is wrong is the request.
    CHECK(a.status != 500);
    if (!a.fault.empty() || a.status == 500) return false;
    ++into[r.route][a.status];
  }
  return true;
}

/// Routes of which no request was understood, done or refused by the node, or none was wrong.
std::vector<std::string> unreached(const runtime::router& routes, const tally& answers) {
  std::vector<std::string> all;
  for (const auto& route : routes.routes()) {
    const std::string name = std::string(runtime::verb_name(route.verb)) + " " + route.pattern;
    const auto found = answers.find(name);
    const auto any = [&](unsigned one, unsigned other) { return found != answers.end() && (found->second.count(one) == 1 || found->second.count(other) == 1); };
    if (!any(200, 409) || !any(400, 404)) all.push_back(name);
  }
  return all;
}

/// At least so many rounds, and as many as it takes for the requests not to be all refused before they come to what they are for.
bool ask_for_all(const std::string& address, const runtime::router& routes, random_requests& requests, int rounds) {
  constexpr int most = 30;
  tally answers;
  for (int times = 0; times < most; ++times) {
    if (!ask_many(address, requests, rounds, answers)) return false;
    if (unreached(routes, answers).empty()) break;
  }
  CHECK(unreached(routes, answers) == std::vector<std::string>());
  return true;
}

const std::map<std::string, std::vector<std::string>> query_values{{"from", {"earliest", "latest", "1:1:0", "2:1:0,3:1:0", "1", "7"}},
                                                                   {"newest", {"1", "10000"}},
                                                                   {"partition", {"0", "1", "4294967295"}},
                                                                   {"key", {"ATL", "", "a b\xff"}},
                                                                   {"subkey", {"1970-01-01", ""}},
                                                                   {"limit", {"1", "100", "10000"}},
                                                                   {"wait", {"0", "1ms"}},
                                                                   {"drain_timeout", {"0", "1ms", "10ms"}},
                                                                   {"producer", {"me", "you"}},
                                                                   {"number", {"1", "2", "9"}},
                                                                   {"format", {"lines", "json"}},
                                                                   {"key_separator", {",", "::"}}};

const std::string operator_path = "/v1/topologies/{t}/operators/{o}/";

}  // namespace

TEST_CASE("every endpoint answers whatever is asked with a documented answer", "[control][fuzz]") {
  const served s;
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  random_requests requests(
      s.routes,
      {{{"{t}", {"copy", "copy", "cpoy"}}, {"{o}", {"lines", "table", "tabel"}}, {"{s}", {"copy-lines", "clicks", "clikcs", "full", "count"}}},
       query_values,
       {{"/v1/topologies",
         {R"({"manifests": [{"text": "manifest: 1", "file": "/t.yaml", "variables": {"A": "1"}}], "dry_run": true, "by": "ann"})",
          R"({"manifests": [{"text": "bad", "file": "/t.yaml"}], "override": true})"}},
        {operator_path + "deployments", {R"({"artifact": "/b.so", "class": "b", "probation": "2s", "dry_run": false, "by": "ann"})"}},
        {operator_path + "rollback", {R"({"to": 1, "by": "ann"})", "{}", ""}},
        {operator_path + "dead-letters/drop", {R"({"positions": ["2:9:0", "2:9:1"]})", R"({"all": true})"}},
        {"/v1/streams/{s}/records", {"a,b\nc\n", "", R"([{"key": "k", "value": "v", "time": 5}, {"value": "w"}])"}}}},
      seed);
  ask_for_all(s.address(), s.routes, requests, 4000);
  CHECK(s.get("/healthz").status == 200);
}

TEST_CASE("a node answers random requests and commands for its every endpoint, and goes on with what runs", "[control][fuzz]") {
#ifdef WEIR_SANITIZED
  constexpr int rounds = 1000;
#else
  constexpr int rounds = 4000;
#endif
  const std::uint64_t seed = Catch::rngSeed();
  CAPTURE(seed);
  const workspace place;
  const std::string modules = WEIR_BUILD_DIR "/examples/flights_live/libboard_v";
  const std::string delays = "streams:\n  delays: {external: true, partitions: 2}\n";
  const auto manifest = [&](const std::string& version, const std::string& sink) {
    return "manifest: 1\ntopology: live\noperators:\n  - {name: board, artifact: " + modules + version +
           ".so, on_error: skip, parallelism: 2}\n  - {name: table, uses: file-sink, istreams: {records: rows}, with: {path: " + sink + "}}\n" + delays;
  };
  const auto submitting = [&](const std::string& text, bool dry, bool over) {
    return json{{"manifests", {{{"text", text}, {"file", (place / "t.yaml").string()}}}}, {"dry_run", dry}, {"override", over}}.dump();
  };
  const auto deploying = [&](const std::string& version, const char* probation) {
    return json{{"artifact", modules + version + ".so"}, {"probation", probation}}.dump();
  };
  write_text(place / "lines.txt", numbers(1000));
  const std::string live = submitting(manifest("1", "rows.txt"), false, true);
  const std::string copy = submitting(copying(), false, true);

  runtime::router routes;
  runtime::control_api api("0.1.0");  // Says which routes there are; the node has its own.
  api.add_routes(routes);
  random_requests requests(
      routes,
      {{{"{t}", {"live", "live", "copy"}},
        {"{o}", {"board", "board", "table", "lines"}},
        {"{s}", {"delays", "delays", "rows", "copy-lines", "totals", "totals"}}},
       query_values,
       {{"/v1/topologies", {live, live, copy, submitting(manifest("2", "rows.txt"), false, false), submitting(manifest("1", "other.txt"), true, false)}},
        {operator_path + "deployments", {deploying("2", "0s"), deploying("1", "30s"), deploying("9", "0s")}},
        {operator_path + "rollback", {R"({"to": 1})", R"({"to": 2, "by": "ann"})", "{}", ""}},
        {operator_path + "dead-letters/drop", {R"({"positions": ["2:9:0"]})", R"({"all": true})"}},
        {"/v1/streams/{s}/records", {"ATL,5\nJFK,-3\n", "ATL,late\n", "", R"([{"key": "ATL", "value": "20", "time": 5}, {"value": "w"}])"}}}},
      seed);
  serving node(place);
  const runtime::node_address at{(place / "data/weir.sock").string(), ""};
  REQUIRE(served::ask_at(at, http_verb::post, "/v1/topologies", live).status == 200);
  const bool all = ask_for_all(at.address, routes, requests, rounds);
  CAPTURE(node.err());
  REQUIRE_FALSE(node.node().ends_within(std::chrono::microseconds(0)));
  REQUIRE(all);

  // Whatever was done to it, the topology can be had again, and takes records.
  CHECK(served::ask_at(at, http_verb::get, "/readyz").status == 200);
  const answered again = served::ask_at(at, http_verb::post, "/v1/topologies", live);
  CHECK(again.error() == "");
  REQUIRE(again.status == 200);
  CHECK(served::ask_at(at, http_verb::post, "/v1/topologies/live/start").status == 200);
  CHECK(served::ask_at(at, http_verb::post, "/v1/topologies/live/resume").status == 200);
  CHECK(served::ask_at(at, http_verb::post, "/v1/streams/delays/records?key_separator=,", "last,5\n").status == 200);
  CHECK(node.until([&] { return read_text(place / "rows.txt").find(",last,") != std::string::npos; }));
  CHECK(node.end() == 143);
  CHECK(weir_command(place)({"data", "verify", (place / "data").string()}).status == 0);
}
