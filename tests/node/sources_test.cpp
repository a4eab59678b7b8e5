// When sources are polled, and whom an idle one holds back: nobody.
#include <unistd.h>

#include <array>

#include "tests/node/real_node.hpp"

using weir::node_test::lone_node;
using weir::node_test::real_node;
using namespace weir::runtime;

TEST_CASE("a source comes back when it said, or when it is woken", "[node][sources]") {
  lone_node n;
  REQUIRE(n.start("  - {name: clockwork, artifact: $MODULE, class: clockwork}\n") == "");
  n.run_for(5000 * lone_node::ms);
  for (const char* at : {"at 0", "at 1000", "at 2000", "at 2500", "at 3500", "at 4500"}) CHECK(n.heard(std::string("polled ") + at) == 1);
  CHECK(n.heard("polled") == 6);
  CHECK(n.wakes < 20);
}

TEST_CASE("a wake during a poll is not lost, and brings one more", "[node][sources]") {
  lone_node n;
  REQUIRE(n.start("  - {name: w, artifact: $MODULE, class: self_waking}\n") == "");
  n.run_for(1000 * lone_node::ms);
  CHECK(n.heard("poll 3") == 1);
  CHECK(n.heard("poll 4") == 0);
}

TEST_CASE("a timer that is due behind the end of a drain belongs to the next run", "[node][sources]") {
  lone_node n;
  const std::string ticking =
      "  - {name: t, artifact: $MODULE, class: ticking, ostreams: {ticks: ticks}}\n"
      "  - {name: w, artifact: $MODULE, class: watching, istreams: {a: ticks, b: ticks}}\n";
  REQUIRE(n.start(ticking) == "");
  n.run_for(2500 * lone_node::ms);
  REQUIRE(n.heard("tick") == 2);
  n.node->drain();
  n.settle();
  REQUIRE(n.node->state() == run_state::drained);
  n.run_for(5000 * lone_node::ms);
  CHECK(n.heard("tick") == 2);
  REQUIRE(n.start(ticking) == "");
  n.run_for(1500 * lone_node::ms);
  CHECK(n.heard("tick") == 1);
}

namespace {
std::string two(const std::string& a, const std::string& b) {
  return "  - {name: a, artifact: $MODULE, class: numbers, ostreams: {numbers: a}, with: {" + a + "}}\n" +
         "  - {name: b, artifact: $MODULE, class: numbers, ostreams: {numbers: b}, with: {" + b + "}}\n" +
         "  - {name: watching, artifact: $MODULE, class: watching, istreams: {a: a, b: b}}\n";
}
}  // namespace

TEST_CASE("the watermark is the slowest input's, unless that is idle", "[node][sources]") {
  lone_node n;
  REQUIRE(n.start(two("count: 10", "count: 5")) == "");
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == 5);
  n.stop();
  REQUIRE(n.start(two("count: 10", "count: 5, marks_idle: true")) == "");
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == 5);
  CHECK(n.heard("passed 10") == 1);
  REQUIRE(n.start(two("count: 12", "count: 5, marks_idle: true")) == "");
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == 2);
}

TEST_CASE("an idle input that speaks again holds the watermark again, and never turns it back", "[node][sources]") {
  lone_node n;
  REQUIRE(n.start(two("count: 10", "count: 5, marks_idle: true")) == "");
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == 10);
  for (const char* a : {"count: 10", "count: 15"}) {
    REQUIRE(n.start(two(a, "count: 6")) == "");
    n.run_for(100 * lone_node::ms);
    CHECK(n.heard("passed") == 0);
  }
  REQUIRE(n.start(two("count: 15", "count: 12")) == "");
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == 2);
}

TEST_CASE("where all inputs are idle the furthest counts, and one that ended does not", "[node][sources]") {
  lone_node n;
  const std::string a = GENERATE("count: 10, marks_idle: true", "count: 10, ends: true");
  REQUIRE(n.start(two(a, "count: 5, marks_idle: true")) == "");
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == (a.find("ends") == std::string::npos ? 10 : 5));
}

TEST_CASE("silence for idle_timeout is idleness, decided once and kept over a restart", "[node][sources]") {
  lone_node n;
  REQUIRE(n.start(two("count: 10", "count: 5, idle_timeout: 1s")) == "");
  n.run_for(999 * lone_node::ms);
  CHECK(n.heard("passed") == 5);
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == 10);
  const auto frames = n.node->progress().journal.frames;
  n.run_for(10'000 * lone_node::ms);
  CHECK(n.node->progress().journal.frames == frames);
  REQUIRE(n.start(two("count: 12", "count: 5")) == "");
  n.run_for(100 * lone_node::ms);
  CHECK(n.heard("passed") == 2);
}

TEST_CASE("a source waits for its descriptor without asking again and again", "[node][sources]") {
  const std::string name = GENERATE("descriptor", "blocking_descriptor");
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  real_node n;
  n.start("  - {name: d, artifact: $MODULE, class: " + name + ", with: {fd: " + std::to_string(pipe[0]) + "}}\n");
  for (const char letter : {'a', 'b', 'c'}) {
    REQUIRE(::write(pipe[1], &letter, 1) == 1);
    n.hear(std::string("read ") + letter);
  }
  ::close(pipe[1]);
  CHECK(n.end() == run_state::ended);
  ::close(pipe[0]);
  // A poll for each byte and for the end, and at most one before each of them that found nothing.
  const std::string last = n.said.back();
  const int polls = std::stoi(last.substr(last.find("after ") + 6));
  CHECK(polls >= 4);
  CHECK(polls <= 8);
}

TEST_CASE("no wake from another thread is lost", "[node][sources]") {
  const std::string name = GENERATE("woken", "blocking_woken");
  real_node n;
  n.start("  - {name: w, artifact: $MODULE, class: " + name + ", with: {count: 10000}}\n");
  CHECK(n.end() == run_state::ended);
  CHECK(n.node->progress().records_in == 10000);
}
