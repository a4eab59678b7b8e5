// A simulated clock on which looking takes time: every look at it moves it a little, so that limits in nanoseconds mean something although nothing takes time.
// The same looks with the same seed give the same times. One thread.
#pragma once

#include "runtime/seam/random.hpp"
#include "runtime/seam/simulated_clock.hpp"

namespace weir::simulation {

class ticking_clock final : public runtime::clock {
 public:
  /// A look takes less than `look_ns`; 1: no time at all.
  ticking_clock(std::uint64_t seed, std::uint64_t look_ns) : random_(seed), look_ns_(look_ns) {}
  std::int64_t realtime_ns() const noexcept override {
    tick();
    return now_.realtime_ns();
  }
  std::int64_t monotonic_ns() const noexcept override {
    tick();
    return now_.monotonic_ns();
  }
  void advance(std::int64_t nanoseconds) noexcept { now_.advance(nanoseconds); }
  /// Without taking time.
  std::int64_t peek_ns() const noexcept { return now_.monotonic_ns(); }

 private:
  void tick() const noexcept { now_.advance(static_cast<std::int64_t>(random_.next() % look_ns_)); }

  mutable runtime::simulated_clock now_;
  mutable runtime::seeded_random random_;
  std::uint64_t look_ns_;
};

}  // namespace weir::simulation
