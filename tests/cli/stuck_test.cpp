// An operator whose code spins for ever: the node says so, everything else goes on, and a node that starts without that operator has lost nothing.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

constexpr int lines = 5000;
constexpr int stuck_at = 3000;  ///< Of the lines.

struct place_of_hanging : workspace {
  place_of_hanging() {
    write_text(*this / "lines.txt", numbers(lines));
    write_text(*this / "copy.yaml", copying("    with: {path: lines.txt}\n    pin: [0]\n", "    pin: [0]\n"));
    write_text(*this / "t.yaml",
               "manifest: 1\ntopology: t\noperators:\n"
               "  - {name: lines, uses: file-source, ostreams: {lines: t-lines}, with: {path: lines.txt}, pin: [0]}\n"
               "  - {name: user, artifact: " CLI_OPERATORS
               ", class: hanging, istreams: {lines: t-lines}, ostreams: {passed: t-passed}, pin: [1],\n"
               "     with: {at: '" +
                   std::to_string(stuck_at) + "', until: " + latch() + ", began: " + (*this / "began").string() +
                   "}}\n"
                   "  - {name: table, uses: file-sink, istreams: {records: t-passed}, with: {path: out.txt}, pin: [1]}\n");
  }
  std::string latch() const { return (*this / "latch").string(); }
};

const std::vector<std::string> soon{"--cores", "0,1", "--stuck-after", "100ms"};

bool is_paused(const serving& node) { return node.asked({"status", "t/user"}).at("state") == "paused"; }

/// With the operator paused; it goes on once what it waited for is there.
void ends_whole(const place_of_hanging& place, serving& node) {
  INFO(node.err());
  CHECK(is_paused(node));
  write_text(place.latch(), "1");
  CHECK(node({"resume", "t/user"}).status == 0);
  CHECK(node.until([&] { return read_text(place / "out.txt") == numbers(lines); }));
  CHECK(node.asked({"status", "t/user"})["partitions"][0]["stuck_seconds"] == 0);
  CHECK(node.end() == 128 + SIGTERM);
}

}  // namespace

TEST_CASE("an operator that spins for ever is named, others go on, and the next start goes on without it", "[cli][stuck]") {
  const bool killed = GENERATE(false, true);
  const place_of_hanging place;
  {
    serving node(place, soon);
    REQUIRE(node({"submit", "t.yaml"}).status == 0);
    REQUIRE(node.until([&] { return node.err().find("not returned") != std::string::npos; }));
    CHECK_THAT(node.err(), StartsWith("weir: warning: t/user partition 0 has not returned from its code for ") && Contains("core 1 stands still") &&
                               Contains("'weir serve --paused t/user'"));

    const outcome status = node({"status"});
    CHECK_THAT(status.out, Contains("running, stuck for ") && Contains("running, held up by t/user partition 0") &&
                               Contains("\nstuck: t/user partition 0 has not returned from its code for ") && Contains("and with it t/table"));
    CHECK_THAT(node({"status", "t/user"}).out, Contains("\nstuck: t/user partition 0 has not returned"));
    const json user = node.asked({"status", "t/user"})["partitions"][0];
    CHECK(user["stuck_seconds"] > 0.1);
    CHECK(user["holds_up"] == json{"t/table"});
    CHECK_THAT(node({"logs", "t/user"}).out, Contains("has not returned from its code"));

    CHECK(node({"submit", "copy.yaml"}).status == 0);
    CHECK(node.until([&] { return read_text(place / "copy.txt") == numbers(lines); }));

    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"stop", "t"}, {"remove", "t", "--yes"}, {"deploy", "t/user", CLI_OPERATORS}, {"stop", "t/table"}}) {
      const outcome refused = node(command);
      CAPTURE(command);
      CHECK(refused.status == 4);
      CHECK_THAT(refused.error_line(), Contains("t/user partition 0 has not returned") && Contains("'weir serve --paused t/user'"));
    }
    CHECK(node({"pause", "copy"}).status == 0);

    if (killed) {
      CHECK(node.end(SIGKILL) == 128 + SIGKILL);
    } else {
      CHECK(node.end() == 128 + SIGTERM);
      CHECK_THAT(node.err(), Contains("weir: error: what is under way cannot go through, and ends here: t/user partition 0 has not returned"));
    }
  }
  serving node(place, {"--cores", "0,1", "--paused", "t/user"});
  ends_whole(place, node);
}

TEST_CASE("a second signal ends a node whose operator does not return at once, and a pause that was noted holds", "[cli][stuck]") {
  const place_of_hanging place;
  {
    serving node(place, {"--cores", "0,1", "--stuck-after", "1h"});
    REQUIRE(node({"submit", "t.yaml"}).status == 0);
    REQUIRE(node.until([&] { return std::filesystem::exists(place / "began"); }));
    CHECK(node({"pause", "t/user"}).status == 0);
    node.node().signal(SIGTERM);
    while (!node.asked({"status"})["draining"].get<bool>()) {}
    CHECK(node.end() == 128 + SIGTERM);
  }
  serving node(place, {"--cores", "0,1"});
  ends_whole(place, node);
}

TEST_CASE("a run says of an operator that does not return, and an interrupt ends it", "[cli][stuck]") {
  const place_of_hanging place;
  const weir_command weir(place);
  process_options o = weir.options({"run", "t.yaml", "--cores", "0,1", "--stuck-after", "100ms"});
  folder_watch watch(place.path());
  {
    process run(o);
    REQUIRE(watch.wait_until(run, [&] { return read_text(place / "stderr").find("not returned") != std::string::npos; }));
    CHECK_THAT(read_text(place / "stderr"), StartsWith("weir: warning: t/user partition 0 has not returned") && Contains("interrupt twice"));
    run.signal(SIGINT);
    CHECK(run.wait() == 128 + SIGINT);
  }
  write_text(place.latch(), "1");
  CHECK(weir({"run", "t.yaml", "--cores", "0,1"}).status == 0);
  CHECK(read_text(place / "out.txt") == numbers(lines));
}

TEST_CASE("--stuck-after takes a time", "[cli][stuck]") {
  const workspace place;
  for (const char* wrong : {"soon", "0s"}) {
    const outcome o = weir_command(place)({"serve", "--stuck-after", wrong});
    CHECK(o.status == 2);
    CHECK_THAT(o.error_line(), Contains("--stuck-after " + std::string(wrong)));
  }
}
