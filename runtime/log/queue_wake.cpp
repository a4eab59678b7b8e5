#include "runtime/log/queue_wake.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace weir::runtime {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "a futex is four bytes");

void wake_flag::sleep(std::int64_t nanoseconds) noexcept {
  timespec limit{};
  limit.tv_sec = nanoseconds / 1'000'000'000;
  limit.tv_nsec = nanoseconds % 1'000'000'000;
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word_), FUTEX_WAIT_PRIVATE, 1, nanoseconds < 0 ? nullptr : &limit, nullptr, 0);
}

void wake_flag::wake_sleepers(int count) noexcept {
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word_), FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

void wake_flag::wake_all() noexcept {
  word_.store(0, std::memory_order_seq_cst);
  wake_sleepers(INT_MAX);
}

}  // namespace weir::runtime
