// External streams in a node: what is published is taken exactly once, whenever the node is killed, and what is turned away says why.
#include "runtime/operator/intake.hpp"
#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {

std::string clicks(int partitions, const std::string& more = "") {
  return "  - {name: reader, artifact: $MODULE, class: needy, istreams: {numbers: clicks}}\nstreams:\n  clicks: {external: true, partitions: " +
         std::to_string(partitions) + more + "}\n";
}

/// Records 1 … `count` of that producer; their values say their numbers, their keys spread them.
publish_batch batch(const std::string& producer, std::uint64_t first, std::uint64_t count) {
  publish_batch b{.producer = producer, .first = first};
  for (std::uint64_t i = first; i < first + count; ++i) {
    publish_record r;
    r.key_begin = static_cast<std::uint32_t>(b.bytes.size());
    b.bytes += "key " + std::to_string(i);
    r.key_end = r.value_begin = static_cast<std::uint32_t>(b.bytes.size());
    b.bytes += "v" + std::to_string(i) + ".";
    r.value_end = static_cast<std::uint32_t>(b.bytes.size());
    b.records.push_back(r);
  }
  return b;
}

std::string publish(lone_node& n, publish_batch b, const std::string& stream = "clicks") {
  const auto done = n.node->publish_to(stream, std::move(b));
  return done ? std::to_string(done->records) + " records, " + std::to_string(done->repeated) + " repeated" : lone_node::said_of(done.why());
}

}  // namespace

TEST_CASE("what is published is read, once, however often it is sent", "[node][publish]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("t", clicks(2)) == "create t/clicks: new topology; create t/reader: new topology");
  CHECK(publish(n, batch("p", 1, 3)) == "3 records, 0 repeated");
  CHECK(publish(n, batch("p", 1, 3)) == "3 records, 3 repeated");
  CHECK(publish(n, batch("p", 2, 3)) == "3 records, 2 repeated");
  CHECK(publish(n, batch("q", 1, 1)) == "1 records, 0 repeated");
  n.settle();
  CHECK(n.heard("as number 5") == 1);
  CHECK(n.heard("as number 6") == 0);
  CHECK(n.heard("got v4.") == 1);
  REQUIRE(n.serve() == "");
  CHECK(publish(n, batch("p", 1, 5)) == "5 records, 4 repeated");
  n.settle();
  CHECK(n.heard("got v5.") == 1);
  CHECK(n.heard("as number 7") == 0);
}

TEST_CASE("a node that is killed at any moment of a request has its records once when it is repeated", "[node][publish][crash]") {
  bool was_late = false;  // Some kill came when all was durable, and some before.
  bool was_early = false;
  for (int turns = 0; turns < 24; ++turns) {
    CAPTURE(turns);
    lone_node n;
    REQUIRE(n.serve() == "");
    REQUIRE(n.submit("t", clicks(2)) != "");
    REQUIRE(publish(n, batch("p", 1, 2)) == "2 records, 0 repeated");
    const auto at = n.node->intake_for("clicks");
    REQUIRE(at);
    std::string why_not;
    REQUIRE((*at)->offer((*at)->prepare(batch("p", 3, 6)), why_not).value());
    for (int i = 0; i < turns; ++i) n.turn();
    REQUIRE(n.serve() == "");
    const auto again = n.node->publish_to("clicks", batch("p", 3, 6));
    REQUIRE(again);
    was_late = was_late || again->repeated == 6;
    was_early = was_early || again->repeated == 0;
    n.settle();
    CHECK(n.heard("as number 8") > 0);
    CHECK(n.heard("as number 9") == 0);
  }
  CHECK(was_late);
  CHECK(was_early);
}

TEST_CASE("records without numbers are taken as they come", "[node][publish]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("t", clicks(2)) != "");
  CHECK(publish(n, batch("", 1, 2)) == "2 records, 0 repeated");
  CHECK(publish(n, batch("", 1, 2)) == "2 records, 0 repeated");
  n.settle();
  CHECK(n.heard("as number 4") == 1);
}

