// How often this program has allocated, on all its threads and in all modules it has loaded: counting.cpp stands in front of the C library's allocator, which
// operator new uses too. Not for sanitizers, which bring their own.
#pragma once

#include <cstdint>

namespace weir::test {

/// Allocations since the program began; any thread.
std::uint64_t allocations() noexcept;

}  // namespace weir::test
