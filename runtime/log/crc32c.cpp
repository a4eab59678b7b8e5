// Three interleaved runs hide the latency of the crc32 instruction; their registers are joined by "as if N zero bytes followed" tables. The method is
// Vinodh Gopal et al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction" (Intel, 2011); the joining by tables is Mark Adler's.
#include "runtime/log/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace weir::runtime {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78u;

constexpr std::uint32_t one_byte(std::uint32_t crc) {
  for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) ? polynomial : 0u);
  return crc;
}

using byte_tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// tables[k][b]: what byte b does to the register when k more bytes follow it.
constexpr byte_tables make_byte_tables() {
  byte_tables t{};
  for (std::uint32_t b = 0; b < 256; ++b) t[0][b] = one_byte(b);
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xff];
  return t;
}
constexpr byte_tables byte_table = make_byte_tables();

}  // namespace

std::uint32_t crc32c_portable(std::uint32_t seed, const void* data, std::size_t size) noexcept {
  const auto* p = static_cast<const unsigned char*>(data);
  std::uint32_t crc = ~seed;
  for (; size >= 8; size -= 8, p += 8) {
    const std::uint32_t low = crc ^ (p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16 | std::uint32_t{p[3]} << 24);
    crc = byte_table[7][low & 0xff] ^ byte_table[6][(low >> 8) & 0xff] ^ byte_table[5][(low >> 16) & 0xff] ^ byte_table[4][low >> 24] ^ byte_table[3][p[4]] ^
          byte_table[2][p[5]] ^ byte_table[1][p[6]] ^ byte_table[0][p[7]];
  }
  for (; size > 0; --size, ++p) crc = (crc >> 8) ^ byte_table[0][(crc ^ *p) & 0xff];
  return ~crc;
}

#if defined(__x86_64__)
namespace {

using matrix = std::array<std::uint32_t, 32>;  // Column i: what bit i of the register becomes.

constexpr std::uint32_t multiply(const matrix& m, std::uint32_t vector) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; vector != 0; vector >>= 1, ++i)
    if (vector & 1u) sum ^= m[i];
  return sum;
}

using zero_tables = std::array<std::array<std::uint32_t, 256>, 4>;

/// What `count` zero bytes (a power of two) do to the register, by its four bytes.
constexpr zero_tables make_zero_tables(std::size_t count) {
  matrix m{};
  for (std::size_t i = 0; i < 32; ++i) m[i] = one_byte(std::uint32_t{1} << i);
  for (std::size_t done = 1; done < count; done *= 2) {
    matrix square{};
    for (std::size_t i = 0; i < 32; ++i) square[i] = multiply(m, m[i]);
    m = square;
  }
  zero_tables t{};
  for (std::size_t k = 0; k < 4; ++k)
    for (std::uint32_t b = 0; b < 256; ++b) t[k][b] = multiply(m, b << (8 * k));
  return t;
}

constexpr std::size_t long_run = 4096;
constexpr std::size_t short_run = 256;
constexpr zero_tables long_zeros = make_zero_tables(long_run);
constexpr zero_tables short_zeros = make_zero_tables(short_run);

std::uint64_t shift(const zero_tables& t, std::uint64_t crc) {
  return t[0][crc & 0xff] ^ t[1][(crc >> 8) & 0xff] ^ t[2][(crc >> 16) & 0xff] ^ t[3][(crc >> 24) & 0xff];
}

std::uint64_t word(const unsigned char* p) {
  std::uint64_t w;
  std::memcpy(&w, p, sizeof w);
  return w;
}

/// Takes whole groups of three runs off the front of the data.
template <std::size_t Run>
__attribute__((target("sse4.2"))) std::uint64_t three_runs(std::uint64_t crc, const unsigned char*& p, std::size_t& size, const zero_tables& zeros) {
  while (size >= 3 * Run) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (const unsigned char* end = p + Run; p != end; p += 8) {
      crc = _mm_crc32_u64(crc, word(p));
      second = _mm_crc32_u64(second, word(p + Run));
      third = _mm_crc32_u64(third, word(p + 2 * Run));
    }
    crc = shift(zeros, shift(zeros, crc) ^ second) ^ third;
    p += 2 * Run;
    size -= 3 * Run;
  }
  return crc;
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::uint32_t seed, const unsigned char* p, std::size_t size) noexcept {
  std::uint64_t crc = ~seed;
  crc = three_runs<long_run>(crc, p, size, long_zeros);
  crc = three_runs<short_run>(crc, p, size, short_zeros);
  for (; size >= 8; size -= 8, p += 8) crc = _mm_crc32_u64(crc, word(p));
  auto rest = static_cast<std::uint32_t>(crc);
  for (; size > 0; --size, ++p) rest = _mm_crc32_u8(rest, *p);
  return ~rest;
}

}  // namespace

std::uint32_t crc32c(std::uint32_t seed, const void* data, std::size_t size) noexcept {
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(seed, static_cast<const unsigned char*>(data), size);
  return crc32c_portable(seed, data, size);
}
#else
std::uint32_t crc32c(std::uint32_t seed, const void* data, std::size_t size) noexcept { return crc32c_portable(seed, data, size); }
#endif

}  // namespace weir::runtime
