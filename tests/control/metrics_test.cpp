// What /metrics serves, and that docs/metrics.md lists exactly that.
#include <map>
#include <set>
#include <sstream>

#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;

namespace {

/// name -> "type help", as the text says.
std::map<std::string, std::string> described(const std::string& text) {
  std::map<std::string, std::string> helps, all;
  for (const std::string& line : lines_of(text)) {
    std::istringstream words(line);
    std::string hash, kind, name, rest;
    words >> hash >> kind >> name;
    if (hash != "#") continue;
    std::getline(words >> std::ws, rest);
    if (kind == "HELP") helps[name] = rest;
    if (kind == "TYPE") all[name] = rest + " " + helps[name];
  }
  return all;
}

/// The same from the rows "| `name` | type | help |".
std::map<std::string, std::string> documented() {
  std::map<std::string, std::string> all;
  for (const std::string& line : lines_of(read_text(std::string(WEIR_SOURCE_DIR) + "/docs/metrics.md"))) {
    if (!line.starts_with("| `weir_")) continue;
    const std::size_t name_end = line.find("` | ");
    const std::size_t type_end = line.find(" | ", name_end + 4);
    REQUIRE(type_end != std::string::npos);
    const std::string help = line.substr(type_end + 3, line.rfind(" |") - type_end - 3);
    all[line.substr(3, name_end - 3)] = line.substr(name_end + 4, type_end - name_end - 4) + " " + help;
  }
  return all;
}

}  // namespace

TEST_CASE("the documented metrics are those that are served", "[control][metrics]") {
  const served s;
  const answered a = s.get("/metrics");
  REQUIRE(a.status == 200);
  CHECK(a.type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(described(a.text) == documented());
}

TEST_CASE("every sample follows its description and has a value", "[control][metrics]") {
  const served s;
  std::set<std::string> names, samples;
  for (const std::string& line : lines_of(s.get("/metrics").text)) {
    CAPTURE(line);
    if (line.starts_with("# TYPE ")) names.insert(line.substr(7, line.find(' ', 7) - 7));
    if (line.starts_with('#')) continue;
    CHECK(names.contains(line.substr(0, line.find_first_of("{ "))));
    CHECK(samples.insert(line.substr(0, line.rfind(' '))).second);
    CHECK_NOTHROW(std::stod(line.substr(line.rfind(' ') + 1)));
  }
  CHECK(samples.contains("weir_records_in_total{topology=\"copy\",operator=\"table\",partition=\"1\"}"));
}

TEST_CASE("metrics show what the status says", "[control][metrics]") {
  served s;
  auto& op = s.node.shown.topologies[0].operators[0];
  op.name = "a\"b\\c\nd";
  op.partitions[0].state = runtime::activity_state::failed;
  const std::string labels = "{topology=\"copy\",operator=\"a\\\"b\\\\c\\nd\",partition=\"0\"";
  std::string text = s.get("/metrics").text;
  CHECK_THAT(text, Contains("\nweir_records_in_total" + labels + "} 5\n"));
  CHECK_THAT(text, Contains("\nweir_watermark_seconds" + labels + "} 1.500000000\n"));
  CHECK_THAT(text, Contains("\nweir_partition_state" + labels + ",state=\"failed\"} 1\n"));
  CHECK_THAT(text, Contains("\nweir_partition_state" + labels + ",state=\"running\"} 0\n"));
  CHECK_THAT(text, Contains("\nweir_journal_frames_total 17\n") && Contains("\nweir_epoch 3\n") && Contains("weir_build_info{version=\"0.1.0\"} 1\n"));
  op.partitions[0].busy_ns = 2'500'000'000;
  op.partitions[0].blocked_by = runtime::blocked_state::disk;
  text = s.get("/metrics").text;
  CHECK_THAT(text, Contains("\nweir_busy_seconds_total" + labels + "} 2.500000000\n"));
  CHECK_THAT(text, Contains("\nweir_blocked" + labels + ",by=\"disk\"} 1\n") && Contains("\nweir_blocked" + labels + ",by=\"journal\"} 0\n"));
  op.partitions[0].stuck_ns = 12'000'000'000;
  op.partitions[0].blocked_by = runtime::blocked_state::core;
  text = s.get("/metrics").text;
  CHECK_THAT(text, Contains("\nweir_stuck_seconds" + labels + "} 12.000000000\n") && Contains("\nweir_blocked" + labels + ",by=\"core\"} 1\n"));
  op.partitions[0].watermark = INT64_MAX;
  CHECK_THAT(s.get("/metrics").text, Contains("\nweir_watermark_seconds" + labels + "} +Inf\n"));
  op.partitions[0].watermark = INT64_MIN;
  CHECK_THAT(s.get("/metrics").text, !Contains("\nweir_watermark_seconds" + labels));
}
