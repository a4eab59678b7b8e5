// A node that stays up: topologies come, change, stop and go while others run, and all of it is there again after a restart.
#include <set>

#include "runtime/log/snapshot.hpp"
#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {

std::string numbers(int count) { return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(count) + "}}\n"; }
std::string reader(const std::string& more = "") {
  return "  - {name: reader, artifact: $MODULE, class: needy, istreams: {numbers: {stream: numbers" + more + "}}}\n";
}
/// Fails until then.
std::string failing(int up_at) {
  return "  - {name: reader, artifact: $MODULE, class: broken, istreams: {numbers: numbers}, with: {up_at: " + std::to_string(up_at) + "}}\n";
}

activity_state state_of(lone_node& n, const std::string& topology) {
  const node_status s = n.node->status();
  const auto found = std::find_if(s.topologies.begin(), s.topologies.end(), [&](const topology_status& t) { return t.name == topology; });
  REQUIRE(found != s.topologies.end());
  return found->state;
}

std::uint64_t lag_of(lone_node& n, const std::string& topology) {
  for (const topology_status& t : n.node->status().topologies)
    if (t.name == topology) return t.operators.at(0).partitions.at(0).lag_frames;
  return 0;
}

/// Lets snapshots be made and segments go, too.
void settle_journal(lone_node& n) {
  do n.settle();
  while (n.node->log().run_background_once());
}

/// The logs that the newest snapshot names.
std::set<std::uint64_t> snapshot_logs(lone_node& n) {
  const auto names = n.files.list("/data/snapshots").value();
  REQUIRE(!names.empty());
  auto reader = snapshot_reader::open(n.files, "/data/snapshots/" + names.back());
  REQUIRE(reader.ok());
  std::set<std::uint64_t> logs;
  for (;;) {
    const auto more = (*reader)->next();
    REQUIRE(more.ok());
    if (!*more) return logs;
    if ((*reader)->at_log()) logs.insert((*reader)->head().log);
  }
}

}  // namespace

TEST_CASE("a second topology subscribes to a running stream, from its beginning or from now on", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  CHECK(n.node->list().empty());
  CHECK(n.submit("a", numbers(5)) == "create a/numbers: new topology");
  n.settle();
  CHECK(n.submit("b", reader()) == "create b/reader: new topology");
  n.settle();
  CHECK(n.heard("b/reader partition 0: got 5 as number 5") == 1);
  CHECK(n.submit("c", reader(", from: latest")) == "create c/reader: new topology");
  n.settle();
  CHECK(n.heard("c/reader partition 0: got") == 0);
  CHECK(n.submit("a", numbers(7)) == "replace a/numbers: other config: 'count'");
  n.settle();
  CHECK(n.heard("b/reader partition 0: got 7 as number 7") == 1);
  CHECK(n.heard("c/reader partition 0: got 6 as number 1") == 1);
  CHECK(n.heard("c/reader partition 0: got 7 as number 2") == 1);
  CHECK(n.heard("b/reader partition 0: got") == 7);
  CHECK(n.node->list() == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("what was submitted, stopped and paused is so again after a restart", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(5)) == "create a/numbers: new topology");
  REQUIRE(n.submit("b", reader()) == "create b/reader: new topology");
  REQUIRE(n.submit("c", reader(", from: latest")) == "create c/reader: new topology");
  n.settle();
  REQUIRE(lone_node::said_of(n.node->stop({"b", ""}, {})) == "");
  REQUIRE(lone_node::said_of(n.node->pause({"c", "reader"})) == "");
  const std::string manifest = n.node->get("a").value();
  REQUIRE(n.serve() == "");
  n.settle();
  CHECK(n.node->list() == std::vector<std::string>{"a", "b", "c"});
  CHECK(n.node->get("a").value() == manifest);
  CHECK(state_of(n, "a") == activity_state::running);
  CHECK(state_of(n, "b") == activity_state::stopped);
  CHECK(state_of(n, "c") == activity_state::paused);
  CHECK(n.submit("a", manifest.substr(manifest.find("operators:\n") + 11)) == "unchanged a/numbers");
  n.said.clear();
  REQUIRE(n.submit("a", numbers(8)) == "replace a/numbers: other config: 'count'");
  n.settle();
  CHECK(n.heard("reader partition 0: got") == 0);
  CHECK(lag_of(n, "b") > 0);
  CHECK(lag_of(n, "c") > 0);
  REQUIRE(lone_node::said_of(n.node->start({"b", ""})) == "");
  REQUIRE(lone_node::said_of(n.node->resume({"c", ""}, {})) == "");
  n.settle();
  CHECK(n.heard("b/reader partition 0: got 8 as number 8") == 1);
  CHECK(n.heard("b/reader partition 0: got") == 3);
  CHECK(n.heard("c/reader partition 0: got 8 as number") == 1);
  CHECK(lag_of(n, "b") == 0);
  CHECK(lag_of(n, "c") == 0);
}

