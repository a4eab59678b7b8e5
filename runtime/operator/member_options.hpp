// What an operator of a chain is made from. Plain data.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <weir/abi.h>

#include "runtime/operator/operator_log.hpp"
#include "runtime/operator/state_versions.hpp"
#include "topology/plan.hpp"

namespace weir::runtime {

class intake;

/// Read by whoever shows progress or status, written by the partition and its actor; relaxed.
struct partition_counters {
  partition_counters() = default;
  explicit partition_counters(std::size_t inputs) : input_lsns(inputs) {}
  std::atomic<std::uint64_t> records_in{0};
  std::atomic<std::uint64_t> records_out{0};
  std::atomic<std::uint64_t> late{0};  ///< Of records_in: behind the watermark when they were processed.
  std::atomic<std::uint64_t> skipped{0};
  std::atomic<std::uint64_t> dead_letters{0};
  std::atomic<std::uint64_t> timers_fired{0};
  std::atomic<std::uint64_t> frames{0};
  std::atomic<std::uint64_t> restarts{0};  ///< After failures.
  std::atomic<std::uint64_t> retries{0};   ///< Outages: steps that are taken again.
  std::atomic<std::int64_t> watermark{INT64_MIN};
  std::atomic<bool> ended{false};
  std::atomic<std::int64_t> busy_ns{0};        ///< Spent in steps that are over. Of a chain: its head shows what all of it takes.
  std::atomic<std::int64_t> step_began_ns{0};  ///< Monotonic: of the step under way; 0: none is.
  std::atomic<bool> waits_for_journal{false};  ///< A source: the journal admits no new data.
  std::atomic<std::uint64_t> state_keys{0};    ///< Of a chain: its head shows what all of it holds.
  std::atomic<std::uint64_t> state_bytes{0};
  std::atomic<std::uint64_t> timers{0};
  std::vector<std::atomic<std::uint64_t>> input_lsns;  ///< By index in partition_options::inputs: consumed up to there.
};

struct member_options {
  static constexpr std::uint32_t handed_over = UINT32_MAX;

  std::string name;  ///< "topology/operator partition 0", for messages.
  const weir_operator_info* info = nullptr;
  topology::operator_metadata metadata;
  std::uint32_t start = WEIR_START_CREATED;
  std::uint32_t generation = 1;
  topology::error_policy on_error = topology::error_policy::fail;
  std::map<std::string, topology::config_value> config;
  std::string manifest_directory;
  std::vector<std::uint16_t> state_ids;              ///< By index in the metadata: the state's id in the node's directory; an operator's own in its chain.
  std::vector<std::vector<former_version>> formers;  ///< By index in the metadata: other versions of the state that the directory holds; may be shorter.
  std::vector<state_store::normalizer> normalizers;  ///< By index in the metadata; null where values have no padding.
  /// Per ostream, then for dead letters: the number among the frame's outputs, or `handed_over` to an operator of the chain. Empty: counted from 0.
  std::vector<std::uint32_t> outputs;
  std::shared_ptr<intake> fed_by;                                                         ///< Of an operator that stands for an external stream; else null.
  std::shared_ptr<partition_counters> counters = std::make_shared<partition_counters>();  ///< Outlives the partition for whoever shows them.

  std::shared_ptr<operator_log> lines;  ///< What it says goes there, too; null: nowhere else.

  // Where it is not the head of its chain.
  std::uint32_t parent = 0;          ///< Number in the chain of the operator whose records are handed over to it,
  std::uint32_t parent_ostream = 0;  ///< and which of that operator's ostreams they are.
};

}  // namespace weir::runtime
