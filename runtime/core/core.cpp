#include "runtime/core/core.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

#include "runtime/core/timer_message.hpp"
#include "runtime/seam/this_thread.hpp"

namespace weir::runtime {

namespace {

thread_local core* current_core = nullptr;

/// Sleeps while `word` is `expected`, at most `nanoseconds` (negative: for ever).
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t nanoseconds) noexcept {
  timespec limit{static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)};
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_PRIVATE, expected, nanoseconds < 0 ? nullptr : &limit, nullptr, 0);
}

void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace

core::core(int cpu, wait_strategy wait, const clock& time) : cpu_(cpu), wait_(wait), clock_(time) {}
core::~core() = default;

core* core::current() noexcept { return current_core; }

void core::start_thread() {
  thread_ = std::thread([this] {
    const signal_stack own;
    loop();
  });
}

void core::stop_thread() {
  schedule(&stop_);
  thread_.join();
}

void core::schedule(task* t) noexcept {
  if (current_core == this) {
    t->next = nullptr;
    *tail_ = t;
    tail_ = &t->next;
    return;
  }
  task* head = inbox_.load(std::memory_order_relaxed);
  do {
    t->next = head == &asleep_ ? nullptr : head;
  } while (!inbox_.compare_exchange_weak(head, t, std::memory_order_release, std::memory_order_relaxed));
  if (head == &asleep_) wake();
}

void core::wake_at(std::int64_t monotonic_ns, const actor_ref& to, std::uint64_t token) { timers_.push({monotonic_ns, timers_set_++, to, token}); }

bool core::ready() const noexcept { return head_ != nullptr || inbox_.load(std::memory_order_relaxed) != nullptr; }

std::int64_t core::next_timer_ns() const noexcept { return timers_.empty() ? INT64_MAX : timers_.top().due; }

void core::take_inbox() noexcept {
  if (inbox_.load(std::memory_order_relaxed) == nullptr) return;
  task* const newest = inbox_.exchange(nullptr, std::memory_order_acquire);
  if (newest == nullptr || newest == &asleep_) return;
  task* oldest_first = nullptr;
  for (task* t = newest; t != nullptr;) {
    task* const older = t->next;
    t->next = oldest_first;
    oldest_first = t;
    t = older;
  }
  *tail_ = oldest_first;
  tail_ = &newest->next;
}

bool core::run_first() {
  task* const t = head_;
  if (t == nullptr) return false;
  head_ = t->next;
  if (head_ == nullptr) tail_ = &head_;
  t->run(*this);  // It may be gone, or queued elsewhere, from here on.
  return true;
}

bool core::fire_timers() {
  if (timers_.empty()) return false;
  const std::int64_t now = clock_.monotonic_ns();
  bool fired = false;
  while (!timers_.empty() && timers_.top().due <= now) {
    const timer_entry due = timers_.top();
    timers_.pop();
    due.to.send(make_intrusive<timer_message>(due.token));
    fired = true;
  }
  return fired;
}

bool core::run_one() {
  core* const before = std::exchange(current_core, this);
  take_inbox();
  const bool did = run_first() || fire_timers();
  current_core = before;
  return did;
}

void core::loop() {
  current_core = this;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu_, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);  // Best effort: a CPU that was taken away is no reason to stop.
  run_promptly(("weir-core-" + std::to_string(cpu_)).c_str());
  for (std::uint32_t n = 1; running_ || ready(); ++n) {
    take_inbox();
    if (n % tasks_per_timer_check == 0) fire_timers();
    if (!run_first() && !fire_timers() && running_) wait();
  }
  current_core = nullptr;
}

void core::wait() {
  if (wait_ == wait_strategy::poll) {
    sched_yield();
    return;
  }
  if (wait_ == wait_strategy::spin) {
    for (std::uint32_t i = 0; i < looks_before_sleep; ++i) {
      if (ready()) return;
      sched_yield();
    }
  }
  sleep();
}

void core::sleep() {
  const std::uint32_t seen = wakes_.load(std::memory_order_acquire);
  task* empty = nullptr;
  if (!inbox_.compare_exchange_strong(empty, &asleep_, std::memory_order_acq_rel)) return;
  std::int64_t limit = -1;
  if (!timers_.empty()) limit = std::max<std::int64_t>(0, timers_.top().due - clock_.monotonic_ns());
  futex_wait(wakes_, seen, limit);
}

void core::wake() noexcept {
  wakes_.fetch_add(1, std::memory_order_release);
  futex_wake(wakes_);
}

}  // namespace weir::runtime
