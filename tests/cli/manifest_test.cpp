// Manifests that are wrong: exit status 2 and one line with file, line, column and a remedy; nothing is made on disk. (tests/topology has every refusal.)
#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("a malformed manifest is refused by run and validate with its place", "[cli][manifest]") {
  const workspace place;
  const auto [text, at, said] = GENERATE(table<std::string, std::string, std::string>({
      {"manifest: 1\ntopology: [t\n", "t.yaml:", ""},
      {"manifest: 1\ntoplogy: t\noperators: []\n", "t.yaml:2:1:", "topology"},
      {copying("    wiht: {path: lines.txt}\n"), "t.yaml:7:5:", "with"},
      {copying("    with: {path: lines.txt, rat: 5}\n"), "t.yaml:7:", "rate"},
      {copying("    with: {rate: 5}\n"), "t.yaml:", "path"},
      {copying("    parallelism: many\n    with: {path: lines.txt}\n"), "t.yaml:7:18:", "parallelism"},
      {replaced(copying(), "records: copy-lines", "records: copy-lnes"), "t.yaml:10:", "copy-lines"},
      {replaced(copying(), "uses: file-sink", "uses: file-snk"), "t.yaml:9:11:", "file-sink"},
      {copying("    with: {path: '${NOT_SET}'}\n"), "t.yaml:7:", "NOT_SET"},
      {"", "t.yaml", ""},
      {std::string("manifest: 1\ntopology: \xff\xfe\n"), "t.yaml:2:", "UTF-8"},
  }));
  write_text(place / "t.yaml", text);
  write_text(place / "lines.txt", "one\n");
  const std::string command = GENERATE("run", "validate");
  const outcome o = weir_command(place)({command, "t.yaml"});
  CAPTURE(text, command, o.err);
  CHECK(o.status == 2);
  CHECK(o.out.empty());
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains(at) && Contains(said));
  CHECK(!std::filesystem::exists(place / "weir-data"));
  CHECK(!std::filesystem::exists(place / "copy.txt"));
}

TEST_CASE("a manifest that cannot be read is refused by name", "[cli][manifest]") {
  const workspace place;
  std::filesystem::create_directory(place / "folder.yaml");
  const std::string name = GENERATE("missing.yaml", "folder.yaml");
  const outcome o = weir_command(place)({"run", name});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains(name));
}

TEST_CASE("two manifests run as one graph, and two producers of a stream are refused", "[cli][manifest]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(5));
  write_text(place / "a.yaml", copying());
  const weir_command weir(place);
  write_text(place / "b.yaml",
             "manifest: 1\ntopology: other\noperators:\n  - name: again\n    uses: file-sink\n    istreams: {records: copy-lines}\n"
             "    with: {path: again.txt}\n");
  REQUIRE(weir({"run", "a.yaml", "b.yaml"}).status == 0);
  CHECK(read_text(place / "copy.txt") == numbers(5));
  CHECK(read_text(place / "again.txt") == numbers(5));
  write_text(place / "c.yaml", replaced(copying(), "topology: copy", "topology: third"));
  const outcome o = weir({"validate", "a.yaml", "c.yaml"});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains("c.yaml:") && Contains("copy-lines"));
}
