#include "topology/plan.hpp"

#include <catch2/catch.hpp>

#include "manifests.hpp"

namespace weir::topology::test {
namespace {

std::vector<std::string> operator_names(const plan& p) {
  std::vector<std::string> names;
  for (const auto& op : p.operators) names.push_back(op.entry.name);
  return names;
}

const planned_stream& stream_named(const plan& p, const std::string& name) {
  for (const auto& s : p.streams) {
    if (s.name == name) return s;
  }
  FAIL("no stream " << name);
  return p.streams[0];
}

/// Indexes agree in both directions.
void check_consistency(const plan& p) {
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    const auto& o = p.operators[op];
    REQUIRE(o.inputs.size() == o.metadata.istreams.size());
    REQUIRE(o.outputs.size() == o.metadata.ostreams.size() + (o.entry.on_error == error_policy::dead_letter ? 1 : 0));
    REQUIRE(o.cpus.size() == o.entry.parallelism);
    for (std::size_t i = 0; i < o.outputs.size(); ++i) {
      CHECK(p.streams[o.outputs[i]].producer == op);
      CHECK(p.streams[o.outputs[i]].ostream == i);
    }
    for (std::size_t i = 0; i < o.inputs.size(); ++i) {
      CHECK(p.streams[o.inputs[i]].producer < op);
      bool found = false;
      for (const auto& s : p.streams[o.inputs[i]].subscribers) found = found || (s.op == op && s.istream == i);
      CHECK(found);
    }
  }
}

}  // namespace

TEST_CASE("word_count becomes a plan", "[topology][plan]") {
  auto p = plan_of({word_count});
  REQUIRE(p);
  check_consistency(*p);
  CHECK(operator_names(*p) == std::vector<std::string>{"text", "split", "count", "file"});
  CHECK(p->operators[0].topology == "word_count");
  const auto& words = stream_named(*p, "words");
  CHECK(p->operators[words.producer].entry.name == "split");
  REQUIRE(words.subscribers.size() == 1);
  CHECK(p->operators[words.subscribers[0].op].entry.name == "count");
  CHECK(p->operators[2].cpus == std::vector<int>{0, 1});
  CHECK(p->cores == std::vector<int>{0, 1});
}

TEST_CASE("flights becomes a plan with dead letters and settings", "[topology][plan]") {
  auto p = plan_of({flights});
  REQUIRE(p);
  check_consistency(*p);
  const auto& delays = stream_named(*p, "delays");
  CHECK(delays.lz4);
  CHECK(delays.retain_ns == 86400000000000);
  const auto& dead = stream_named(*p, "flights.parse.dead-letters");
  CHECK(p->operators[dead.producer].entry.name == "parse");
  CHECK(dead.ostream == 1);
  CHECK(dead.retain_ns == 7 * 86400000000000);
  CHECK(dead.subscribers.empty());
  CHECK_FALSE(stream_named(*p, "flights-parsed").lz4);
}

TEST_CASE("operators written in any order are sorted, producers first", "[topology][plan]") {
  auto p = plan_of({R"(manifest: 1
topology: t
operators:
  - {name: last, uses: sink, istreams: {in: c}}
  - {name: third, uses: join, istreams: {left: a, right: b}, ostreams: {joined: c}}
  - {name: second, uses: pass, istreams: {in: a}, ostreams: {out: b}}
  - {name: first, uses: source, ostreams: {out: a}}
  - {name: other, uses: source, ostreams: {out: d}}
)"});
  REQUIRE(p);
  check_consistency(*p);
  CHECK(operator_names(*p) == std::vector<std::string>{"first", "second", "third", "last", "other"});
  const auto& a = stream_named(*p, "a");
  REQUIRE(a.subscribers.size() == 2);
  CHECK(a.subscribers[0].op == 1);
  CHECK(a.subscribers[1].op == 2);
}

TEST_CASE("streams are global: operators of several manifests read each other's", "[topology][plan]") {
  std::string writer = "manifest: 1\ntopology: w\noperators:\n  - {name: a, uses: source, ostreams: {out: shared}}\n";
  std::string reader = "manifest: 1\ntopology: r\noperators:\n  - {name: a, uses: sink, istreams: {in: shared}}\n";
  auto p = plan_of({reader, writer});
  REQUIRE(p);
  check_consistency(*p);
  CHECK(p->operators[0].topology == "w");
  CHECK(p->operators[1].topology == "r");
}

TEST_CASE("what a manifest does not bind bears the name that the class declares", "[topology][plan]") {
  auto p = plan_of({R"(manifest: 1
topology: t
operators:
  - {name: a, uses: source, ostreams: {out: left}}
  - {name: b, uses: source, ostreams: {out: right}}
  - {name: c, uses: join, istreams: {right: left}, ostreams: [joined]}
)"});
  REQUIRE(p);
  check_consistency(*p);
  const auto& joined = p->operators[2];
  CHECK(p->streams[joined.inputs[0]].name == "left");
  CHECK(p->streams[joined.inputs[1]].name == "left");
  CHECK(stream_named(*p, "left").subscribers.size() == 2);
}

TEST_CASE("dead letters can be subscribed to", "[topology][plan]") {
  auto p = plan_of({R"(manifest: 1
topology: t
operators:
  - {name: a, uses: source, on_error: dead_letter}
  - {name: b, uses: sink, istreams: {in: t.a.dead-letters}}
)"});
  REQUIRE(p);
  check_consistency(*p);
  const auto& dead = stream_named(*p, "t.a.dead-letters");
  CHECK(dead.ostream == 1);
  REQUIRE(dead.subscribers.size() == 1);
  CHECK(p->operators[dead.subscribers[0].op].entry.name == "b");
}

TEST_CASE("partitions go round the cores unless they are pinned", "[topology][plan]") {
  auto p = plan_of({R"(manifest: 1
topology: t
operators:
  - {name: a, uses: source, parallelism: 5}
  - {name: b, uses: sink, istreams: {in: out}, parallelism: 3, pin: [6, 2]}
)"},
                   {2, 4, 6});
  REQUIRE(p);
  CHECK(p->operators[0].cpus == std::vector<int>{2, 4, 6, 2, 4});
  CHECK(p->operators[1].cpus == std::vector<int>{6, 2, 6});
  CHECK(p->cores == std::vector<int>{2, 4, 6});
  auto few = plan_of({"manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: source, parallelism: 2, pin: [4]}\n"}, {2, 4, 6});
  REQUIRE(few);
  CHECK(few->cores == std::vector<int>{4});
}

TEST_CASE("local grouping joins equal partitions", "[topology][plan]") {
  CHECK(plan_refusal({"manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: source, parallelism: 2, ostreams: {out: in}}\n"
                      "  - {name: b, uses: pair, parallelism: 2}\n"}) == "accepted");
}

TEST_CASE("config of every type passes, and a class that declares none takes any", "[topology][plan]") {
  CHECK(plan_refusal({"manifest: 1\ntopology: t\noperators:\n"
                      "  - {name: a, uses: file-source, with: {path: [a, b], max_delay: 5s, rate: -1.25e3, buffer: 4KiB, follow: true}}\n"}) == "accepted");
  CHECK(plan_refusal({with_lines("    with: {anything: goes}\n")}) == "accepted");
}

}  // namespace weir::topology::test
