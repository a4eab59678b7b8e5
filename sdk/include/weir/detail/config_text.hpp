// Reads the scalars of the config: numbers, durations, sizes. Pure functions; any thread.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace weir::detail {

/// The whole text as a number of type N; no sign `+`, no spaces, no hexadecimal.
template <class N>
std::optional<N> parse_number(std::string_view text) noexcept {
  N number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct unit {
  std::string_view name;
  std::int64_t factor;
};

/// Digits and a unit without a space between them; a bare 0 needs no unit.
template <std::size_t N>
std::optional<std::int64_t> parse_quantity(std::string_view text, const unit (&units)[N]) noexcept {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto number = parse_number<std::int64_t>(text.substr(0, digits));
  if (!number) return std::nullopt;
  const std::string_view name = text.substr(digits);
  if (*number == 0 && name.empty()) return 0;
  for (const unit& u : units) {
    std::int64_t product = 0;
    if (u.name == name) return __builtin_mul_overflow(*number, u.factor, &product) ? std::nullopt : std::optional<std::int64_t>(product);
  }
  return std::nullopt;
}

inline constexpr const char* duration_form = "a whole number with ns, us, ms, s, min, h or d, such as 90s";
inline std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) noexcept {
  static constexpr unit units[] = {
      {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000}};
  const auto count = parse_quantity(text, units);
  return count ? std::optional(std::chrono::nanoseconds(*count)) : std::nullopt;
}

inline constexpr const char* bytes_form = "a whole number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 64MiB";
inline std::optional<std::uint64_t> parse_bytes(std::string_view text) noexcept {
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
  const auto count = parse_quantity(text, units);
  return count ? std::optional(static_cast<std::uint64_t>(*count)) : std::nullopt;
}

inline std::optional<bool> parse_boolean(std::string_view text) noexcept {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

}  // namespace weir::detail
