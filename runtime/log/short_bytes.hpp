// Comparing and copying runs of bytes that are mostly short, as keys and values are: in line, a word at a time, the last word overlapping the one before. A
// call of memcmp or memcpy costs more than its work there, and there are several per record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::runtime {

inline constexpr std::size_t short_bytes_max = 64;

template <class Word>
inline Word load_word(const char* at) noexcept {
  Word w;
  std::memcpy(&w, at, sizeof w);
  return w;
}
template <class Word>
inline void move_word(char* to, const char* from) noexcept {
  const Word w = load_word<Word>(from);
  std::memcpy(to, &w, sizeof w);
}

/// Whether the n bytes at both are the same.
inline bool same_bytes(const char* a, const char* b, std::size_t n) noexcept {
  if (n > short_bytes_max) return std::memcmp(a, b, n) == 0;
  if (n >= 8) {
    for (std::size_t i = 0; i + 8 < n; i += 8)
      if (load_word<std::uint64_t>(a + i) != load_word<std::uint64_t>(b + i)) return false;
    return load_word<std::uint64_t>(a + n - 8) == load_word<std::uint64_t>(b + n - 8);
  }
  if (n >= 4) return load_word<std::uint32_t>(a) == load_word<std::uint32_t>(b) && load_word<std::uint32_t>(a + n - 4) == load_word<std::uint32_t>(b + n - 4);
  for (std::size_t i = 0; i < n; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

/// Runs that do not overlap; null is allowed where n is 0.
inline void copy_bytes(char* to, const char* from, std::size_t n) noexcept {
  if (n > short_bytes_max) {
    std::memcpy(to, from, n);
  } else if (n >= 8) {
    for (std::size_t i = 0; i + 8 < n; i += 8) move_word<std::uint64_t>(to + i, from + i);
    move_word<std::uint64_t>(to + n - 8, from + n - 8);
  } else if (n >= 4) {
    move_word<std::uint32_t>(to, from);
    move_word<std::uint32_t>(to + n - 4, from + n - 4);
  } else {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

}  // namespace weir::runtime
