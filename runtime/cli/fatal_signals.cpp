// Only what is safe in a signal's handler is called here: the process is in an unknown state.
#include "runtime/cli/fatal_signals.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "runtime/operator/step_mark.hpp"

namespace weir::cli {

namespace {

using namespace runtime;

constexpr std::array caught{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
std::array<struct sigaction, caught.size()> before;

void print(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// The thread's operator, for the next start.
void leave(step_slot& slot, std::string_view who, std::int32_t cause) noexcept {
  who.substr(0, who.find(' ')).copy(slot.who.data(), slot.who.size() - 1);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  slot.died_ns.store(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec, std::memory_order_relaxed);
  slot.cause.store(cause, std::memory_order_relaxed);
}

void tell(std::int32_t cause) noexcept {
  const step_mark* const mark = step_under_way;
  if (mark == nullptr) return;
  print("weir: ");
  print(cause_name(cause));
  print(" in the code of operator ");
  print(mark->who);
  print("; what is durable stays, and the next start goes on from there\n");
  if (mark->slot != nullptr) leave(*mark->slot, mark->who, cause);
}

/// Faults come again once this returns, abort() raises again, and what somebody sent is sent again: then the process dies of it.
void die(int signal, siginfo_t* info, void* /*context*/) {
  const bool sent = info->si_code <= 0 && info->si_pid != ::getpid();
  if (!sent) tell(signal);
  for (std::size_t i = 0; i < caught.size(); ++i)
    if (caught[i] == signal) ::sigaction(signal, &before[i], nullptr);
  if (info->si_code <= 0) ::raise(signal);
}

/// exit() runs destructors of objects that other threads still use: that is as far as it gets within a step.
void exited() {
  if (step_under_way == nullptr) return;
  tell(step_slot::exit_called);
  ::_exit(1);
}

}  // namespace

void catch_fatal_signals() {
  struct sigaction action {};
  action.sa_sigaction = die;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < caught.size(); ++i) ::sigaction(caught[i], &action, &before[i]);
  std::atexit(exited);
}

}  // namespace weir::cli
