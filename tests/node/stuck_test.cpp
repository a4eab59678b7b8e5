// Operators whose code does not return: they are found and named, the others go on, and commands say what can be done in place of waiting.
#include <fstream>

#include "tests/node/real_node.hpp"

using namespace weir;
using namespace weir::runtime;
using Catch::Contains;
using node_test::lone_node;
using node_test::real_node;

namespace {

constexpr std::int64_t second = 1'000'000'000;

hosted partition(std::uint64_t log, const std::string& name, int cpu, bool blocking = false) {
  hosted h{.log = log};
  auto about = std::make_shared<partition_description>();
  about->topology = "t";
  about->name = name;
  about->cpu = cpu;
  about->blocking = blocking;
  h.about = about;
  h.counters = std::make_shared<partition_counters>();
  return h;
}

hosted_table some_partitions() {
  hosted_table all;
  all.emplace(1, partition(1, "a", 0));
  all.emplace(2, partition(2, "b", 0));
  all.emplace(3, partition(3, "c", 1, true));
  all.emplace(4, partition(4, "d", 1));
  all.at(1).below.push_back({.about = partition(1, "inner", 0).about});
  all.at(4).inputs.push_back({.log = 2});
  return all;
}

void begin(hosted_table& all, std::uint64_t log, std::int64_t ns) { all.at(log).counters->step_began_ns = ns; }

const partition_status& partition_of(const node_status& s, const std::string& topology, const std::string& name) {
  for (const topology_status& t : s.topologies)
    for (const operator_status& o : t.operators)
      if (t.name == topology && o.name == name) return o.partitions.at(0);
  FAIL("no " << topology << "/" << name);
  throw std::logic_error("not reached");
}

const std::string numbers = "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3}, ostreams: {numbers: $T-numbers}, pin: [0]}\n";

std::string in(const std::string& topology, std::string text) {
  for (std::size_t at; (at = text.find("$T")) != std::string::npos;) text.replace(at, 2, topology);
  return text;
}

/// A node with one operator that does not return from its second record, on core 1 or beside it.
struct stuck_node : real_node {
  explicit stuck_node(const std::string& class_name = "hanging", std::int64_t limit_ns = second / 50) {
    stuck_ns = limit_ns;
    serve();
    const std::string with = "with: {at: 2, until: " + latch() + "}";
    submit("t", numbers + "  - {name: user, artifact: $MODULE, class: " + class_name + ", " + with +
                    ", istreams: {lines: $T-numbers}, ostreams: {passed: $T-passed}, pin: [1]}\n"
                    "  - {name: reader, artifact: $MODULE, class: needy, istreams: {numbers: $T-passed}, pin: [1]}\n");
    until([&] { return partition_of(node->status(), "t", "user").step_ns > std::min(limit_ns, second / 10); });
  }
  ~stuck_node() { release(); }
  std::string latch() const { return directory + "/latch"; }
  void release() const { std::ofstream{latch()} << "1"; }
  void submit(const std::string& topology, const std::string& operators) {
    const auto source = lone_node::source(topology, in(topology, operators));
    const auto done = node->submit({&source, 1}, {});
    REQUIRE(lone_node::said_of(done ? result<void>() : result<void>(done.why())).empty());
  }
  /// A test that waits for ever is ended by its runner.
  template <class Condition>
  void until(Condition so) {
    while (!so()) {
      REQUIRE(node->watch_calls().ok());
      node->wait(1);
    }
  }
  std::size_t heard(const std::string& what) {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(std::count_if(said.begin(), said.end(), [&](const std::string& s) { return s.find(what) != s.npos; }));
  }
};

}  // namespace

