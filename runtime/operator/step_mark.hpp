// Whose code a thread runs, for whoever asks after the process has died of it: of a segmentation fault, an abort, a stack that is full, exit(). A partition
// marks that it is in a step in memory that outlives the process, and points its thread to its name; a fatal signal's handler notes what it died of.
// Two stores a step, two a hook.
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>

namespace weir::runtime {

/// What the hook under way was called for.
enum class step_place : std::uint32_t { unknown, record, timer, hook };

/// One partition's, in a mapped file. Its thread writes it; what it died of, its last signal's handler. Relaxed: it is read by another process.
struct alignas(64) step_slot {
  static constexpr std::int32_t exit_called = -1;

  std::atomic<std::uint64_t> log{0};  ///< 0: nobody's.
  std::atomic<std::uint32_t> running{0};
  std::atomic<step_place> place{step_place::unknown};  ///< Known while the partition is careful.
  std::atomic<std::uint64_t> input_log{0};             ///< Of a record, as the two below.
  std::atomic<std::uint64_t> lsn{0};
  std::atomic<std::uint32_t> index{0};
  std::atomic<std::int32_t> cause{0};    ///< A signal's number, or exit_called; 0: not known, as where it was killed.
  std::atomic<std::int64_t> died_ns{0};  ///< Realtime, where the cause is known.
  std::array<char, 192> who{};           ///< "topology/operator", where the cause is known; ends with 0.
};
static_assert(sizeof(step_slot) == 256 && std::atomic<std::uint64_t>::is_always_lock_free);

/// Of step_slot::cause, for people. Any thread, also in a signal's handler.
inline const char* cause_name(std::int32_t cause) noexcept {
  switch (cause) {
    case 0: return "it was killed";
    case step_slot::exit_called: return "exit()";
    case SIGSEGV: return "SIGSEGV (segmentation fault)";
    case SIGBUS: return "SIGBUS (bus error)";
    case SIGFPE: return "SIGFPE (arithmetic error)";
    case SIGILL: return "SIGILL (illegal instruction)";
    case SIGABRT: return "SIGABRT (abort)";
    default: return "a signal";
  }
}

/// One partition's, of this process.
struct step_mark {
  step_slot* slot = nullptr;             ///< Null: there is none; then only the user is told.
  const char* who = "";                  ///< The operator whose hook was called last: "topology/operator partition 0". For its own thread: the name may go.
  std::atomic<std::uint32_t> member{0};  ///< The same as its number in the chain, for status.
  std::atomic<bool> closing{false};      ///< Objects are closed, which their core itself does.
};

/// Of the step that this thread is in; null: it runs no operator's code.
inline constinit thread_local step_mark* step_under_way = nullptr;

class in_step {
 public:
  explicit in_step(step_mark* mark) noexcept {
    step_under_way = mark;
    if (mark == nullptr || mark->slot == nullptr) return;
    mark->slot->place.store(step_place::unknown, std::memory_order_relaxed);
    mark->slot->running.store(1, std::memory_order_relaxed);
  }
  ~in_step() {
    if (step_under_way != nullptr && step_under_way->slot != nullptr) step_under_way->slot->running.store(0, std::memory_order_relaxed);
    step_under_way = nullptr;
  }
  in_step(const in_step&) = delete;
  in_step& operator=(const in_step&) = delete;
};

}  // namespace weir::runtime
