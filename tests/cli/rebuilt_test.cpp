// Artifacts that are built again while no node runs, or while one does.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

/// The words of lines.txt counted by word_count of code.so, and how it came to that in counts.txt.
std::string counting() {
  return "manifest: 1\ntopology: counting\noperators:\n"
         "  - {name: lines, uses: file-source, ostreams: {lines: text}, with: {path: lines.txt}}\n"
         "  - {name: splitter, artifact: " WEIR_BUILD_DIR
         "/examples/word_count/libword_count.so, class: splitter, istreams: {lines: text}}\n"
         "  - {name: counter, artifact: code.so, class: word_count, istreams: {words: words}}\n"
         "  - {name: table, uses: file-sink, istreams: {records: counts}, with: {path: counts.txt}}\n";
}

/// As linkers do it: a new file takes the place of the old one.
void build(const workspace& place, const std::string& version) {
  std::filesystem::copy_file(WEIR_BUILD_DIR "/examples/word_count/libword_count" + version + ".so", place / "new.so");
  std::filesystem::rename(place / "new.so", place / "code.so");
}

/// A node that has counted, with what is built so, and ended; another topology copies.
void count_with(const workspace& place, const std::string& version) {
  write_text(place / "t.yaml", counting());
  write_text(place / "copy.yaml", copying());
  write_text(place / "lines.txt", "one two two\n");
  build(place, version);
  serving node(place);
  REQUIRE(node({"submit", "copy.yaml"}).status == 0);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  REQUIRE(node.until([&] { return lines_of(read_text(place / "counts.txt")).size() == 3; }));
  REQUIRE(node.end() == 143);
}

}  // namespace

TEST_CASE("a node goes on with the code that it was given, however that was built again meanwhile", "[cli][serve]") {
  const workspace place;
  count_with(place, "");
  build(place, "_v2");
  serving node(place);
  const json counter = node.asked({"status", "counting/counter"});
  CHECK(counter["version"] == "1");
  CHECK(counter["generation"] == 1);
  CHECK(counter["state"] != "failed");
  CHECK(counter["partitions"][0]["state_keys"] == 2);
  const outcome again = node({"submit", "t.yaml"});
  CHECK(again.status == 0);
  CHECK_THAT(again.out, Contains("version 2 of its class instead of 1"));
  const json after = node.asked({"status", "counting/counter"});
  CHECK(after["version"] == "2");
  CHECK(after["generation"] == 2);
  const json past = node.asked({"history", "counting/counter"})["deployments"];
  REQUIRE(past.size() == 2);
  CHECK(past[1]["kind"] == "submit");
  CHECK_FALSE(past[1]["by"].get<std::string>().empty());
}

TEST_CASE("a topology whose code is lost is failed and says why, the others run, and a submit brings it back", "[cli][serve]") {
  const workspace place;
  count_with(place, "_v2");
  std::filesystem::remove_all(place / "data/modules");
  serving node(place);
  const json broken = node.asked({"status", "counting"});
  CHECK(broken["state"] == "failed");
  CHECK_THAT(broken["reason"].get<std::string>(), Contains("libword_count.so (stored as modules/") && Contains("submit or deploy it again"));
  CHECK_THAT(node.err(), Contains("topology 'counting' cannot start"));
  CHECK(node.asked({"status", "copy"})["state"] != "failed");
  CHECK(node({"start", "counting"}).status == 4);
  CHECK(node({"submit", "t.yaml"}).status == 0);
  CHECK(node.asked({"status", "counting/counter"})["state"] != "failed");
}

TEST_CASE("modules that nobody needs are removed when a node starts", "[cli][serve]") {
  const workspace place;
  count_with(place, "");
  const auto modules = [&] { return std::distance(std::filesystem::directory_iterator(place / "data/modules"), {}); };
  const auto needed = modules();
  write_text(place / "data/modules/0123.so.part", "half");
  write_text(place / "data/modules/4567.so", "of nobody");
  serving node(place);
  CHECK(modules() == needed);
  CHECK(node.asked({"status", "counting"})["state"] != "failed");
}
