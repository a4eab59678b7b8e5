// The examples of docs/operators.md do what stands below them: each ```yaml block is put between a file of its ```input lines and standard output, and run.
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "tests/crash/process.hpp"
#include "tests/crash/workspace.hpp"

using namespace weir::test;

namespace {

struct example {
  std::string section, yaml, input, output;
};

std::vector<example> examples() {
  std::vector<example> all;
  std::string section;
  std::string* block = nullptr;
  for (const std::string& line : lines_of(read_text(WEIR_SOURCE_DIR "/docs/operators.md"))) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (line.starts_with("```")) {
      if (line == "```yaml") all.push_back({section, "", "", ""});
      block = line == "```yaml" ? &all.back().yaml : line == "```input" ? &all.back().input : line == "```output" ? &all.back().output : nullptr;
    } else if (block != nullptr) {
      *block += line + '\n';
    }
  }
  return all;
}

std::string manifest_of(const example& e) {
  std::string text =
      "manifest: 1\ntopology: example\noperators:\n- name: source\n  uses: file-source\n  ostreams: {lines: lines}\n"
      "  with: {path: input.txt, event_time_field: time}\n" +
      e.yaml;
  return text + "- name: show\n  uses: stdout-sink\n  istreams: {records: out}\n  with: {format: key_value}\n";
}

}  // namespace

TEST_CASE("every operator between source and sink has an example in the documentation", "[operators][docs]") {
  std::map<std::string, int> count;
  for (const example& e : examples()) ++count[e.section];
  CHECK(count ==
        std::map<std::string, int>{{"filter", 1}, {"map", 1}, {"json-fields", 1}, {"dedup", 1}, {"count", 1}, {"sum", 1}, {"min", 1}, {"max", 1}, {"mean", 1}});
}

TEST_CASE("the documentation's examples give the output that stands below them", "[operators][docs]") {
  for (const example& e : examples()) {
    INFO(e.section);
    const workspace place;
    write_text(place / "topology.yaml", manifest_of(e));
    write_text(place / "input.txt", e.input);
    const int status = run_program({.command = {WEIR_BINARY, "run", "topology.yaml"},
                                    .environment = {{"WEIR_OPERATORS", WEIR_OPERATORS}},
                                    .folder = place.path(),
                                    .out = place / "stdout",
                                    .err = place / "stderr"});
    INFO(read_text(place / "stderr"));
    CHECK(status == 0);
    CHECK(!e.output.empty());
    CHECK(read_text(place / "stdout") == e.output);
  }
}
