// What status says of records that wait: for an operator that is paused, and for one that is stopped.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

const char* const topology =
    "manifest: 1\ntopology: web\noperators:\n"
    "  - {name: table, uses: file-sink, istreams: {records: clicks}, with: {path: clicks.txt}}\n"
    "streams:\n  clicks: {external: true, partitions: 1}\n";

void publish_three(const serving& node, const workspace& place) {
  process_options o = node.command({});
  write_text(place / "three.txt", "a\nb\nc\n");
  o.command = {"/bin/sh", "-c", "exec " WEIR_BINARY " publish clicks < three.txt"};
  REQUIRE(run_program(o) == 0);
}

json partition_of(const serving& node) { return node.asked({"status", "web/table"})["partitions"][0]; }

}  // namespace

TEST_CASE("status shows what waits for an operator, also where its records were not counted", "[cli][remote]") {
  const workspace place;
  write_text(place / "t.yaml", topology);
  serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);

  REQUIRE(node({"pause", "web/table"}).status == 0);
  publish_three(node, place);
  CHECK(partition_of(node)["lag_records"] == 3);
  CHECK_THAT(node({"status", "web/table"}).out, !Contains("frame"));

  REQUIRE(node({"stop", "web/table"}).status == 0);
  publish_three(node, place);
  const json stopped = partition_of(node);
  CHECK(stopped["lag_records"] == 0);
  CHECK(stopped["lag_frames"].get<int>() > 0);
  const std::string shown = stopped["lag_frames"] == 1 ? "1 frame" : std::to_string(stopped["lag_frames"].get<int>()) + " frames";
  CHECK_THAT(node({"status", "web/table"}).out, Contains(shown));
  CHECK_THAT(node({"status"}).out, Contains(shown));
}
