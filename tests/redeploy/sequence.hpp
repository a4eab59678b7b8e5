// What the operators of a sequence hand each other: keys k00 … k39, each with the values 1 … n in order.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace weir::test {

inline constexpr std::uint64_t sequence_keys = 40;

/// A key's last four values, the newest last; 0 before there were any. Whatever is lost, doubled, out of order or forgotten breaks the pattern.
struct last_four {
  std::uint64_t values[4];
  friend bool operator==(const last_four&, const last_four&) = default;
};

/// What a detector says of each value.
struct detected {
  last_four last;
  std::uint64_t version;  ///< Of the detector.
};

inline std::string sequence_key(std::uint64_t number) {
  char text[8];
  std::snprintf(text, sizeof text, "k%02u", static_cast<unsigned>(number % sequence_keys));
  return text;
}

}  // namespace weir::test
