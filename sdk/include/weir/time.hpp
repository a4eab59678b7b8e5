// Event time and processing time: two types that never mix, so that a timer of the wrong kind does not compile.
// Plain values of 8 bytes; any thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace weir {

/// Nanoseconds since 1970-01-01 UTC. Sums and differences saturate at min() and max() and never leave them again: the watermark is min() before the first
/// input and max() after the last, and `watermark - 30min` must not wrap around there.
template <class Tag>
class time_of {
 public:
  constexpr time_of() = default;  ///< The epoch.
  /// So long after the epoch.
  constexpr explicit time_of(std::chrono::nanoseconds since_epoch) : nanoseconds_(since_epoch.count()) {}
  /// From std::chrono's calendar, e.g. `event_time(std::chrono::sys_days(2024y / 3 / 1))`.
  constexpr explicit time_of(std::chrono::system_clock::time_point at) : time_of(std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch())) {}

  static constexpr time_of min() { return time_of(std::chrono::nanoseconds::min()); }  ///< Before everything.
  static constexpr time_of max() { return time_of(std::chrono::nanoseconds::max()); }  ///< After everything.

  /// Negative before 1970.
  constexpr std::chrono::nanoseconds since_epoch() const { return std::chrono::nanoseconds(nanoseconds_); }

  /// @{ Earlier is less.
  friend constexpr bool operator==(time_of, time_of) = default;
  friend constexpr std::strong_ordering operator<=>(time_of, time_of) = default;
  /// @}

  /// @{ Saturating, see above.
  friend constexpr time_of operator+(time_of t, std::chrono::nanoseconds d) {
    std::int64_t sum = 0;
    if (t == min() || t == max()) return t;
    if (__builtin_add_overflow(t.nanoseconds_, static_cast<std::int64_t>(d.count()), &sum)) return d.count() > 0 ? max() : min();
    return time_of(std::chrono::nanoseconds(sum));
  }
  friend constexpr time_of operator-(time_of t, std::chrono::nanoseconds d) {
    std::int64_t difference = 0;
    if (t == min() || t == max()) return t;
    if (__builtin_sub_overflow(t.nanoseconds_, static_cast<std::int64_t>(d.count()), &difference)) return d.count() < 0 ? max() : min();
    return time_of(std::chrono::nanoseconds(difference));
  }
  friend constexpr std::chrono::nanoseconds operator-(time_of a, time_of b) {
    std::int64_t difference = 0;
    if (!__builtin_sub_overflow(a.nanoseconds_, b.nanoseconds_, &difference)) return std::chrono::nanoseconds(difference);
    return a > b ? std::chrono::nanoseconds::max() : std::chrono::nanoseconds::min();
  }
  constexpr time_of& operator+=(std::chrono::nanoseconds d) { return *this = *this + d; }
  constexpr time_of& operator-=(std::chrono::nanoseconds d) { return *this = *this - d; }
  /// @}

 private:
  std::int64_t nanoseconds_ = 0;
};

/// When something happened, as the data says.
using event_time = time_of<struct event_tag>;
/// When it is worked on, by the node's clock (context::now()).
using processing_time = time_of<struct processing_tag>;

/// Which clock moves a timer: the watermark or the node's clock.
enum class timer_kind : std::uint8_t { event, processing };

}  // namespace weir
