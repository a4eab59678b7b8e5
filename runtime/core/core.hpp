// A core: one thread on one CPU that runs the actors pinned to it, one task at a time, in the order in which they became ready; and their timers.
// A task on its own core costs a list link; from elsewhere one lock-free push and, where the core sleeps, a futex call.
// A simulation makes cores without threads and calls run_one() by hand.
#pragma once

#include <atomic>
#include <cstdint>
#include <queue>
#include <thread>
#include <vector>

#include "runtime/core/actor.hpp"
#include "runtime/seam/clock.hpp"

namespace weir::runtime {

class core;

/// Something a core runs. Queues link tasks through `next`, so scheduling never allocates; a task is in at most one queue at a time.
struct task {
  virtual void run(core& on) = 0;
  task* next = nullptr;

 protected:
  ~task() = default;
};

/// What a core does when nothing is ready. Each latency has its price in CPU time.
enum class wait_strategy : std::uint8_t {
  block,  ///< Sleeps at once: no CPU when idle, some 50 µs to wake.
  spin,   ///< Looks around for a while, then sleeps.
  poll,   ///< Never sleeps.
};

class core {
 public:
  static constexpr std::uint32_t tasks_per_timer_check = 16;
  static constexpr std::uint32_t looks_before_sleep = 100;  ///< Of the spin strategy; each yields, since spinning with `pause` delays I/O completions.

  core(int cpu, wait_strategy wait, const clock& time);
  ~core();
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  void start_thread();
  /// Ends the thread once it has run what is ready. From another thread.
  void stop_thread();

  /// The core whose thread this is (or that a simulation is running), or null.
  static core* current() noexcept;
  int cpu() const noexcept { return cpu_; }
  const clock& time() const noexcept { return clock_; }

  /// Any thread: makes `t` ready.
  void schedule(task* t) noexcept;
  /// On this core only: sends timer_message{token} to `to` at `monotonic_ns` of the core's clock or soon after.
  void wake_at(std::int64_t monotonic_ns, const actor_ref& to, std::uint64_t token);

  // -- by hand, for a simulation ----------------------------------------------------------------------------------------------------------
  bool ready() const noexcept;
  /// Runs the first ready task or the due timers; false when there was nothing to do.
  bool run_one();
  /// When the next timer is due; INT64_MAX for never.
  std::int64_t next_timer_ns() const noexcept;

 private:
  struct timer_entry {
    std::int64_t due;
    std::uint64_t order;
    actor_ref to;
    std::uint64_t token;
    bool operator<(const timer_entry& o) const noexcept { return due != o.due ? due > o.due : order > o.order; }
  };
  struct stop_task final : task {
    void run(core& on) override { on.running_ = false; }
  };

  void take_inbox() noexcept;
  bool run_first();
  bool fire_timers();
  void loop();
  void wait();
  void sleep();
  void wake() noexcept;

  alignas(64) std::atomic<task*> inbox_{nullptr};  ///< Newest first; null, tasks, or the tag of a sleeping core.
  std::atomic<std::uint32_t> wakes_{0};
  alignas(64) task* head_ = nullptr;  ///< First in, first out; this thread's own.
  task** tail_ = &head_;
  std::priority_queue<timer_entry> timers_;
  std::uint64_t timers_set_ = 0;
  bool running_ = true;
  int cpu_;
  wait_strategy wait_;
  const clock& clock_;
  stop_task stop_;
  stop_task asleep_;  ///< Never run: its address in the inbox says that the core sleeps.
  std::thread thread_;
};

}  // namespace weir::runtime
