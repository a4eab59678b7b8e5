#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "manifests.hpp"

namespace weir::topology::test {
namespace {

plan flights_plan() {
  auto p = plan_of({flights});
  REQUIRE(p);
  return std::move(*p);
}

/// A plan of one operator whose class bears this name.
plan plan_of_class(const std::string& class_name) {
  auto one = metadata("one", {}, {"out"});
  one.class_name = class_name;
  auto p = plan_of({"manifest: 1\ntopology: t\noperators:\n  - {name: a, artifact: one.so, class: one}\n"}, {0}, {{"one", one}});
  REQUIRE(p);
  return std::move(*p);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("the text drawing shows operators, placement, streams and who reads them", "[topology][draw]") {
  CHECK(draw_text(flights_plan()) == R"(flights: 4 operators, 5 streams, 5 partitions on 2 CPUs (0, 1)
● input  file-source 1    standard       1 partition   cpu 0
  └─▶ flights-lines               parse.lines (shuffle)    [as lines]
● parse  flight_parser 1  libflights.so  1 partition   cpu 0     on_error dead_letter
  └─▶ flights-parsed              board.parsed (group_by)  [as parsed]
  └─▶ flights.parse.dead-letters  (nobody reads it)        [retained 7d]
● board  delay_board 1    libflights.so  2 partitions  cpus 0 1  on_error dead_letter
  └─▶ delays                      file.records (shuffle)   [as rows, lz4, retained 24h]
  └─▶ flights.board.dead-letters  (nobody reads it)
● file   file-sink 1      standard       1 partition   cpu 0
)");
}

TEST_CASE("several topologies are told apart, and pins and long placements are shown", "[topology][draw]") {
  auto p = plan_of({"manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: source, parallelism: 20, ostreams: {out: in}}\n",
                    "manifest: 1\ntopology: u\noperators:\n  - {name: a, uses: sink, pin: [1]}\n"});
  REQUIRE(p);
  CHECK(draw_text(*p) == R"(2 topologies: 2 operators, 1 stream, 21 partitions on 2 CPUs (0, 1)
● t/a  source 1  standard  20 partitions  cpus 0 1 0 1 0 1 0 1 …
  └─▶ in  u/a (shuffle)  [as out]
● u/a  sink 1    standard  1 partition    cpu 1 (pinned)
)");
}

TEST_CASE("the Graphviz drawing has a box per operator and an arrow per subscription", "[topology][draw]") {
  std::string dot = draw_dot(flights_plan());
  CHECK(dot.starts_with("digraph weir {\n"));
  CHECK(dot.ends_with("}\n"));
  CHECK(dot.find("  subgraph cluster_0 {\n    label=\"flights\";\n") != std::string::npos);
  CHECK(dot.find("    o2 [label=\"board ×2\\ndelay_board 1\"];\n") != std::string::npos);
  CHECK(dot.find("  o1 -> o2 [label=\"flights-parsed\\ngroup_by\"];\n") != std::string::npos);
  CHECK(dot.find("  o1 -> s2 [style=dashed];\n") != std::string::npos);
}

TEST_CASE("the Mermaid drawing says the same", "[topology][draw]") {
  CHECK(draw_mermaid(flights_plan()) == R"(flowchart LR
  subgraph t0["flights"]
    o0["input<br/>file-source 1"]
    o1["parse<br/>flight_parser 1"]
    o2["board ×2<br/>delay_board 1"]
    o3["file<br/>file-sink 1"]
  end
  o0 -->|"flights-lines<br/>shuffle"| o1
  o1 -->|"flights-parsed<br/>group_by"| o2
  s2(["flights.parse.dead-letters"])
  o1 -.-> s2
  o2 -->|"delays<br/>shuffle"| o3
  s4(["flights.board.dead-letters"])
  o2 -.-> s4
)");
}

TEST_CASE("graphs box each topology's operators, and arrows cross the boxes", "[topology][draw]") {
  auto p = plan_of({"manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: source, ostreams: {out: in}}\n",
                    "manifest: 1\ntopology: u\noperators:\n  - {name: a, uses: sink}\n"});
  REQUIRE(p);
  CHECK(draw_mermaid(*p) == R"(flowchart LR
  subgraph t0["t"]
    o0["a<br/>source 1"]
  end
  subgraph t1["u"]
    o1["a<br/>sink 1"]
  end
  o0 -->|"in<br/>shuffle"| o1
)");
  CHECK(draw_dot(*p) == R"(digraph weir {
  rankdir=LR;
  node [shape=box, fontname="sans-serif"];
  edge [fontname="sans-serif", fontsize=10];
  subgraph cluster_0 {
    label="t";
    o0 [label="a\nsource 1"];
  }
  subgraph cluster_1 {
    label="u";
    o1 [label="a\nsink 1"];
  }
  o0 -> o1 [label="in\nshuffle"];
}
)");
}

TEST_CASE("the JSON drawing can be read back", "[topology][draw]") {
  auto drawn = nlohmann::json::parse(draw_json(flights_plan()));
  CHECK(drawn["cores"] == nlohmann::json({0, 1}));
  REQUIRE(drawn["operators"].size() == 4);
  const auto& board = drawn["operators"][2];
  CHECK(board["topology"] == "flights");
  CHECK(board["name"] == "board");
  CHECK(board["artifact"] == "build/libflights.so");
  CHECK(board["class"] == "delay_board");
  CHECK(board["parallelism"] == 2);
  CHECK(board["cpus"] == nlohmann::json({0, 1}));
  CHECK(board["pinned"] == false);
  CHECK(board["on_error"] == "dead_letter");
  CHECK(board["dead_letters"] == "flights.board.dead-letters");
  CHECK(board["istreams"][0] == nlohmann::json({{"name", "parsed"}, {"stream", "flights-parsed"}, {"grouping", "group_by"}}));
  CHECK(board["ostreams"][0] == nlohmann::json({{"name", "rows"}, {"stream", "delays"}}));
  CHECK(drawn["operators"][3]["uses"] == "file-sink");
  CHECK(drawn["operators"][3]["delivery"] == "durable");
  REQUIRE(drawn["streams"].size() == 5);
  const auto& delays = drawn["streams"][3];
  CHECK(delays["name"] == "delays");
  CHECK(delays["producer"] == nlohmann::json({{"topology", "flights"}, {"operator", "board"}}));
  CHECK(delays["partitions"] == 2);
  CHECK(delays["compress"] == "lz4");
  CHECK(delays["retain_ns"] == 86400000000000);
  CHECK(delays["subscribers"][0]["operator"] == "file");
}

TEST_CASE("no drawing shows config values", "[topology][draw]") {
  auto p = plan_of({with_lines("    with: {password: hunter2}\n")});
  REQUIRE(p);
  for (const auto& drawing : {draw_text(*p), draw_dot(*p), draw_mermaid(*p), draw_json(*p)}) CHECK(drawing.find("hunter2") == std::string::npos);
}

TEST_CASE("what a class calls itself cannot break a drawing", "[topology][draw]") {
  plan p = plan_of_class("join<\"a\", b\\>\n\xff");
  CHECK(draw_text(p).find("● a  join<\"a\", b\\>?? 1  one.so") != std::string::npos);
  CHECK(draw_dot(p).find("join<\\\"a\\\", b\\\\>?? 1") != std::string::npos);
  CHECK(draw_mermaid(p).find("join#60;#34;a#34;, b#92;#62;?? 1") != std::string::npos);
  CHECK(nlohmann::json::parse(draw_json(p))["operators"][0]["class"] == "join<\"a\", b\\>??");
}

TEST_CASE("columns stay aligned beside characters of several bytes", "[topology][draw]") {
  auto classes = known_classes();
  classes["source"].class_name = "caf\xc3\xa9";
  auto p = plan_of({"manifest: 1\ntopology: t\noperators:\n  - {name: a, artifact: one.so, class: source}\n  - {name: b, uses: sink, istreams: {in: out}}\n"},
                   {0}, classes);
  REQUIRE(p);
  auto lines = lines_of(draw_text(*p));
  REQUIRE(lines.size() == 4);
  CHECK(lines[1] == "● a  caf\xc3\xa9 1  one.so    1 partition  cpu 0");
  CHECK(lines[3] == "● b  sink 1  standard  1 partition  cpu 0");
}

TEST_CASE("standard operators are called as in `uses`, whatever their class is", "[topology][draw]") {
  auto classes = known_classes();
  classes["source"].class_name = "ns::source_class";
  auto p = plan_of({with_lines("")}, {0}, classes);
  REQUIRE(p);
  CHECK(draw_text(*p).find("● a  source 1  standard") != std::string::npos);
  CHECK(draw_dot(*p).find("source_class") == std::string::npos);
  CHECK(nlohmann::json::parse(draw_json(*p))["operators"][0]["class"] == "ns::source_class");
}

}  // namespace weir::topology::test
