// The commands that talk to a node, each with what it prints, changes and refuses.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::string state_of(const json& whole) { return whole.at("state").get<std::string>(); }

/// A node that copies ten lines, and has done so.
class copying_node : public serving {
 public:
  explicit copying_node(const workspace& place) : serving(prepared(place)) {
    const outcome o = (*this)({"submit", "t.yaml"});
    INFO(o.err);
    REQUIRE(o.status == 0);
    REQUIRE(until([&] { return read_text(place / "copy.txt") == numbers(10); }));
  }

 private:
  static const workspace& prepared(const workspace& place) {
    write_text(place / "t.yaml", copying());
    write_text(place / "lines.txt", numbers(10));
    return place;
  }
};

}  // namespace

TEST_CASE("without a node every command says so with 3 and what to do", "[cli][remote]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  const std::vector<std::string> arguments = GENERATE(values<std::vector<std::string>>({{"submit", "t.yaml"},
                                                                                        {"get", "copy"},
                                                                                        {"list"},
                                                                                        {"status"},
                                                                                        {"status", "copy/lines", "--watch"},
                                                                                        {"logs", "copy/lines", "--follow"},
                                                                                        {"state", "get", "copy/lines", "position", ""},
                                                                                        {"stop", "copy"},
                                                                                        {"start", "copy"},
                                                                                        {"pause", "copy/lines"},
                                                                                        {"resume", "copy"},
                                                                                        {"remove", "copy", "--yes"},
                                                                                        {"list", "--node", "127.0.0.1:1"},
                                                                                        {"list", "--node", "no/such.sock"}}));
  const outcome o = weir_command(place)(arguments);
  CAPTURE(arguments);
  CHECK(o.status == 3);
  CHECK(o.out.empty());
  CHECK_THAT(o.error_line(), Contains("no node answers at ") && Contains("weir serve") && Contains("--node"));
}

TEST_CASE("a manifest is submitted, runs, and survives the node's end", "[cli][remote]") {
  const workspace place;
  write_text(place / "t.yaml", copying("    with: {path: \"${INPUT}\"}\n"));
  write_text(place / "lines.txt", numbers(10));
  {
    serving node(place);
    const outcome dry = node({"submit", "t.yaml", "--dry-run"}, {{"INPUT", "lines.txt"}});
    INFO(dry.err);
    REQUIRE(dry.status == 0);
    CHECK_THAT(dry.out, Contains("create") && Contains("copy/lines") && Contains("copy/table"));
    CHECK(node.asked({"list"})["topologies"].empty());

    REQUIRE(node({"submit", "t.yaml"}, {{"INPUT", "lines.txt"}}).status == 0);
    REQUIRE(node.until([&] { return read_text(place / "copy.txt") == numbers(10); }));
    const json listed = node.asked({"list"})["topologies"];
    REQUIRE(listed.size() == 1);
    CHECK(listed[0]["operators"] == json({"lines", "table"}));

    const outcome again = node({"submit", "t.yaml"}, {{"INPUT", "lines.txt"}});
    CHECK(again.status == 0);
    for (const std::string& line : lines_of(again.out)) CHECK_THAT(line, StartsWith("unchanged"));
    CHECK(node.end() == 143);
  }
  std::filesystem::remove(place / "t.yaml");
  serving next(place);
  CHECK(next.asked({"list"})["topologies"][0]["name"] == "copy");
  const outcome manifest = next({"get", "copy"});
  CHECK(manifest.status == 0);
  CHECK_THAT(manifest.out, Contains("topology: copy") && !Contains("INPUT"));
  CHECK(read_text(place / "copy.txt") == numbers(10));
}

TEST_CASE("status shows what runs, for people and for programs", "[cli][remote]") {
  const workspace place;
  copying_node node(place);
  const outcome whole = node({"status"});
  CHECK(whole.status == 0);
  CHECK_THAT(whole.out, Contains("epoch 1") && Contains("OPERATOR") && Contains("copy/lines") && Contains("copy/table"));
  const outcome one = node({"status", "copy/table"});
  CHECK_THAT(one.out, Contains("copy/table") && Contains("PARTITION") && !Contains("copy/lines"));
  const json op = node.asked({"status", "copy/table"});
  CHECK(op["partitions"][0]["records_in"] == 10);
  CHECK(node.asked({"status", "copy"})["operators"].size() == 2);
  CHECK(node.asked({"status"})["journal"]["frames"].get<int>() > 0);
}

TEST_CASE("the tables of status fit a terminal of 120 columns", "[cli][remote]") {
  const workspace place;
  const copying_node node(place);
  for (const char* target : {"copy", "copy/table"}) {
    for (const std::string& line : lines_of(node({"status", target}).out)) {
      CAPTURE(line);
      CHECK(line.size() <= 120);
    }
  }
}

