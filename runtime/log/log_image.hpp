// What recovery knows of one log: the fold of all its durable frames. Handed to the operator partition that owns the log.
#pragma once

#include <cstdint>
#include <map>

#include "runtime/log/frame.hpp"
#include "runtime/operator/state_store.hpp"
#include "runtime/operator/timer_store.hpp"

namespace weir::runtime {

struct log_image {
  std::uint64_t log = 0;
  std::uint64_t lsn = 0;     ///< Of the last frame; 0: none yet.
  std::uint64_t digest = 0;  ///< Of the last frame.
  std::uint64_t epoch = 0;
  std::uint32_t generation = 0;
  std::int64_t watermark = INT64_MIN;
  bool idle = false;
  bool ended = false;
  std::map<std::uint64_t, input_position> inputs;  ///< By input log.
  state_store states;
  timer_store timers;

  void apply(const frame& f);
};

}  // namespace weir::runtime