TEST_CASE("a topology is removed with all it held, but not while others subscribe to it", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(5)) == "create a/numbers: new topology");
  REQUIRE(n.submit("b", reader()) == "create b/reader: new topology");
  n.settle();
  CHECK(lone_node::said_of(n.node->remove("a", {})) == "4: operator 'b/reader' subscribes to stream 'numbers' of 'a/numbers'; remove topology 'b' first");
  CHECK(n.submit("a", "  - {name: other, artifact: $MODULE, class: clockwork}\n").substr(0, 2) == "4:");
  CHECK(lone_node::said_of(n.node->remove("b", {})) == "");
  CHECK(lone_node::said_of(n.node->remove("a", {})) == "");
  CHECK(n.node->list().empty());
  CHECK(n.node->partitions() == 0);
  CHECK(n.submit("b", reader()).substr(0, 2) == "2:");
  CHECK(n.node->list().empty());
  REQUIRE(n.submit("a", numbers(2)) == "create a/numbers: new topology");
  REQUIRE(n.submit("b", reader()) == "create b/reader: new topology");
  n.said.clear();
  n.settle();
  CHECK(n.heard("b/reader partition 0: got 2 as number 2") == 1);
  REQUIRE(n.serve() == "");
  CHECK(n.node->list() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a submit says what it would do and what it cannot do", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  CHECK(n.submit("a", numbers(5), {.dry_run = true}) == "create a/numbers: new topology");
  CHECK(n.node->list().empty());
  REQUIRE(n.submit("a", numbers(5) + reader()) == "create a/numbers: new topology; create a/reader: new topology");
  n.settle();
  const std::string other = "  - {name: reader, artifact: $MODULE, class: needy, istreams: {numbers: numbers}, parallelism: 2}\n";
  CHECK(n.submit("a", numbers(5) + other).substr(0, 2) == "4:");
  CHECK(n.submit("a", numbers(5) + reader()) == "unchanged a/numbers; unchanged a/reader");
  CHECK(n.submit("a", numbers(5)) == "unchanged a/numbers; remove a/reader: no longer in the manifest");
  CHECK(n.node->partitions() == 1);
  CHECK(lone_node::said_of(n.node->stop({"b", ""}, {})) == "2: no topology 'b'; there are a");
  CHECK(lone_node::said_of(n.node->stop({"a", "number"}, {})) == "2: topology 'a' has no operator 'number'; did you mean 'numbers'?");
}