TEST_CASE("status --watch appends to a pipe until it is interrupted", "[cli][remote]") {
  const workspace place;
  copying_node node(place);
  process watching(weir_command(place).options({"status", "--watch"}, {{"WEIR_NODE", (place / "data").string()}}));
  CHECK(node.until([&] {
    const std::string out = read_text(place / "stdout");
    const std::size_t first = out.find("OPERATOR");
    return first != std::string::npos && out.find("OPERATOR", first + 1) != std::string::npos;
  }));
  watching.signal(SIGINT);
  CHECK(watching.wait() == 130);
  CHECK_THAT(read_text(place / "stdout"), !Contains("\033"));
}

TEST_CASE("operators and topologies are paused, resumed, stopped and started", "[cli][remote]") {
  const workspace place;
  copying_node node(place);
  const outcome paused = node({"pause", "copy/table"});
  CHECK(paused.status == 0);
  CHECK(paused.out == "copy/table is paused\n");
  CHECK(state_of(node.asked({"status", "copy/table"})) == "paused");
  CHECK(node.asked({"resume", "copy/table"}) == json({{"target", "copy/table"}, {"done", true}}));
  CHECK(state_of(node.asked({"status", "copy/table"})) != "paused");
  CHECK(node({"stop", "copy", "--drain-timeout", "10s"}).out == "copy is stopped\n");
  CHECK(state_of(node.asked({"status", "copy"})) == "stopped");
  CHECK(node({"start", "copy"}).status == 0);
  CHECK(state_of(node.asked({"status", "copy"})) != "stopped");
}

TEST_CASE("what does not run all the same, because another command held it back, is said", "[cli][remote]") {
  const workspace place;
  copying_node node(place);
  REQUIRE(node({"pause", "copy/table"}).status == 0);
  REQUIRE(node({"stop", "copy"}).status == 0);
  const outcome resumed = node({"resume", "copy/table"});
  CHECK(resumed.status == 0);
  CHECK_THAT(resumed.err, Contains("copy/table is stopped: 'weir start copy/table' lets it go on"));
  REQUIRE(node({"pause", "copy/table"}).status == 0);
  const outcome started = node({"start", "copy"});
  CHECK(started.status == 0);
  CHECK_THAT(started.err, Contains("copy/table is paused: 'weir resume copy/table' lets it go on"));
  CHECK_THAT(started.err, !Contains("copy/lines"));
  CHECK(node({"resume", "copy/table"}).err.empty());
}

TEST_CASE("a topology is removed by who says so twice", "[cli][remote]") {
  const workspace place;
  copying_node node(place);
  const outcome unsure = node({"remove", "copy"});
  CHECK(unsure.status == 2);
  CHECK_THAT(unsure.error_line(), Contains("--yes"));
  CHECK(node.asked({"list"})["topologies"].size() == 1);
  CHECK(node({"remove", "copy/lines", "--yes"}).status == 2);
  CHECK(node({"remove", "copy", "--yes"}).out == "copy is removed\n");
  CHECK(node.asked({"list"})["topologies"].empty());
}

TEST_CASE("wrong names are answered with the nearest, and wrong manifests with their place", "[cli][remote]") {
  const workspace place;
  copying_node node(place);
  write_text(place / "bad.yaml", "manifest: 1\ntopologie: copy\n");
  const auto [arguments, says] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"status", "cpoy"}, "did you mean 'copy'?"},
      {{"status", "copy/tabel"}, "topology 'copy' has no operator 'tabel'; did you mean 'table'?"},
      {{"get", "cop"}, "did you mean 'copy'?"},
      {{"stop", "cpoy"}, "did you mean 'copy'?"},
      {{"start", "copy/line"}, "did you mean 'lines'?"},
      {{"pause", "something"}, "there is copy"},
      {{"resume", "copy/tble"}, "did you mean 'table'?"},
      {{"remove", "coyp", "--yes"}, "did you mean 'copy'?"},
      {{"status", "a/b/c"}, "TOPOLOGY/OPERATOR"},
      {{"status", "/b"}, "TOPOLOGY/OPERATOR"},
      {{"get", "copy/lines"}, "whole topologies"},
      {{"stop", "copy", "--drain-timeout", "soon"}, "drain_timeout is 'soon'"},
      {{"submit", "bad.yaml"}, "bad.yaml:2:1"},
      {{"submit", "none.yaml"}, "none.yaml: cannot be read"},
  }));
  const outcome o = node(arguments);
  CAPTURE(arguments);
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains(says));
}
