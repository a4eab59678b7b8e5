#include <catch2/catch.hpp>

#include "runtime/node/node.hpp"
#include "runtime/operator/operator_actor.hpp"
#include "tests/topology/documented_defaults.hpp"
#include "topology/quantities.hpp"

namespace weir::runtime {

TEST_CASE("the documented limits of publishing are those of the code", "[node][defaults]") {
  using topology::test::size_in_words;
  const publish_limits limits;
  const std::map<std::string, std::string> expected{
      {"records_max", std::to_string(limits.records_max)},
      {"record_bytes_max", size_in_words(limits.record_bytes_max)},
      {"waiting_bytes_max", size_in_words(limits.waiting_bytes_max)},
      {"producers_max", std::to_string(limits.producers_max)},
      {"wait_ns", topology::duration_text(limits.wait_ns)},
  };
  CHECK(topology::test::as_lines(topology::test::documented_defaults("Publishing")) == topology::test::as_lines(expected));
}

TEST_CASE("the documented defaults of a node are those of the code", "[node][defaults]") {
  using topology::duration_text;
  using topology::test::size_in_words;
  const node_options node;
  const operator_actor_options actor;
  std::map<std::string, std::string> expected{
      {"wait", node.wait == wait_strategy::spin ? "spin" : "another"},
      {"segment_bytes", size_in_words(node.journal.segment_bytes)},
      {"journal_bytes_max", size_in_words(node.journal.journal_bytes_max)},
      {"page_bytes", size_in_words(node.journal.page_bytes)},
      {"frame_bytes_target", size_in_words(node.steps.frame_bytes_target)},
      {"frame_bytes_max", size_in_words(node.steps.frame_bytes_max)},
      {"step_ns", duration_text(node.steps.step_ns)},
      {"blocking_step_ns", duration_text(node.steps.blocking_step_ns)},
      {"step_input_bytes", size_in_words(actor.step_input_bytes)},
      {"idle_poll_ns", duration_text(actor.idle_poll_ns)},
      {"retry_delay_min_ns", duration_text(retry_delay_min_ns)},
      {"retry_delay_max_ns", duration_text(retry_delay_max_ns)},
      {"credit_bytes", size_in_words(node.logs.credit_bytes)},
      {"lag_bytes_max", size_in_words(node.logs.lag_bytes_max)},
      {"backlog_bytes_max", size_in_words(node.logs.backlog_bytes_max)},
      {"tail_bytes_max", size_in_words(node.logs.tail_bytes_max)},
      {"read_bytes", size_in_words(node.logs.read_bytes)},
      {"advance_interval_ns", duration_text(node.logs.advance_interval_ns)},
      {"stuck_ns", duration_text(node.stuck_ns)},
      {"modules_max", std::to_string(node.modules_max)},
      {"probation", duration_text(deploy_options{}.probation_ns)},
      {"drain_timeout", duration_text(stop_options{}.drain_timeout_ns)},
      {"operator_log_bytes_max", size_in_words(operator_log_bytes_max)},
      {"log_line_bytes_max", size_in_words(log_line_bytes_max)},
      {"state_values_max", std::to_string(state_values_max)},
      {"state_answer_bytes_max", size_in_words(state_answer_bytes_max)},
  };
  CHECK(topology::test::as_lines(topology::test::documented_defaults("Node")) == topology::test::as_lines(expected));
}

}  // namespace weir::runtime
