// Reads the scalars of the config: numbers, durations, sizes. Each returns whether the whole text has the form. Pure functions; any thread.
#pragma once

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace weir::detail {

/// No sign `+`, no spaces, no hexadecimal.
template <class N>
bool parse_number(std::string_view text, N& number) noexcept {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc() && end == text.data() + text.size();
}

struct unit {
  std::string_view name;
  std::int64_t factor;
};

/// Digits and a unit without a space between them; a bare 0 needs no unit.
inline bool parse_quantity(std::string_view text, const unit* units, std::size_t unit_count, std::int64_t& quantity) noexcept {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (!parse_number(text.substr(0, digits), quantity)) return false;
  const std::string_view name = text.substr(digits);
  if (quantity == 0 && name.empty()) return true;
  for (std::size_t i = 0; i < unit_count; ++i) {
    if (units[i].name == name) return !__builtin_mul_overflow(quantity, units[i].factor, &quantity);
  }
  return false;
}

inline constexpr const char* duration_form = "a whole number with ns, us, ms, s, min, h or d, such as 90s";
inline bool parse_duration(std::string_view text, std::chrono::nanoseconds& duration) noexcept {
  static constexpr unit units[] = {
      {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
  std::int64_t count = 0;
  if (!parse_quantity(text, units, sizeof units / sizeof *units, count)) return false;
  duration = std::chrono::nanoseconds(count);
  return true;
}

inline constexpr const char* bytes_form = "a whole number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 64MiB";
inline bool parse_bytes(std::string_view text, std::uint64_t& bytes) noexcept {
  static constexpr unit units[] = {{"", 1},
                                   {"B", 1},
                                   {"kB", 1000},
                                   {"MB", 1000000},
                                   {"GB", 1000000000},
                                   {"TB", 1000000000000},
                                   {"KiB", 1ll << 10},
                                   {"MiB", 1ll << 20},
                                   {"GiB", 1ll << 30},
                                   {"TiB", 1ll << 40}};
  std::int64_t count = 0;
  if (!parse_quantity(text, units, sizeof units / sizeof *units, count)) return false;
  bytes = static_cast<std::uint64_t>(count);
  return true;
}

inline bool parse_boolean(std::string_view text, bool& value) noexcept {
  value = text == "true";
  return value || text == "false";
}

}  // namespace weir::detail
