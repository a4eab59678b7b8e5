// What an operator partition is made from. Plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/operator/member_options.hpp"
#include "runtime/operator/step_mark.hpp"
#include "runtime/seam/clock.hpp"
#include "runtime/seam/files.hpp"
#include "runtime/stream/messages.hpp"

namespace weir::runtime {

/// A log that this partition reads, and the istreams that read it.
struct partition_input {
  std::uint64_t log = 0;
  std::vector<subscription> subscriptions;
};

struct step_limits {
  std::uint64_t frame_bytes_target = 256u << 10;  ///< A step ends beyond it.
  std::uint64_t frame_bytes_max = 16u << 20;      ///< Of what one record or timer produces and changes. A frame may be as large as both.
  std::int64_t step_ns = 200'000;                 ///< A step ends after it.
  std::int64_t blocking_step_ns = 10'000'000;     ///< The same off the cores, where hooks may wait for files.
  std::uint32_t records_per_look = 256;           ///< Records between two looks at the clock.
};

/// A record of an input that the head is not to be given.
struct passed_record {
  std::uint64_t log = 0;
  std::uint64_t lsn = 0;
  std::uint32_t index = 0;
  std::string why;
};

/// The head's own options, those of the whole chain, and the operators below the head.
struct partition_options : member_options {
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  std::uint64_t log = 0;
  std::uint64_t epoch = 0;
  std::vector<partition_input> inputs;
  std::vector<member_options> below;  ///< Those that records are handed over to, each behind its parent.
  step_limits limits;
  files* file_system = nullptr;
  const clock* time = nullptr;
  std::function<void(int level, const std::string& text)> say;  ///< A line for the user; any thread.
  std::shared_ptr<step_mark> mark;                              ///< Null: it is not marked what it is at.
  std::int64_t careful_until_ns = 0;                            ///< Monotonic: until then records go in one by one, and it is marked which.
  std::optional<passed_record> pass;                            ///< Goes the way of a record that failed, but never stops the partition.
  std::int64_t trial_until_ns = 0;  ///< Monotonic: until then an error is one of this code, not of a record, and nothing is done about it here. 0: no trial.
};

}  // namespace weir::runtime
