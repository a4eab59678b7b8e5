// Streams that are not persisted: which operators become a chain, how its outputs are numbered, and every refusal, word for word and with its place.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "manifests.hpp"

namespace weir::topology::test {
namespace {

std::map<std::string, operator_metadata> classes() {
  auto all = known_classes();
  all["eager-sink"] = metadata("eager-sink", {{"in", WEIR_GROUPING_LOCAL}}, {});
  all["fork"] = metadata("fork", {{"in", WEIR_GROUPING_SHUFFLE}}, {"left", "right", "rest"});
  all["waiting"] = metadata("waiting", {{"in", WEIR_GROUPING_SHUFFLE}}, {"out"});
  all["waiting"].blocking = true;
  return all;
}

std::string text_of(const std::vector<std::string>& operators, const std::string& streams, const std::string& topology = "t") {
  std::string text = "manifest: 1\ntopology: " + topology + "\nstreams:\n  " + streams + "\noperators:\n";
  for (const auto& one : operators) text += "  - {" + one + "}\n";
  return text;
}

/// The refusal of these operators with stream `s` inlined, without its beginning.
std::string refusal_of(const std::vector<std::string>& operators, const std::string& settings = "{persist: false}") {
  const auto p = plan_of({text_of(operators, "s: " + settings)}, {0, 1}, classes());
  if (p) return "accepted";
  const std::string begin = "m1.yaml:4:" + std::to_string(6 + settings.find("false")) + ": stream 's' cannot be inlined: ";
  const std::string& message = p.why().message;
  return message.starts_with(begin) ? message.substr(begin.size()) : message;
}

const std::string source = "name: a, uses: source, ostreams: {out: s}";

}  // namespace

TEST_CASE("operators between inlined streams are one chain, whose outputs are numbered however the manifest is arranged", "[topology][chain]") {
  const std::string fork = "name: f, uses: fork, istreams: {in: s}, ostreams: {left: l, right: r}";
  const std::string left = "name: l, uses: pass, istreams: {in: l}, ostreams: {out: lo}, on_error: dead_letter";
  const std::string right = "name: r, uses: pass, istreams: {in: r}, ostreams: {out: ro}";
  const std::string tail = "name: x, uses: eager-sink, istreams: {in: ro}";
  const std::string inlined = "{s: {persist: false}, l: {persist: false}, r: {persist: false}, ro: {persist: false}}";
  for (const auto& order : {std::vector{source, fork, left, right, tail}, std::vector{tail, right, left, fork, source}}) {
    std::string text = text_of(order, "");
    text.replace(text.find("streams:"), 8, "streams: " + inlined);
    const auto p = plan_of({text}, {0, 1}, classes());
    if (!p) FAIL(p.why().message);
    std::vector<std::string> names;
    for (const std::size_t op : p->operators[0].chain) names.push_back(p->operators[op].entry.name);
    CHECK(names == std::vector<std::string>{"a", "f", "l", "r", "x"});
    std::map<std::string, std::uint32_t> outputs;
    for (const auto& stream : p->streams)
      if (!stream.inlined) outputs[stream.name] = stream.output;
    // After what has a log there is a place for the dead letters of each operator: those of `l` are the third.
    CHECK(outputs == std::map<std::string, std::uint32_t>{{"rest", 0}, {"lo", 1}, {"t.l.dead-letters", 4}});
    for (const auto& op : p->operators) CHECK(op.head == 0);
  }
}

TEST_CASE("an inlined stream has one reader, of its topology, that reads nothing else", "[topology][chain][refusal]") {
  CHECK(refusal_of({source, "name: b, uses: eager-sink, istreams: {in: s}"}) == "accepted");
  CHECK(refusal_of({source}) == "nobody reads it; subscribe an operator of this topology, or remove 'persist: false'");
  CHECK(refusal_of({source, "name: b, uses: sink, istreams: {in: s}", "name: c, uses: sink, istreams: {in: s}"}) ==
        "it has 2 subscribers, but only one can be inlined; remove 'persist: false'");
  CHECK(refusal_of({source, "name: o, uses: source, ostreams: {out: q}", "name: b, uses: join, istreams: {left: s, right: q}"}) ==
        "'b' has 2 istreams, and an inlined operator reads nothing else; remove 'persist: false'");
  CHECK(refusal_of({source, "name: b, uses: sink, istreams: {in: {stream: s, from: latest}}"}) ==
        "'b' reads it from the latest on, which needs a log; remove 'from' or 'persist: false'");
  const auto p = plan_of({text_of({source}, "s: {persist: false}"), "manifest: 1\ntopology: u\noperators:\n  - {name: b, uses: sink, istreams: {in: s}}\n"});
  REQUIRE(!p);
  CHECK(p.why().message == "m1.yaml:4:16: stream 's' cannot be inlined: 'u/b' reads it from another topology, which needs a log; remove 'persist: false'");
}

TEST_CASE("an inlined operator shares the partition and the thread of the one before it", "[topology][chain][refusal]") {
  CHECK(refusal_of({source, "name: b, uses: pass, parallelism: 2, istreams: {in: s}"}) ==
        "'b' has parallelism 2, but 'a' has 1; make them equal or remove 'persist: false'");
  const std::string wide = source + ", parallelism: 2";
  CHECK(refusal_of({wide, "name: b, uses: pass, parallelism: 2, istreams: {in: s}"}) == "accepted");
  CHECK(refusal_of({wide, "name: b, uses: pair, parallelism: 2, istreams: {in: s}"}) == "accepted");
  CHECK(refusal_of({source, "name: b, uses: word_count, istreams: {words: s}"}) == "accepted");
  CHECK(refusal_of({wide, "name: b, uses: word_count, parallelism: 2, istreams: {words: s}"}) ==
        "istream 'words' of 'b' has grouping group_by, which needs a log between several partitions; declare it local in its class, or remove "
        "'persist: false'");
  CHECK(refusal_of({source, "name: b, uses: waiting, istreams: {in: s}"}) ==
        "'b' is blocking and 'a' is not, so they cannot share a step; remove 'persist: false'");
  CHECK(refusal_of({source, "name: b, uses: pass, pin: [1], istreams: {in: s}, ostreams: {out: o}"}) ==
        "'b' is pinned, but runs where its chain does; pin the chain's first operator instead");
  const auto p = plan_of({text_of({source + ", pin: [1]", "name: b, uses: pass, istreams: {in: s}, ostreams: {out: o}"}, "s: {persist: false}")});
  REQUIRE(p);
  CHECK(p->operators[1].cpus == std::vector<int>{1});
}

TEST_CASE("what outside effects, retention, compression and dead letters need is a log", "[topology][chain][refusal]") {
  CHECK(refusal_of({source, "name: b, uses: file-sink, istreams: {records: s}, with: {path: p}"}) ==
        "'b' has outside effects (its class declares delivery durable) and is given durable records only; remove 'persist: false'");
  const std::string reader = "name: b, uses: sink, istreams: {in: s}";
  CHECK(refusal_of({source, reader}, "{persist: false, retain: 1h}") == "it has no log that could be retained; remove 'retain' or 'persist: false'");
  CHECK(refusal_of({source, reader}, "{persist: false, compress: lz4}") == "it has no log that could be compressed; remove 'compress' or 'persist: false'");
  CHECK(refusal_of({source, reader}, "{persist: true, retain: 1h}") == "accepted");
  CHECK(refusal_of({source, reader}, "{persist: nothing}") == "m1.yaml:4:16: 'persist' of stream 's' is 'nothing'; expected false, true");
}

TEST_CASE("the drawings show chains", "[topology][chain][draw]") {
  const auto p = plan_of({text_of({source, "name: b, uses: pass, istreams: {in: s}, ostreams: {out: o}"}, "s: {persist: false}")});
  REQUIRE(p);
  CHECK(draw_text(*p) == R"(t: 2 operators, 2 streams, 2 partitions on 1 CPU (0)
● a  source 1  standard  1 partition  cpu 0
  └─▶ s  b.in (shuffle)     [as out, inlined]
● b  pass 1    standard  1 partition  cpu 0  in the chain of a
  └─▶ o  (nobody reads it)  [as out]
)");
  CHECK(draw_dot(*p).find("label=\"s\\ninlined\", style=bold") != std::string::npos);
  CHECK(draw_mermaid(*p).find("o0 ==>|\"s<br/>inlined\"| o1") != std::string::npos);
  const auto json = nlohmann::json::parse(draw_json(*p));
  CHECK(json["streams"][0]["persist"] == false);
  CHECK(json["streams"][1]["persist"] == true);
  CHECK(json["operators"][1]["chain"] == nlohmann::json{{"topology", "t"}, {"operator", "a"}});
  CHECK(!json["operators"][0].contains("chain"));
}

}  // namespace weir::topology::test