TEST_CASE("a call is stuck once its step lasts longer than the limit, and holds up its core and its chain", "[node][stuck]") {
  hosted_table all = some_partitions();
  begin(all, 1, 5 * second);
  begin(all, 3, 14 * second);
  CHECK(stuck_calls(all, 14 * second, 10 * second).empty());
  auto calls = stuck_calls(all, 15 * second, 10 * second);
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].who() == "t/a partition 0");
  CHECK(calls[0].lasts_ns == 10 * second);
  CHECK(calls[0].holds_up == std::vector<std::string>{"t/inner", "t/b"});
  CHECK(stuck_text(calls[0]) == "t/a partition 0 has not returned from its code for 10 s; core 0 stands still meanwhile, and with it t/inner, t/b");
  CHECK_THAT(stuck_remedy(calls[0]), Contains("'weir serve --paused t/a'"));

  // In a chain it is the one that was called last.
  all.at(1).mark->member = 1;
  calls = stuck_calls(all, 15 * second, 10 * second);
  CHECK(calls.at(0).key == "t/inner");
  CHECK(calls.at(0).holds_up == std::vector<std::string>{"t/a", "t/b"});

  // Who needs its core stands behind it, and so does who needs an answer of one that has that core.
  CHECK(stuck_before(all, calls, {2}));
  CHECK_FALSE(stuck_before(all, calls, {4}));
  CHECK(stuck_before(all, calls, with_inputs(all, {4})));
}

TEST_CASE("a blocking operator's call holds up nobody else, unless it closes", "[node][stuck]") {
  hosted_table all = some_partitions();
  begin(all, 3, second);
  auto calls = stuck_calls(all, 61 * second, 10 * second);
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].off_core);
  CHECK(calls[0].holds_up.empty());
  CHECK_THAT(stuck_text(calls[0]), Contains("t/c partition 0 has been in one call of its code for 60 s") && Contains("the others go on"));
  CHECK_FALSE(stuck_before(all, calls, {4}));
  CHECK(stuck_before(all, calls, {3}));
  all.at(3).mark->closing = true;
  CHECK(stuck_calls(all, 61 * second, 10 * second).at(0).holds_up == std::vector<std::string>{"t/d"});
}

TEST_CASE("of a stuck call it is said once that it lasts, and once that it returned", "[node][stuck]") {
  hosted_table all = some_partitions();
  stuck_watch watch;
  const auto look = [&](std::int64_t now) { return watch.look(stuck_calls(all, now, 10 * second), now); };
  begin(all, 1, second);
  CHECK(look(12 * second).empty());
  // Another step than the one that was seen: the process had been stopped as a whole.
  begin(all, 1, 2 * second);
  CHECK(look(13 * second).empty());
  const auto told = look(14 * second);
  REQUIRE(told.size() == 1);
  CHECK((told[0].log == 1 && !told[0].returned && told[0].call.lasts_ns == 12 * second));
  CHECK(look(15 * second).empty());
  begin(all, 1, 16 * second);
  const auto over = look(17 * second);
  REQUIRE(over.size() == 1);
  CHECK((over[0].returned && over[0].call.lasts_ns == 15 * second));
  CHECK(look(18 * second).empty());
}

TEST_CASE("an operator that does not return is named, others go on, and nothing is lost once it does", "[node][stuck]") {
  stuck_node n;
  n.until([&] { return n.heard("t/user partition 0 has not returned from its code for ") == 1; });
  const node_status s = n.node->status();
  CHECK(partition_of(s, "t", "user").holds_up == std::vector<std::string>{"t/reader"});
  CHECK(partition_of(s, "t", "user").blocked_by == blocked_state::none);
  CHECK(partition_of(s, "t", "reader").held_up_by == "t/user partition 0");
  CHECK(partition_of(s, "t", "reader").blocked_by == blocked_state::core);
  CHECK(partition_of(s, "t", "numbers").held_up_by.empty());

  n.submit("u", numbers + "  - {name: reader, artifact: $MODULE, class: needy, istreams: {numbers: $T-numbers}, pin: [0]}\n");
  n.until([&] { return n.heard("u/reader partition 0: got 3 as number 3") == 1; });

  n.release();
  n.until([&] { return n.heard("t/reader partition 0: got 3 as number 3") == 1; });
  n.until([&] { return n.heard("t/user partition 0 returned from its code after about ") == 1; });
  CHECK(n.heard("has not returned") == 1);
  CHECK(partition_of(n.node->status(), "t", "user").stuck_ns == 0);
  CHECK(partition_of(n.node->status(), "t", "reader").blocked_by == blocked_state::none);
  const auto lines = n.node->lines({"t", "user"}, 0);
  REQUIRE(lines.ok());
  CHECK(std::any_of(lines->lines.begin(), lines->lines.end(), [](const auto& l) { return l.from_weir && l.text.find("has not returned") != l.text.npos; }));
  n.node->drain();
  CHECK(n.end() == run_state::drained);
}

