// weir dead-letters: listed, shown and dropped, for good.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

constexpr int lines = 1000;
constexpr int letters = lines / 100;  // holding_sink takes no number that ends with 50.
const char* const sink = "letters/table";

std::string topology() {
  return "manifest: 1\ntopology: letters\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: letters-lines}\n"
         "    with: {path: lines.txt}\n  - name: table\n    artifact: " CLI_OPERATORS
         "\n    class: holding_sink\n    istreams: {records: letters-lines}\n    with: {path: copy.txt}\n    on_error: dead_letter\n";
}

json listed(const serving& node) { return node.asked({"dead-letters", "ls", sink}); }

/// The sink writes its file within a step: its letters can be seen once that is durable.
bool all_listed(const serving& node) {
  for (int asked = 0; asked < 1000; ++asked)
    if (listed(node)["count"] == letters) return true;
  return false;
}

}  // namespace

TEST_CASE("dead letters are listed, shown, and dropped for good", "[cli][dead_letters]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(lines));
  write_text(place / "t.yaml", topology());
  {
    serving node(place);
    REQUIRE(node({"submit", "t.yaml"}).status == 0);
    REQUIRE(node.until([&] { return lines_of(read_text(place / "copy.txt")).size() == lines - letters; }));
    REQUIRE(all_listed(node));
    const json all = listed(node)["dead_letters"];
    REQUIRE(all.size() == letters);
    CHECK(all[0]["value"] == "50");
    CHECK(all[0]["error"] == "no number that ends with 50");
    const outcome table = node({"dead-letters", "ls", sink, "-n", "2"});
    CHECK(table.status == 0);
    CHECK(lines_of(table.out).size() == 4);
    CHECK_THAT(table.out, Contains("no number that ends with 50") && Contains("10 dead letters, the first 2 shown"));

    const std::string position = all[3]["position"];
    const outcome shown = node({"dead-letters", "show", sink, position});
    CHECK(shown.status == 0);
    CHECK_THAT(shown.out, Contains(position) && Contains("value       350") && Contains("process_record"));
    CHECK(node({"tail", "letters-lines", "--from", all[3]["record"], "-n", "1"}).out == "350\n");

    CHECK(node({"dead-letters", "drop", sink, position}).status == 2);  // Without --yes.
    CHECK(listed(node)["count"] == letters);
    CHECK_THAT(node({"dead-letters", "drop", sink, position, "--yes"}).out, Contains("1 dead letters of letters/table dropped"));
    CHECK(node({"dead-letters", "show", sink, position}).status == 2);
    CHECK(node({"dead-letters", "drop", sink, position, "--yes"}).status == 2);
    CHECK(node.end() == 143);
  }
  serving next(place);
  CHECK(listed(next)["count"] == letters - 1);
  // All fail again, each into one new letter; and the table, which had ended, is as it was.
  const json before = listed(next)["dead_letters"];
  CHECK(next({"dead-letters", "replay", sink}).out == "9 dead letters of letters/table replayed, 9 new ones made\n");
  const json after = listed(next)["dead_letters"];
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i]["record"] == before[i]["record"]);
    CHECK(after[i]["value"] == before[i]["value"]);
    CHECK(after[i]["position"] != before[i]["position"]);
  }
  CHECK(lines_of(read_text(place / "copy.txt")).size() == lines - letters);
  CHECK(next.asked({"dead-letters", "drop", sink, "--all", "--yes"})["dropped"] == letters - 1);
  CHECK(next({"dead-letters", "ls", sink}).out == "0 dead letters\n");
}

TEST_CASE("wrong dead-letters commands are refused in one line", "[cli][dead_letters]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "t.yaml", topology());
  const serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  const auto [arguments, hint] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"ls", "letters"}, "TOPOLOGY/OPERATOR"},
      {{"ls", "letters/tabel"}, "did you mean 'table'?"},
      {{"show", "letters/table", "2:1:0"}, "see weir dead-letters ls"},
      {{"show", "letters/table", "first"}, "LOG:LSN:INDEX"},
      {{"replay", "letters"}, "TOPOLOGY/OPERATOR"},
      {{"drop", "letters/table", "--yes"}, "--all"},
      {{"drop", "letters/table", "--all", "2:1:0", "--yes"}, "--all"},
      {{"drop", "letters/table", "--all"}, "--yes"},
      {{"drop", "letters/table", "first", "--yes"}, "error: 'first' is no position LOG:LSN:INDEX"},
  }));
  std::vector<std::string> all{"dead-letters"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const outcome o = node(all);
  CAPTURE(arguments);
  CHECK(o.status == 2);
  CHECK(o.out.empty());
  CHECK_THAT(o.error_line(), Contains(hint));
}
