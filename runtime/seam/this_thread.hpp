// What a thread asks of the kernel for itself. Best effort: a refusal changes how soon a thread runs, never what it does.
#pragma once

#include <cstddef>

namespace weir::runtime {

/// For threads that mostly wait and then have little to do: names this one (at most 15 bytes) and asks to run as soon as it wakes. On busy CPUs it would else
/// wait for whoever runs there to use up a slice of some milliseconds, and so would everything that waits for a write to become durable.
void run_promptly(const char* name) noexcept;

/// While it lives, this thread's handlers of fatal signals have a stack of their own, so that they run where its own is full. Where one was given to the thread
/// before, that stays.
class signal_stack {
 public:
  signal_stack() noexcept;
  ~signal_stack();
  signal_stack(const signal_stack&) = delete;
  signal_stack& operator=(const signal_stack&) = delete;

 private:
  static constexpr std::size_t bytes = 64u << 10;
  void* memory_ = nullptr;
};

}  // namespace weir::runtime
