// The seam for time. Everything in the runtime that asks for the time asks a clock, so that a simulation decides what time it is.
// Any thread; nanoseconds.
#pragma once

#include <cstdint>

namespace weir::runtime {

class clock {
 public:
  virtual ~clock() = default;
  /// Nanoseconds since 1970-01-01 UTC; may jump.
  virtual std::int64_t realtime_ns() const noexcept = 0;
  /// Nanoseconds since some moment; never goes back.
  virtual std::int64_t monotonic_ns() const noexcept = 0;
};

/// The machine's own clocks.
class system_clock final : public clock {
 public:
  std::int64_t realtime_ns() const noexcept override;
  std::int64_t monotonic_ns() const noexcept override;
};

}  // namespace weir::runtime