TEST_CASE("a failed partition is retried after a second and then half as often each time, and others go on", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(3)) == "create a/numbers: new topology");
  REQUIRE(n.submit("b", failing(20'000)) == "create b/reader: new topology");
  REQUIRE(n.submit("c", reader()) == "create c/reader: new topology");
  n.settle();
  CHECK(state_of(n, "b") == activity_state::failed);
  CHECK(n.heard("c/reader partition 0: got 3 as number 3") == 1);
  CHECK(n.heard("broken at") == 1);
  n.run_for(15'500 * lone_node::ms);
  CHECK(n.heard("broken at") == 5);  // 0, 1, 3, 7 and 15 s.
  CHECK(state_of(n, "b") == activity_state::failed);
  CHECK(state_of(n, "c") == activity_state::running);
  n.run_for(16'000 * lone_node::ms);
  CHECK(state_of(n, "b") == activity_state::running);
  CHECK(n.heard("b/reader partition 0: took 3") == 1);
  CHECK(n.node->state() == run_state::running);
}

TEST_CASE("a paused or failed operator stops without what it has not taken", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(3)) == "create a/numbers: new topology");
  REQUIRE(n.submit("b", failing(1'000'000)) == "create b/reader: new topology");
  REQUIRE(n.submit("c", reader()) == "create c/reader: new topology");
  n.settle();
  REQUIRE(lone_node::said_of(n.node->pause({"c", ""})) == "");
  REQUIRE(n.submit("a", numbers(6)) == "replace a/numbers: other config: 'count'");
  n.settle();
  for (const char* topology : {"a", "b", "c"}) REQUIRE(lone_node::said_of(n.node->stop({topology, ""}, {})) == "");
  for (const char* topology : {"a", "b", "c"}) CHECK(state_of(n, topology) == activity_state::stopped);
  REQUIRE(lone_node::said_of(n.node->start({"c", ""})) == "");
  CHECK(state_of(n, "c") == activity_state::paused);
  REQUIRE(lone_node::said_of(n.node->resume({"c", ""}, {})) == "");
  n.settle();
  CHECK(n.heard("c/reader partition 0: got 6 as number 6") == 1);
}

TEST_CASE("thousands of submits and removes leave nothing behind", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(5)) == "create a/numbers: new topology");
  const auto files_now = [&] { return n.files.list("/data/journal").value().size() + n.files.list("/data/snapshots").value().size(); };
  std::size_t files_before = 0;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(n.submit("b", reader()) == "create b/reader: new topology");
    REQUIRE(n.node->partitions() == 2);
    REQUIRE(lone_node::said_of(n.node->remove("b", {})) == "");
    REQUIRE(n.node->partitions() == 1);
    if (i == 500) files_before = files_now();
  }
  n.settle();
  CHECK(files_now() <= files_before + 1);
  CHECK(n.node->status().topologies.size() == 1);
  REQUIRE(n.serve() == "");
  CHECK(n.node->recovered().logs.size() <= 1);
}

TEST_CASE("a paused subscriber keeps what it has not read; removed, it keeps nothing, and the next snapshot does not name it", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(5)) == "create a/numbers: new topology");
  REQUIRE(n.submit("b", reader()) == "create b/reader: new topology");
  n.settle();
  REQUIRE(n.heard("b/reader partition 0: got 5") == 1);
  REQUIRE(lone_node::said_of(n.node->pause({"b", ""})) == "");
  const std::uint64_t log = n.node->status().topologies.at(1).operators.at(0).partitions.at(0).log;
  // Two snapshots, since recovery may need the journal from the older one on.
  for (const int count : {100'000, 200'000}) {
    REQUIRE(n.submit("a", numbers(count)).starts_with("replace"));
    settle_journal(n);
  }
  REQUIRE(n.node->status().journal.snapshots == 2);
  REQUIRE(snapshot_logs(n).contains(log));
  const std::uint64_t held = n.node->status().journal.used_bytes;
  REQUIRE(held > 6u << 20);
  REQUIRE(lone_node::said_of(n.node->remove("b", {})) == "");
  settle_journal(n);
  CHECK(n.node->status().journal.used_bytes + (2u << 20) < held);
  REQUIRE(n.submit("a", numbers(300'000)).starts_with("replace"));
  settle_journal(n);
  CHECK(!snapshot_logs(n).contains(log));
}

TEST_CASE("a node that drains takes no commands any more", "[node][commands]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(5)) == "create a/numbers: new topology");
  n.node->drain();
  const std::string refused = "4: this node is draining and takes no commands any more; start it again first";
  CHECK(n.submit("b", reader()) == refused);
  CHECK(lone_node::said_of(n.node->stop({"a", ""}, {})) == refused);
  CHECK(lone_node::said_of(n.node->remove("a", {})) == refused);
  CHECK(n.node->list() == std::vector<std::string>{"a"});
  n.settle();
  CHECK(n.node->state() == run_state::drained);
}