TEST_CASE("commands that would wait for a stuck operator are refused, change nothing, and say what can be done", "[node][stuck]") {
  stuck_node n;
  const auto refused = [](const std::string& said) {
    CHECK_THAT(said, Catch::StartsWith("4: ") && Contains("t/user partition 0 has not returned") && Contains("weir serve --paused t/user"));
  };
  refused(lone_node::said_of(n.node->stop({"t", "user"}, {})));
  refused(lone_node::said_of(n.node->stop({"t", "reader"}, {})));
  refused(lone_node::said_of(n.node->remove("t", {})));
  const auto deployed = n.node->deploy({"t", "user"}, NODE_OPERATORS, {});
  REQUIRE_FALSE(deployed.ok());
  refused(lone_node::said_of(deployed.why()));
  const auto alone = lone_node::source("t", in("t", numbers));
  const auto submitted = n.node->submit({&alone, 1}, {});
  REQUIRE_FALSE(submitted.ok());
  refused(lone_node::said_of(submitted.why()));
  CHECK(partition_of(n.node->status(), "t", "user").state == activity_state::running);
  CHECK(n.node->stop({"t", "numbers"}, {}).ok());
  CHECK(n.node->start({"t", "numbers"}).ok());

  // A pause holds from the next start on at the latest.
  CHECK_THAT(lone_node::said_of(n.node->pause({"t", "user"})), Catch::StartsWith("1: the pause is noted"));
  CHECK(n.node->pause({"t", "reader"}).ok());
  n.release();
  n.until([&] { return partition_of(n.node->status(), "t", "user").stuck_ns == 0; });
  CHECK(partition_of(n.node->status(), "t", "user").state == activity_state::paused);
  CHECK(n.node->resume({"t", ""}, {}).ok());
  n.until([&] { return n.heard("t/reader partition 0: got 3 as number 3") == 1; });
  CHECK(n.node->stop({"t", ""}, {}).ok());
}

TEST_CASE("a stop that had to give up is completed by the next one, or taken back by a start", "[node][stuck]") {
  const bool again = GENERATE(false, true);
  stuck_node n("hanging", 3600 * second);
  const auto gave_up = n.node->stop({"t", ""}, {.drain_timeout_ns = 1});
  CHECK_THAT(lone_node::said_of(gave_up), Catch::StartsWith("1: operators of topology 't' cannot stop now: t/user partition 0 has not returned"));
  CHECK(partition_of(n.node->status(), "t", "user").state == activity_state::stopped);
  n.release();
  if (again) CHECK(lone_node::said_of(n.node->stop({"t", ""}, {})).empty());
  CHECK(lone_node::said_of(n.node->start({"t", ""})).empty());
  n.until([&] { return n.heard("t/reader partition 0: got 3 as number 3") == 1; });
  n.node->drain();
  CHECK(n.end() == run_state::drained);
}

TEST_CASE("a drain does not wait for ever for an operator that does not return", "[node][stuck]") {
  const std::string class_name = GENERATE("hanging", "hanging_blocking");
  stuck_node n(class_name);
  CHECK(partition_of(n.node->status(), "t", "user").stuck_off_core == (class_name == "hanging_blocking"));
  n.node->drain();
  result<void> calls;
  while ((calls = n.node->watch_calls())) n.node->wait(1);
  CHECK_THAT(calls.why().message, Contains("t/user partition 0 has") && Contains("'weir serve --paused t/user' starts without it"));
  CHECK(n.node->state() == run_state::running);
  n.release();
  CHECK(n.end() == run_state::drained);
}
