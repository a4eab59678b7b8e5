// The message that a core's timer becomes.
#pragma once

#include "runtime/core/actor.hpp"

namespace weir::runtime {

struct timer_message final : message {
  static constexpr std::uint16_t kind_of = 1;
  explicit timer_message(std::uint64_t t) : message(kind_of), token(t) {}
  std::uint64_t token;  ///< As given to core::wake_at.
};

}  // namespace weir::runtime
