// weir deploy, rollback and history against a node that runs.
#include "tests/cli/serving.hpp"
#include "tests/redeploy/sequence_topology.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

/// Values of a source without end, detected into found.txt.
std::string detecting() {
  return "manifest: 1\ntopology: seq\noperators:\n"
         "  - {name: source, artifact: " REDEPLOY_OPERATORS
         ", class: sequence_source, with: {until: stop, burst: 100}}\n"
         "  - {name: detector, artifact: " +
         module_of(1) +
         "}\n"
         "  - {name: checker, artifact: " REDEPLOY_OPERATORS
         ", class: sequence_checker, with: {every: 10}}\n"
         "  - {name: found, uses: file-sink, istreams: {records: findings}, with: {path: found.txt}}\n";
}

/// Whether more comes out.
bool goes_on(serving& node, const workspace& place) {
  const std::size_t had = read_text(place / "found.txt").size();
  return node.until([&] { return read_text(place / "found.txt").size() > had; });
}

}  // namespace

TEST_CASE("an operator is deployed, shown and rolled back while its source goes on, and nothing is lost or doubled", "[cli][serve][deploy]") {
  const workspace place;
  write_text(place / "t.yaml", detecting());
  serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  REQUIRE(goes_on(node, place));

  const outcome would = node({"deploy", "seq/detector", module_of(2), "--dry-run"});
  CHECK(would.status == 0);
  CHECK(would.out == "seq/detector would become generation 2\n");
  const outcome done = node({"deploy", "seq/detector", module_of(2), "--probation", "0s"});
  CAPTURE(done.err);
  CHECK(done.status == 0);
  CHECK_THAT(done.out, Contains("seq/detector is generation 2; longest pause of 1 partition "));
  CHECK(node.asked({"status", "seq/detector"})["version"] == "2");
  REQUIRE(goes_on(node, place));

  CHECK(node({"submit", "t.yaml"}).status == 4);
  CHECK_THAT(node({"submit", "t.yaml"}).err, Contains("generation 2, which was deployed by hand"));

  CHECK(node({"rollback", "seq/detector"}).status == 0);
  REQUIRE(goes_on(node, place));
  const json past = node.asked({"history", "seq/detector"})["deployments"];
  REQUIRE(past.size() == 3);
  CHECK(past[0]["kind"] == "submit");
  CHECK(past[1]["kind"] == "deploy");
  CHECK(past[1]["version"] == "2");
  CHECK(past[2]["kind"] == "rollback");
  CHECK(past[2]["version"] == "1");
  CHECK_THAT(node({"history", "seq/detector"}).out, Contains("rollback") && Contains("libdetector_2.so"));
  CHECK(node.end() == 143);
  CHECK_THAT(read_text(place / "found.txt"), !Contains("wrong"));
}

TEST_CASE("a probation is waited for, and what fails in it comes back with status 5", "[cli][serve][deploy]") {
  const workspace place;
  write_text(place / "t.yaml", detecting());
  serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  REQUIRE(goes_on(node, place));
  CHECK(node({"deploy", "seq/detector", module_of(2), "--probation", "200ms", "--wait", "probation"}).status == 0);
  const outcome bad = node({"deploy", "seq/detector", module_of(5), "--wait", "probation"});
  CHECK(bad.status == 5);
  CHECK_THAT(bad.err, Contains("'seq/detector' failed on trial, and is generation 4 by automatic rollback: ") && Contains("does not like this value"));
  REQUIRE(goes_on(node, place));
  const json now = node.asked({"status", "seq/detector"});
  CHECK(now["generation"] == 4);
  CHECK(now["version"] == "2");
  CHECK(node.end() == 143);
  CHECK_THAT(read_text(place / "found.txt"), !Contains("wrong") && !Contains("version 5 from 1002"));
}

TEST_CASE("what cannot be deployed is refused with the way out, and the operator goes on", "[cli][serve][deploy]") {
  const workspace place;
  write_text(place / "t.yaml", detecting());
  write_text(place / "text.so", "no module");
  serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  REQUIRE(goes_on(node, place));
  const auto [arguments, status, says] = GENERATE(table<std::vector<std::string>, int, std::string>({
      {{"deploy", "seq/detector", "missing.so"}, 2, "no such file"},
      {{"deploy", "seq/detector", "text.so"}, 2, "text.so: not a shared object"},
      {{"deploy", "seq/detector", REDEPLOY_OPERATORS}, 2, "say `class:`"},
      {{"deploy", "seq/detector", REDEPLOY_OPERATORS, "--class", "sequence_checker"}, 4, "operator 'seq/detector': "},
      {{"deploy", "seq/detector", REDEPLOY_OPERATORS, "--class", "sequence_cheker"}, 2, "did you mean"},
      {{"deploy", "seq/found", module_of(2)}, 4, "standard operator"},
      {{"deploy", "seq/detectr", module_of(2)}, 2, "detector"},
      {{"deploy", "seq", module_of(2)}, 2, "'seq/OPERATOR'"},
      {{"rollback", "seq/detector"}, 4, "no earlier generation"},
      {{"rollback", "seq/detector", "--to", "7"}, 4, "generation"},
      {{"deploy", "seq/detector", module_of(2), "--probation", "soon"}, 2, "'probation' is 'soon'"},
      {{"deploy", "seq/detector", module_of(2), "--wait", "long"}, 2, "--wait"},
      {{"history", "seq/nobody"}, 2, "nobody"},
  }));
  CAPTURE(arguments);
  const outcome o = node(arguments);
  CHECK(o.status == status);
  CHECK_THAT(o.err, Contains(says));
  CHECK(o.out.empty());
  CHECK(node.asked({"status", "seq/detector"})["generation"] == 1);
  REQUIRE(goes_on(node, place));
}
