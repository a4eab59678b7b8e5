#include "runtime/seam/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace weir::runtime {

std::uint64_t system_random::next() {
  std::uint64_t value = 0;
  // Eight bytes come whole once the kernel's pool is ready; before that a signal may interrupt the wait.
  while (::getrandom(&value, sizeof value, 0) != sizeof value) {
    if (errno != EINTR) std::abort();
  }
  return value;
}

}  // namespace weir::runtime
