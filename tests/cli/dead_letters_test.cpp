// Dead letters that nobody reads stay, however much the journal must grow for them, and nobody waits; one line says so.
#include <nlohmann/json.hpp>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

constexpr int lines = 20'000;
constexpr std::uint64_t letters = lines / 100;  // holding_sink takes no number that ends with 50.

/// Lines of about 1,000 bytes with a number at their end.
std::string long_lines() {
  std::string text;
  for (int i = 0; i < lines; ++i) text += std::string(1000, 'x') + ' ' + std::to_string(i) + '\n';
  return text;
}

std::string holding(const std::string& more = "") {
  return "manifest: 1\ntopology: letters\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: letters-lines}\n"
         "    with: {path: lines.txt}\n  - name: table\n    artifact: " CLI_OPERATORS
         "\n    class: holding_sink\n    istreams: {records: letters-lines}\n    with: {path: copy.txt}\n    on_error: dead_letter\n" +
         more;
}

outcome run(const weir_command& weir) { return weir({"run", "t.yaml", "--segment-bytes", "1MiB", "--journal-bytes-max", "8MiB", "-o", "json"}); }

std::uint64_t letters_in(const weir_command& weir) {
  const outcome o = weir({"data", "inspect", "weir-data", "--log", "2", "-o", "json"});
  std::uint64_t sum = 0;
  for (const std::string& line : lines_of(o.out)) {
    const auto frame = nlohmann::json::parse(line);
    if (frame["dead_letters"] == true) sum += frame["records"].back().get<std::uint64_t>();
  }
  return sum;
}

}  // namespace

TEST_CASE("unread dead letters outgrow the journal's limit with one warning, survive a restart, and are there for who comes late", "[cli][dead_letters]") {
  const workspace place;
  write_text(place / "lines.txt", long_lines());
  write_text(place / "t.yaml", holding());
  const weir_command weir(place);
  for (int start = 0; start < 2; ++start) {
    const outcome o = run(weir);
    CAPTURE(start, o.err);
    REQUIRE(o.status == 0);
    CHECK_THAT(o.error_line(), StartsWith("weir: warning: ") && Contains("'letters.table.dead-letters'") && Contains("beyond journal_bytes_max (8.0 MiB)") &&
                                   Contains("subscribe"));
    CHECK(letters_in(weir) == letters);
  }
  CHECK(lines_of(read_text(place / "copy.txt")).size() == lines - letters);

  write_text(place / "t.yaml", holding("  - name: late\n    uses: file-sink\n    istreams: {records: letters.table.dead-letters}\n    with: {path: late}\n"));
  const outcome o = run(weir);
  CAPTURE(o.err);
  REQUIRE(o.status == 0);
  CHECK(nlohmann::json::parse(o.out)["sink_records"] == letters);
}
