// External streams: how a manifest declares them, what is refused, and how they look in plans, drawings and effective manifests.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "manifests.hpp"
#include "topology/effective.hpp"

namespace weir::topology::test {

namespace {

const std::string declared =
    "manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: sink, istreams: {in: clicks}}\nstreams:\n  clicks: {external: true, partitions: 3, compress: "
    "lz4}\n";

std::map<std::string, operator_metadata> classes() {
  auto all = known_classes();
  all[external_class] = metadata(external_class, {}, {"records"});
  return all;
}

result<plan> planned(const std::string& text) { return plan_of({text}, {0, 1}, classes()); }

std::string after(const std::string& streams) { return with_streams(streams); }

}  // namespace

TEST_CASE("an external stream has an operator of its name that writes it", "[topology][external]") {
  const auto m = parse(declared);
  REQUIRE(m);
  REQUIRE(m->operators.size() == 2);
  const operator_entry& entry = m->operators[1];
  CHECK(entry.external);
  CHECK(entry.name == "clicks");
  CHECK(entry.uses == external_class);
  CHECK(entry.parallelism == 3);
  CHECK(entry.where.text() == "m.yaml:6:3");
  CHECK_FALSE(m->operators[0].external);

  const auto p = planned(declared);
  REQUIRE(p);
  REQUIRE(p->streams.size() == 1);
  CHECK(p->operators[p->streams[0].producer].entry.name == "clicks");
  CHECK(p->operators[p->streams[0].producer].cpus == std::vector<int>{0, 1, 0});
  CHECK(p->streams[0].lz4);
  CHECK(p->streams[0].subscribers.size() == 1);
}

TEST_CASE("external streams alone make a topology", "[topology][external]") {
  CHECK(refusal("manifest: 1\ntopology: t\nstreams: {clicks: {external: true}}\n") == "accepted");
  CHECK(refusal("manifest: 1\ntopology: t\noperators: []\nstreams: {clicks: {external: true}}\n") == "accepted");
  CHECK(refusal("manifest: 1\ntopology: t\noperators: []\nstreams: {clicks: {external: false}}\n") ==
        "m.yaml:3:12: 'operators' is an empty list; a topology has at least one, or an external stream");
  CHECK(parse("manifest: 1\ntopology: t\nstreams: {clicks: {external: true}}\n")->operators[0].parallelism == 1);
}

TEST_CASE("wrong settings of external streams are refused with the remedy", "[topology][external]") {
  CHECK(refusal(after("  s: {external: yes}\n")) == "m.yaml:7:17: 'external' of stream 's' is 'yes'; expected false, true");
  CHECK(refusal(after("  s: {external: true, partitions: 0}\n")).starts_with("m.yaml:7:35: 'partitions' of stream 's' is "));
  CHECK(refusal(after("  s: {external: true, partitions: 4097}\n")).starts_with("m.yaml:7:35: 'partitions' of stream 's' is "));
  CHECK(refusal(after("  s: {partitions: 2}\n")) ==
        "m.yaml:7:7: 'partitions' of stream 's' goes with 'external: true'; others have those of the operator that writes them: set its 'parallelism'");
  CHECK(refusal(after("  a: {external: true}\n")) == "m.yaml:7:3: external stream 'a' has the name of the operator in line 4; rename one");
  CHECK(refusal(after("  " + std::string(101, 's') + ": {external: true}\n")).ends_with("is longer than 100 bytes; shorten it"));
  CHECK(refusal("manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: external}\n") ==
        "m.yaml:4:21: operator 'a' uses 'external', which is no operator but a kind of stream; write 'streams: {NAME: {external: true}}' instead");
}

TEST_CASE("an operator cannot write an external stream", "[topology][external]") {
  const auto p = planned("manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: source}\nstreams:\n  out: {external: true}\n");
  REQUIRE_FALSE(p);
  CHECK(p.why().message ==
        "m1.yaml:6:3: stream 'out' is written by whoever publishes to it, since it is external, and by 'a' (m1.yaml:4:12); a stream has one producer, rename "
        "one");
}

TEST_CASE("drawings tell who feeds an external stream", "[topology][external][draw]") {
  const auto p = planned(declared);
  REQUIRE(p);
  const std::string text = draw_text(*p);
  CHECK(text.find("● clicks  external 1  weir publish  3 partitions") != text.npos);
  CHECK(text.find("└─▶ clicks  a.in (shuffle)  [lz4]\n") != text.npos);
  CHECK(draw_dot(*p).find("label=\"clicks ×3\\nexternal 1\", shape=cds]") != text.npos);
  CHECK(draw_mermaid(*p).find(">\"clicks ×3<br/>external 1\"]") != text.npos);
  const auto drawn = nlohmann::json::parse(draw_json(*p));
  CHECK(drawn["streams"][0]["external"] == true);
  CHECK(drawn["streams"][0]["partitions"] == 3);
}

TEST_CASE("the effective manifest declares external streams as the written one did", "[topology][external]") {
  const auto m = parse(declared);
  REQUIRE(m);
  const std::string text = manifest_text(*m);
  CHECK(text.find("external: true, partitions: 3") != text.npos);
  CHECK(text.find("uses: external") == text.npos);
  const auto again = parse(text);
  REQUIRE(again);
  CHECK(again->operators.size() == 2);
  CHECK(manifest_text(*again) == text);
  const auto alone = parse("manifest: 1\ntopology: t\nstreams: {clicks: {external: true}}\n");
  REQUIRE(alone);
  CHECK(parse(manifest_text(*alone)).ok());
}

}  // namespace weir::topology::test
