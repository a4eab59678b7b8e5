#include "runtime/seam/this_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

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

}  // namespace weir::runtime
