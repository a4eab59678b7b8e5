// How producers wake the journal's threads: one load while nobody sleeps, one futex call when somebody does. Any thread.
//
// A consumer arms the flag, looks at the queue once more and only then sleeps; a producer queues and then looks at the flag. Both are sequentially
// consistent, so at least one of them sees the other, and no wake-up is lost.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::runtime {

class wake_flag {
 public:
  void arm() noexcept { word_.store(1, std::memory_order_seq_cst); }
  void disarm() noexcept { word_.store(0, std::memory_order_seq_cst); }
  bool armed() const noexcept { return word_.load(std::memory_order_relaxed) != 0; }
  /// Sleeps while the flag is armed; at most that long, for ever if negative. May return early.
  void sleep(std::int64_t nanoseconds) noexcept;
  /// Wakes one sleeper if the flag is armed, and disarms it.
  void wake() noexcept {
    if (word_.load(std::memory_order_seq_cst) != 0 && word_.exchange(0, std::memory_order_seq_cst) != 0) wake_sleepers(1);
  }
  void wake_all() noexcept;

 private:
  void wake_sleepers(int count) noexcept;
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace weir::runtime
