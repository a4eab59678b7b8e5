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
