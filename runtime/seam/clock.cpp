#include "runtime/seam/clock.hpp"

#include <ctime>

namespace weir::runtime {
namespace {

std::int64_t read_clock(clockid_t id) noexcept {
  timespec t{};
  ::clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

std::int64_t system_clock::realtime_ns() const noexcept { return read_clock(CLOCK_REALTIME); }
std::int64_t system_clock::monotonic_ns() const noexcept { return read_clock(CLOCK_MONOTONIC); }

}  // namespace weir::runtime