TEST_CASE("an external stream that is stopped or paused says what lets it go on", "[node][publish]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("t", clicks(1)) != "");
  REQUIRE(n.node->pause({"t", "clicks"}));
  CHECK(publish(n, batch("p", 1, 1)) == "4: external stream 'clicks' is paused; 'weir resume t/clicks' lets it take records again");
  REQUIRE(n.node->resume({"t", "clicks"}, {}));
  REQUIRE(n.node->stop({"t", ""}, {}));
  CHECK(publish(n, batch("p", 1, 1)) == "4: external stream 'clicks' is stopped; 'weir start t/clicks' lets it take records again");
  REQUIRE(n.node->start({"t", ""}));
  CHECK(publish(n, batch("p", 1, 1)) == "1 records, 0 repeated");
  CHECK(publish(n, batch("p", 3, 1)).starts_with("4: producer 'p' goes on with number 3"));
}

TEST_CASE("other streams take nothing from outside, and unknown ones are told by the nearest", "[node][publish]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  CHECK(publish(n, {}) == "2: no stream 'clicks'; there is none");
  REQUIRE(n.submit("t", clicks(1)) != "");
  REQUIRE(n.submit("u", "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 1}}\n") != "");
  CHECK(publish(n, {}, "clikcs") == "2: no stream 'clikcs'; did you mean 'clicks'?");
  CHECK(publish(n, {}, "numbers") ==
        "4: stream 'numbers' is written by operator 'u/numbers' and takes nothing from outside; publish to a stream that its manifest declares with "
        "'external: true'");
  CHECK(publish(n, {}) == "0 records, 0 repeated");
  REQUIRE(n.node->remove("t", {}));
  CHECK(publish(n, {}) == "2: no stream 'clicks'; there is numbers");
}

TEST_CASE("an external stream survives submits, keeps its records, and is not resized", "[node][publish]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("t", clicks(2)) != "");
  REQUIRE(publish(n, batch("p", 1, 3)) == "3 records, 0 repeated");
  CHECK(n.submit("t", clicks(2)) == "unchanged t/clicks; unchanged t/reader");
  CHECK(n.submit("t", clicks(2, ", retain: 1h")) == "replace t/clicks: other settings of stream 'clicks'; unchanged t/reader");
  CHECK(publish(n, batch("p", 2, 3)) == "3 records, 2 repeated");
  CHECK(n.submit("t", clicks(3)).starts_with("4: "));
  CHECK(weir::exit_status(n.node->deploy({"t", "clicks"}, NODE_OPERATORS, {}).why().code) == 4);
  n.settle();
  CHECK(n.heard("as number 4") == 1);
  CHECK(n.heard("as number 5") == 0);
}

TEST_CASE("a reader in a chain that throws has the step taken again with all that was published", "[node][publish]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  const std::string chain =
      "  - {name: reader, artifact: $MODULE, class: picky, istreams: {numbers: clicks}, with: {at: v3.}, on_error: skip}\n"
      "streams:\n  clicks: {external: true, persist: false}\n";
  REQUIRE(n.submit("t", chain) == "create t/clicks: new topology; create t/reader: new topology");
  CHECK(publish(n, batch("p", 1, 6)) == "6 records, 0 repeated");
  CHECK(publish(n, batch("p", 1, 6)) == "6 records, 6 repeated");
  n.settle();
  CHECK(n.heard("as number 5") > 0);
  CHECK(n.heard("as number 6") == 0);
}

TEST_CASE("times that are published are kept, and the watermark follows the latest", "[node][publish]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("t", clicks(1)) != "");
  publish_batch b = batch("p", 1, 2);
  b.records[0].time = 5'000'000'000'000;
  b.records[1].time = 4'000'000'000'000;
  const std::string done = publish(n, std::move(b));
  REQUIRE(done == "2 records, 0 repeated");
  n.settle();
  const node_status s = n.node->status();
  CHECK(s.topologies[0].operators[0].partitions[0].watermark == 5'000'000'000'000);
}
