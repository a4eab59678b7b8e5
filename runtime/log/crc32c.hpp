// CRC32C (Castagnoli, reflected polynomial 0x82f63b78), the checksum of everything on disk. Pure functions, any thread; about 0.05 ns a byte where the
// processor has SSE4.2 (three interleaved runs of its instruction), ten times that elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::runtime {

/// The checksum of bytes whose beginning has the checksum `seed` and which go on with `data`; seed 0 starts. crc32c(crc32c(0, a), b) is that of a and b
/// together.
std::uint32_t crc32c(std::uint32_t seed, const void* data, std::size_t size) noexcept;

/// The same without special instructions; what crc32c() falls back to.
std::uint32_t crc32c_portable(std::uint32_t seed, const void* data, std::size_t size) noexcept;

}  // namespace weir::runtime
