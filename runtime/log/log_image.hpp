// What recovery knows of one log: the fold of all its durable frames. Handed to the operator partition that owns the log.
#pragma once

#include <cstdint>

#include "runtime/log/frame.hpp"
#include "runtime/log/log_head.hpp"
#include "runtime/operator/state_store.hpp"
#include "runtime/operator/timer_store.hpp"

namespace weir::runtime {

struct log_image : log_head {
  state_store states;
  timer_store timers;

  /// Takes the log's next frame into account: its head, state and timer changes. Records are none of its business.
  void apply(const frame& f);
};

}  // namespace weir::runtime
