#include "runtime/seam/this_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace weir::runtime {
namespace {

constexpr std::uint64_t slice_ns = 100'000;  ///< The shortest that Linux gives (since 6.12; earlier ones ignore it).

/// The kernel's struct sched_attr in its first version; glibc has none.
struct scheduling {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;
  std::uint64_t deadline;
  std::uint64_t period;
};

}  // namespace

void run_promptly(const char* name) noexcept {
  pthread_setname_np(pthread_self(), name);
  scheduling s{};
  if (::syscall(SYS_sched_getattr, 0, &s, sizeof s, 0) != 0 || s.policy != SCHED_OTHER) return;
  s.size = sizeof s;
  s.runtime = slice_ns;
  ::syscall(SYS_sched_setattr, 0, &s, 0);
}

signal_stack::signal_stack() noexcept {
  stack_t there{};
  if (::sigaltstack(nullptr, &there) != 0 || (there.ss_flags & SS_DISABLE) == 0) return;
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return;  // NOLINT(cppcoreguidelines-pro-type-cstyle-cast,performance-no-int-to-ptr): its definition
  memory_ = at;
  const stack_t own{.ss_sp = at, .ss_flags = 0, .ss_size = bytes};
  ::sigaltstack(&own, nullptr);
}

signal_stack::~signal_stack() {
  if (memory_ == nullptr) return;
  const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  ::sigaltstack(&none, nullptr);
  ::munmap(memory_, bytes);
}

}  // namespace weir::runtime
