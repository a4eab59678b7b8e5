// A clock that stands still until it is told otherwise: time in a simulation and in tests. One thread, or the caller's own order.
#pragma once

#include <cstdint>

#include "runtime/seam/clock.hpp"

namespace weir::runtime {

class simulated_clock final : public clock {
 public:
  explicit simulated_clock(std::int64_t realtime_ns = 1'000'000'000'000'000'000, std::int64_t monotonic_ns = 0) noexcept
      : realtime_(realtime_ns), monotonic_(monotonic_ns) {}

  std::int64_t realtime_ns() const noexcept override { return realtime_; }
  std::int64_t monotonic_ns() const noexcept override { return monotonic_; }

  /// Both clocks go on by that much; negative is a bug.
  void advance(std::int64_t nanoseconds) noexcept {
    realtime_ += nanoseconds;
    monotonic_ += nanoseconds;
  }
  /// The wall clock jumps, as when somebody sets it; the monotonic one does not notice.
  void set_realtime(std::int64_t nanoseconds) noexcept { realtime_ = nanoseconds; }

 private:
  std::int64_t realtime_;
  std::int64_t monotonic_;
};

}  // namespace weir::runtime
