// Every refusal of a graph, word for word and with its place.
#include <catch2/catch.hpp>

#include "manifests.hpp"

namespace weir::topology::test {
namespace {

/// A manifest of topology `t` with these operators, one a line in braces, the first in line 4.
std::string operators(const std::vector<std::string>& entries, const std::string& topology = "t") {
  std::string text = "manifest: 1\ntopology: " + topology + "\noperators:\n";
  for (const auto& entry : entries) text += "  - {" + entry + "}\n";
  return text;
}

}  // namespace

TEST_CASE("streams that nobody writes are refused with the nearest one", "[topology][plan][refusal]") {
  CHECK(plan_refusal({operators({"name: a, uses: source, ostreams: {out: words}", "name: b, uses: sink, istreams: {in: wrods}"})}) ==
        "m1.yaml:5:42: operator 'b' reads stream 'wrods', which nobody writes; did you mean 'words'?");
  CHECK(plan_refusal({operators({"name: a, uses: source, ostreams: {out: words}", "name: b, uses: sink"})}) ==
        "m1.yaml:5:12: operator 'b' reads stream 'in', which nobody writes; bind its istream 'in' to a stream that an operator writes, or make it external");
  CHECK(plan_refusal({operators({"name: a, uses: source"}), operators({"name: b, uses: sink, istreams: {in: t.a.dead-letters}"}, "u")}) ==
        "m2.yaml:4:42: operator 'u/b' reads stream 't.a.dead-letters', which nobody writes; bind its istream 'in' to a stream that an operator writes, or make "
        "it external");
}

TEST_CASE("a stream has one producer", "[topology][plan][refusal]") {
  CHECK(plan_refusal({operators({"name: a, uses: source", "name: b, uses: source"})}) ==
        "m1.yaml:5:12: stream 'out' is written by 'b' and by 'a' (m1.yaml:4:12); a stream has one producer, rename one");
  CHECK(plan_refusal({operators({"name: a, uses: source"}), operators({"name: a, uses: pass, ostreams: {out: out}"}, "u")}) ==
        "m2.yaml:4:43: stream 'out' is written by 'u/a' and by 't/a' (m1.yaml:4:12); a stream has one producer, rename one");
  CHECK(plan_refusal({operators({"name: a, uses: source, on_error: dead_letter, ostreams: {out: t.a.dead-letters}"})}) ==
        "m1.yaml:4:12: stream 't.a.dead-letters' is written by 'a' and by 'a' (m1.yaml:4:68); a stream has one producer, rename one");
}

TEST_CASE("cycles are refused and printed", "[topology][plan][refusal]") {
  CHECK(
      plan_refusal({operators({"name: a, uses: pass, istreams: {in: y}, ostreams: {out: x}", "name: b, uses: pass, istreams: {in: x}, ostreams: {out: y}"})}) ==
      "m1.yaml:4:42: cycle: a -> b -> a; streams must not lead back, cut one of these bindings");
  CHECK(plan_refusal({operators({"name: a, uses: pass, istreams: {in: out}"})}) ==
        "m1.yaml:4:42: cycle: a -> a; streams must not lead back, cut one of these bindings");
  // Beside the cycle a source before it, and a sink after it that is named first.
  CHECK(
      plan_refusal({operators({"name: z, uses: sink, istreams: {in: x}", "name: s, uses: source, ostreams: {out: s}",
                               "name: a, uses: join, istreams: {left: s, right: y}, ostreams: {joined: x}",
                               "name: b, uses: pass, istreams: {in: x}, ostreams: {out: w}", "name: c, uses: pass, istreams: {in: w}, ostreams: {out: y}"})}) ==
      "m1.yaml:6:54: cycle: a -> b -> c -> a; streams must not lead back, cut one of these bindings");
  CHECK(plan_refusal({operators({"name: a, uses: pass, istreams: {in: y}, ostreams: {out: x}"}),
                      operators({"name: a, uses: pass, istreams: {in: x}, ostreams: {out: y}"}, "u")}) ==
        "m1.yaml:4:42: cycle: t/a -> u/a -> t/a; streams must not lead back, cut one of these bindings");
}

TEST_CASE("dead letters that lead back are a cycle too", "[topology][plan][refusal]") {
  CHECK(plan_refusal({operators({"name: a, uses: pass, istreams: {in: t.a.dead-letters}, on_error: dead_letter"})}) ==
        "m1.yaml:4:42: cycle: a -> a; streams must not lead back, cut one of these bindings");
}

TEST_CASE("bindings that the class does not declare are refused", "[topology][plan][refusal]") {
  std::string source = "name: s, uses: source, ostreams: {out: words}";
  CHECK(plan_refusal({operators({source, "name: c, uses: splitter, istreams: {line: words}"})}) ==
        "m1.yaml:5:42: class 'splitter' of operator 'c' declares no istream 'line'; did you mean 'lines'?");
  CHECK(plan_refusal({operators({source, "name: c, uses: splitter, istreams: {lines: words}, ostreams: {rows: r}"})}) ==
        "m1.yaml:5:68: class 'splitter' of operator 'c' declares no ostream 'rows'; it declares words");
  CHECK(plan_refusal({operators({"name: s, uses: source, istreams: [words]"})}) ==
        "m1.yaml:4:40: class 'source' of operator 's' declares no istream 'words'; it declares none");
}

TEST_CASE("classes that declare nothing, or nonsense, are refused", "[topology][plan][refusal]") {
  auto classes = known_classes();
  std::string text = operators({"name: a, uses: source"});
  auto with_class = [&](operator_metadata m) {
    classes["source"] = std::move(m);
    return plan_refusal({text}, {0}, classes);
  };
  CHECK(with_class(metadata("source", {}, {})) ==
        "m1.yaml:4:21: operator 'a' does nothing: class 'source' declares no istreams and no ostreams; declare them in its metadata");
  CHECK(with_class(metadata("source", {}, {"out", "out"})) == "m1.yaml:4:21: class 'source' declares the ostream 'out' twice; rename one in its metadata");
  CHECK(with_class(metadata("source", {{"in", 0}, {"in", 1}}, {})) ==
        "m1.yaml:4:21: class 'source' declares the istream 'in' twice; rename one in its metadata");
  CHECK(with_class(metadata("source", {}, {"o ut"})) ==
        "m1.yaml:4:21: class 'source' declares the ostream 'o ut': only letters, digits, '-', '_' and '.' are allowed; rename it in its metadata");
  CHECK(with_class(metadata("source", {{"in", 4}}, {})) ==
        "m1.yaml:4:21: class 'source' declares a grouping of istream 'in' that this weir does not know (4); build it with this version's SDK");
  CHECK(with_class(metadata("source", std::vector<istream>(1025, istream{"i", 0}), {})) ==
        "m1.yaml:4:21: class 'source' declares more than 1024 istreams; split it");
}

TEST_CASE("what the module loader refuses gets a place and keeps its status", "[topology][plan][refusal]") {
  auto m = parse(operators({"name: a, artifact: none.so"}));
  REQUIRE(m);
  std::vector<int> cores{0};
  auto refused = [](const operator_entry& e) -> result<operator_metadata> { return error{error_code::refused, e.artifact + ": made for ABI 9; rebuild it"}; };
  auto p = make_plan(std::span(&*m, 1), refused, cores);
  REQUIRE_FALSE(p);
  CHECK(p.why().message == "m.yaml:4:25: none.so: made for ABI 9; rebuild it");
  CHECK(p.why().code == error_code::refused);
}

TEST_CASE("topologies of one node have different names", "[topology][plan][refusal]") {
  CHECK(plan_refusal({operators({"name: a, uses: source"}), operators({"name: b, uses: sink, istreams: {in: out}"})}) ==
        "m2.yaml:2:11: topology 't' is written twice, first at m1.yaml:2:11; rename one");
}

TEST_CASE("config is checked against what the class declares", "[topology][plan][refusal]") {
  auto source_with = [](const std::string& with) { return plan_refusal({operators({"name: a, uses: file-source, with: {" + with + "}"})}); };
  CHECK(source_with("path: x, max_dely: 1s") == "m1.yaml:4:50: class 'file-source' of operator 'a' has no config key 'max_dely'; did you mean 'max_delay'?");
  CHECK(source_with("path: x, colour: red") ==
        "m1.yaml:4:50: class 'file-source' of operator 'a' has no config key 'colour'; it has path, max_delay, rate, buffer, follow");
  CHECK(source_with("rate: 1") == "m1.yaml:4:12: operator 'a' lacks the config key 'path' (files or globs to read); add it under 'with'");
  CHECK(source_with("path: x, rate: fast") == "m1.yaml:4:56: config key 'rate' of operator 'a' is 'fast'; expected a decimal number");
  CHECK(source_with("path: x, rate: [1]") == "m1.yaml:4:56: config key 'rate' of operator 'a' is a list; expected one value, not a list");
  CHECK(source_with("path: x, follow: yes") == "m1.yaml:4:58: config key 'follow' of operator 'a' is 'yes'; expected true or false");
  CHECK(source_with("path: x, max_delay: 5") ==
        "m1.yaml:4:61: config key 'max_delay' of operator 'a' is '5'; expected a whole number with ns, us, ms, s, min, h or d, such as 90s");
  CHECK(source_with("path: x, buffer: 1M") ==
        "m1.yaml:4:58: config key 'buffer' of operator 'a' is '1M'; expected a whole number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 64MiB");
  CHECK(plan_refusal({operators({"name: a, uses: source", "name: b, uses: file-sink, istreams: {records: out}, with: {path: \"\"}"})}) ==
        "m1.yaml:5:71: config key 'path' of operator 'b' is ''; expected a path");
  for (const char* number : {"", ".", "-", "0x1", "1,5", "+1", "1 ", "nan", "inf", "1e999", "1.2.3"}) {
    CAPTURE(number);
    CHECK(source_with(std::string("path: x, rate: \"") + number + "\"").ends_with("; expected a decimal number"));
  }
}

TEST_CASE("settings are of streams that the topology writes", "[topology][plan][refusal]") {
  std::string writer = operators({"name: a, uses: source, ostreams: {out: delays}"});
  CHECK(plan_refusal({writer + "streams:\n  delay: {retain: 1h}\n"}) ==
        "m1.yaml:6:3: settings for stream 'delay', which nobody writes; did you mean 'delays'?");
  CHECK(plan_refusal({writer + "streams:\n  other: {compress: lz4}\n"}) == "m1.yaml:6:3: settings for stream 'other', which nobody writes; remove them");
  CHECK(plan_refusal({writer + "streams:\n  t.a.dead-letters: {retain: 1h}\n"}) ==
        "m1.yaml:6:3: settings for stream 't.a.dead-letters', which nobody writes; remove them");
  CHECK(plan_refusal({writer, operators({"name: b, uses: sink, istreams: {in: delays}"}, "u") + "streams:\n  delays: {retain: 1h}\n"}) ==
        "m2.yaml:6:3: stream 'delays' belongs to topology 't'; move its settings there");
}

TEST_CASE("local grouping needs equal parallelism", "[topology][plan][refusal]") {
  CHECK(plan_refusal({operators({"name: a, uses: source, ostreams: {out: in}, parallelism: 2", "name: b, uses: pair, parallelism: 3"})}) ==
        "m1.yaml:5:12: operator 'b' has parallelism 3, but its istream 'in' is local to 'a' with parallelism 2; make them equal");
}

TEST_CASE("placement stays on the node's cores and within its limits", "[topology][plan][refusal]") {
  CHECK(plan_refusal({operators({"name: a, uses: source, pin: [0, 7]"})}, {0, 2}) ==
        "m1.yaml:4:38: CPU 7 is not one of the node's cores; expected one of 0, 2");
  CHECK(plan_refusal({operators({"name: a, uses: source"})}, {}) == "the node has no cores to run on; name at least one CPU");
  std::vector<std::string> many;
  for (int i = 0; i < 17; ++i) many.push_back("name: a" + std::to_string(i) + ", uses: source, parallelism: 4096, ostreams: {out: s" + std::to_string(i) + "}");
  CHECK(plan_refusal({operators(many)}) == "m1.yaml:20:12: more than 65536 partitions on one node; lower the parallelism");
  many.pop_back();
  CHECK(plan_refusal({operators(many)}) == "accepted");
  many.clear();
  for (int i = 0; i < 4097; ++i) many.push_back("name: a" + std::to_string(i) + ", uses: source, ostreams: {out: s" + std::to_string(i) + "}");
  CHECK(plan_refusal({operators(many)}) == "m1.yaml:4100:12: more than 4096 operators on one node; use several nodes");
}

}  // namespace weir::topology::test
