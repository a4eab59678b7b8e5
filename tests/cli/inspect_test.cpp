// weir logs and weir state get, against a node that counts words.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

const std::string module = WEIR_BUILD_DIR "/examples/word_count/libword_count.so";

std::string counting_words() {
  return "manifest: 1\ntopology: words\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: text}\n    with: {path: lines.txt}\n"
         "  - {name: split, artifact: " +
         module +
         ", class: splitter, istreams: {lines: text}}\n"
         "  - {name: count, artifact: " +
         module +
         ", class: word_count, parallelism: 2, istreams: {words: words}}\n"
         "  - name: table\n    uses: file-sink\n    istreams: {records: counts}\n    with: {path: counts.txt}\n";
}

/// A node that has counted "light" 3 times and "dark" once.
class counting_node : public serving {
 public:
  explicit counting_node(const workspace& place) : serving(prepared(place)) {
    const outcome o = (*this)({"submit", "t.yaml"});
    INFO(o.err);
    REQUIRE(o.status == 0);
    REQUIRE(until([&] { return lines_of(read_text(place / "counts.txt")).size() == 4; }));
  }

 private:
  static const workspace& prepared(const workspace& place) {
    write_text(place / "t.yaml", counting_words());
    write_text(place / "lines.txt", "light dark light\nlight\n");
    return place;
  }
};

}  // namespace

TEST_CASE("state get prints what a key has, or says that it has nothing", "[cli][state]") {
  const workspace place;
  const counting_node node(place);
  const outcome light = node({"state", "get", "words/count", "count", "light"});
  CHECK(light.err.empty());
  CHECK(light.status == 0);
  CHECK(light.out == "3\n");
  CHECK(node({"state", "get", "words/count", "count", "light", "--format", "hex"}).out == "0300000000000000\n");
  CHECK(node({"state", "get", "words/count", "count", "--hex-key", "6461726b"}).out == "1\n");
  const json got = node.asked({"state", "get", "words/count", "count", "dark"});
  CHECK(got["values"][0]["number"]["unsigned"] == 1);
  CHECK(json::parse(node({"state", "get", "words/count", "count", "dark", "--format", "json"}).out) == got);
  for (const char* key : {"status", "./status", "get"}) {  // Keys that are named like commands are keys.
    const outcome none = node({"state", "get", "words/count", "count", key});
    CHECK(none.status == 1);
    CHECK(none.out.empty());
    CHECK_THAT(none.error_line(), Contains("state 'count' of words/count holds nothing for key '" + std::string(key) + "' in partition "));
  }
  const outcome misspelt = node({"state", "get", "words/count", "cuont", "light"});
  CHECK(misspelt.status == 2);
  CHECK_THAT(misspelt.error_line(), Contains("did you mean 'count'?"));
  CHECK(node({"state", "get", "words", "count", "light"}).status == 2);
  CHECK(node({"state", "get", "words/count", "count", "--hex-key", "6x"}).status == 2);
}

TEST_CASE("logs show what happened to an operator, and follow it until they are interrupted", "[cli][logs]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "t.yaml",
             "manifest: 1\ntopology: throwing\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: throwing-lines}\n    with: {path: "
             "lines.txt}\n"
             "  - name: user\n    artifact: " CLI_OPERATORS
             "\n    class: thrower\n    istreams: {lines: throwing-lines}\n    with: {where: process_record, what: exception}\n");
  serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  process following(weir_command(place).options({"logs", "throwing/user", "--follow"}, {{"WEIR_NODE", (place / "data").string()}}));
  CHECK(node.until([&] { return read_text(place / "stdout").find("thrown on purpose") != std::string::npos; }));
  following.signal(SIGINT);
  CHECK(following.wait() == 130);
  const auto lines = lines_of(read_text(place / "stdout"));
  REQUIRE(!lines.empty());
  CHECK_THAT(lines[0], Contains("error") && Contains("weir: process_record") && !Contains("throwing/user"));
  const outcome at_once = node({"logs", "throwing/user", "-o", "json"});
  CHECK(at_once.status == 0);
  const json first = json::parse(lines_of(at_once.out).at(0));
  CHECK(first["level"] == "error");
  CHECK(first["from"] == "weir");
  CHECK(node({"logs", "throwing/lines"}).out.empty());
  CHECK(node({"logs", "throwing"}).status == 2);
  CHECK_THAT(node({"logs", "throwing/uesr"}).error_line(), Contains("did you mean 'user'?"));
}
