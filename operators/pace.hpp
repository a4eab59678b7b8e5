// Spreads records evenly over time: a source asks how many it may produce now. Open loop: what could not be produced in time is caught up with, so the
// average rate holds however long the consumers made the source wait. A clock that goes back is taken as standing still.
// Owned by its source and used by its thread; begins anew with every start of the source.
#pragma once

#include <weir/time.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>

namespace weir::operators {

class pace {
 public:
  pace() = default;
  /// Records per second; 0: no limit.
  explicit pace(std::int64_t per_second) : per_second_(per_second) {
    if (per_second < 0) throw std::invalid_argument("rate must not be negative; 0 means as fast as possible");
  }

  bool limited() const { return per_second_ != 0; }

  /// How many records may be produced now.
  std::uint64_t allowed(processing_time now) {
    if (!limited()) return std::numeric_limits<std::uint64_t>::max();
    if (!last_) last_ = now;
    if (now > *last_) elapsed_ += (now - *last_).count();
    last_ = now;
    const auto due = static_cast<std::uint64_t>(static_cast<__int128>(elapsed_) * per_second_ / second) + 1;
    return due > spent_ ? due - spent_ : 0;
  }
  void spend(std::uint64_t records) { spent_ += records; }

  /// How long before the last allowed() the next record, or the one `ahead` records later, was due.
  std::chrono::nanoseconds overdue(std::uint64_t ahead) const {
    return std::chrono::nanoseconds(elapsed_ - static_cast<std::int64_t>(static_cast<__int128>(spent_ + ahead) * second / per_second_));
  }

 private:
  static constexpr std::int64_t second = 1'000'000'000;
  std::int64_t per_second_ = 0;
  std::optional<processing_time> last_;
  std::int64_t elapsed_ = 0;  // Nanoseconds since the first record.
  std::uint64_t spent_ = 0;
};

}  // namespace weir::operators
