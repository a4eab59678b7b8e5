// A journal that is small for what flows through it: operators that make much of little slow down what feeds them, and nothing ends or stalls.
#include <nlohmann/json.hpp>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

/// few -> a, which makes `factor` records of each -> b, which passes them on -> a file.
std::string amplified(int records, int factor, const std::string& bytes) {
  const std::string module = "    artifact: " CLI_OPERATORS "\n    class: amplifying\n";
  return "manifest: 1\ntopology: pressed\noperators:\n  - name: few\n    uses: generator\n    ostreams: {records: pressed-few}\n    with: {count: " +
         std::to_string(records) + ", value_bytes: 100B}\n  - name: a\n" + module + "    istreams: {few: pressed-few}\n    ostreams: {many: pressed-many}\n" +
         "    with: {bytes: " + bytes + ", factor: " + std::to_string(factor) + "}\n  - name: b\n" + module +
         "    istreams: {few: pressed-many}\n    ostreams: {many: pressed-all}\n    with: {bytes: 8B}\n" +
         "  - name: table\n    uses: file-sink\n    istreams: {records: pressed-all}\n    with: {path: all.txt}\n";
}

}  // namespace

TEST_CASE("an operator that makes a hundred records of one comes through a journal of eight small segments", "[cli][pressure]") {
  const workspace place;
  write_text(place / "t.yaml", amplified(600, 100, "1KiB"));
  const outcome o = weir_command(place)({"run", "t.yaml", "--segment-bytes", "1MiB", "--journal-bytes-max", "8MiB", "-o", "json"});
  CAPTURE(o.err);
  REQUIRE(o.status == 0);
  CHECK(o.err.empty());
  CHECK(nlohmann::json::parse(o.out)["sink_records"] == 60'000);
}

TEST_CASE("a file of many short lines comes through small segments", "[cli][pressure]") {
  const workspace place;
  write_text(place / "lines.txt", std::string(300'000, '\n'));
  write_text(place / "t.yaml", copying());
  const outcome o = weir_command(place)({"run", "t.yaml", "--segment-bytes", "1MiB", "--journal-bytes-max", "8MiB"});
  CAPTURE(o.err);
  REQUIRE(o.status == 0);
  CHECK(read_text(place / "copy.txt").size() == 300'000);
}

TEST_CASE("what one record makes and no segment could hold is that record's error", "[cli][pressure]") {
  const workspace place;
  write_text(place / "t.yaml", amplified(1, 100, "8KiB"));
  const outcome o = weir_command(place)({"run", "t.yaml", "--segment-bytes", "1MiB", "--journal-bytes-max", "8MiB"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), Contains("pressed/a") && Contains("more than 393216 bytes (frame_bytes_max"));
}
