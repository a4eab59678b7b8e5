// How fast operator partitions were over the last seconds, for status: their counters are looked at once a second, so the data path does nothing for it. Any
// thread, behind a lock of its own. Bounded: a few numbers per partition and second of the window.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "runtime/node/hosted.hpp"

namespace weir::runtime {

class rate_window {
 public:
  static constexpr std::int64_t interval_ns = 1'000'000'000;
  static constexpr std::int64_t window_ns = 5 * interval_ns;

  struct rates {
    double records_in = 0;  ///< Per second.
    double records_out = 0;
    double busy = 0;  ///< 0 to 1: the part of the time that steps took, the one under way included.
  };

  /// Remembers how far all are; sooner than an interval after the last look it does nothing. `now`: monotonic.
  void look(const hosted_table& all, std::int64_t now);
  /// Since the oldest look of the window that knew it; zeros where there is none.
  rates of(const std::shared_ptr<partition_counters>& c, std::int64_t now) const;

 private:
  struct seen {
    std::uint64_t records_in = 0;
    std::uint64_t records_out = 0;
    std::int64_t busy_ns = 0;
  };
  struct sample {
    std::int64_t at = 0;
    std::map<std::shared_ptr<partition_counters>, seen> counted;  ///< Held, so that no other's counters can lie at the same address.
  };
  static seen count(const partition_counters& c, std::int64_t now);

  mutable std::mutex mutex_;
  std::deque<sample> samples_;  ///< Oldest first.
};

}  // namespace weir::runtime
