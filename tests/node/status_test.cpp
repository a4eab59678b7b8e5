// What a node says of itself: counters, positions and lag, states of partitions with their reasons.
#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {
const operator_status& operator_of(const node_status& s, const std::string& name) {
  const auto& all = s.topologies.at(0).operators;
  const auto found = std::find_if(all.begin(), all.end(), [&](const operator_status& o) { return o.name == name; });
  REQUIRE(found != all.end());
  return *found;
}
}  // namespace

TEST_CASE("status tells how far each partition has come, and that all has ended", "[node][status]") {
  lone_node n;
  REQUIRE(n.start("  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3, ends: true}}\n"
                  "  - {name: needy, artifact: $MODULE, class: needy, with: {hook: flush, up_at: 0}}\n") == "");
  n.run_for(1000 * lone_node::ms);
  const node_status s = n.node->status();
  REQUIRE(s.topologies.size() == 1);
  CHECK(s.topologies[0].name == "t");
  CHECK(s.topologies[0].state == activity_state::ended);
  const partition_status& numbers = operator_of(s, "numbers").partitions.at(0);
  CHECK(numbers.records_out == 3);
  CHECK(numbers.inputs.empty());
  CHECK(numbers.watermark == INT64_MAX);
  CHECK(numbers.durable_lsn == numbers.last_lsn);
  const partition_status& needy = operator_of(s, "needy").partitions.at(0);
  CHECK(needy.state == activity_state::ended);
  CHECK(needy.records_in == 3);
  REQUIRE(needy.inputs.size() == 1);
  CHECK(needy.inputs[0].producer == "t/numbers");
  CHECK(needy.inputs[0].lsn == numbers.last_lsn);
  CHECK(needy.lag_frames == 0);
}

TEST_CASE("status tells what a partition waits for, and how far it lags meanwhile", "[node][status]") {
  lone_node n;
  REQUIRE(n.start("  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3, ends: true}}\n"
                  "  - {name: needy, artifact: $MODULE, class: needy, with: {hook: process_record, up_at: 100}}\n") == "");
  n.run_for(50 * lone_node::ms);
  {
    const node_status s = n.node->status();
    const operator_status& needy = operator_of(s, "needy");
    CHECK(needy.state == activity_state::waiting);
    CHECK(needy.reason.find("database is down") != std::string::npos);
    CHECK(s.topologies[0].state == activity_state::waiting);
    CHECK(needy.partitions.at(0).retries >= 3);
    CHECK(needy.partitions.at(0).lag_frames > 0);
    CHECK(operator_of(s, "numbers").state == activity_state::ended);
  }
  n.run_for(1000 * lone_node::ms);
  const node_status s = n.node->status();
  const operator_status& needy = operator_of(s, "needy");
  CHECK(needy.state == activity_state::ended);
  CHECK(needy.reason.empty());
  CHECK(needy.partitions.at(0).last_error.find("database is down") != std::string::npos);
  CHECK(needy.partitions.at(0).lag_frames == 0);
}

TEST_CASE("status tells how fast partitions were over the last seconds", "[node][status]") {
  lone_node n;
  REQUIRE(n.start("  - {name: clock, artifact: $MODULE, class: ticking}\n"
                  "  - {name: needy, artifact: $MODULE, class: needy, with: {hook: flush, up_at: 0}, istreams: {numbers: ticks}}\n") == "");
  CHECK(operator_of(n.node->status(), "clock").partitions.at(0).records_out_per_second == 0);
  n.run_for(4000 * lone_node::ms);
  {
    const node_status s = n.node->status();
    CHECK(operator_of(s, "clock").partitions.at(0).records_out_per_second == Approx(1).margin(0.01));
    CHECK(operator_of(s, "needy").partitions.at(0).records_in_per_second == Approx(1).margin(0.01));
    CHECK(operator_of(s, "clock").partitions.at(0).records_in_per_second == 0);
  }
}

TEST_CASE("status tells what is left on the disk, and how many modules are loaded", "[node][status]") {
  lone_node n;
  n.files.set_capacity(100u << 20);
  REQUIRE(n.start("  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3, ends: true}}\n"
                  "  - {name: needy, artifact: $MODULE, class: needy, with: {hook: process_record, up_at: 100}}\n") == "");
  const node_status s = n.node->status();
  REQUIRE(s.journal.disk_free_bytes);
  CHECK(*s.journal.disk_free_bytes == (100u << 20) - n.files.used_bytes());
  CHECK(s.modules >= 1);
  CHECK(operator_of(s, "needy").partitions.at(0).lag_records == 3);
  CHECK(operator_of(s, "needy").partitions.at(0).lag_bytes > 0);
  CHECK(operator_of(s, "numbers").partitions.at(0).undurable_ns == 0);
  CHECK(operator_of(s, "numbers").partitions.at(0).blocked_by == blocked_state::none);
}

TEST_CASE("status tells which subscriber blocks a partition", "[node][status]") {
  lone_node n;
  n.logs.lag_bytes_max = 64u << 10;
  REQUIRE(n.start("  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 30000}}\n"
                  "  - {name: needy, artifact: $MODULE, class: needy, with: {hook: process_record, up_at: 1000000}}\n") == "");
  n.run_for(100 * lone_node::ms);
  const partition_status numbers = operator_of(n.node->status(), "numbers").partitions.at(0);
  CHECK(numbers.blocked_by == blocked_state::subscriber);
  CHECK(numbers.slow_subscriber == "t/needy partition 0");
  CHECK(numbers.records_out < 30'000);
}
