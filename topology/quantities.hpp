// Sizes and durations as users write them: a whole decimal number and a unit, without a space; the same forms as <weir/config.hpp>. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::topology {

/// Digits only, always decimal (010 is ten), from `low` to `high`.
std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t low, std::uint64_t high) noexcept;

/// Bytes: "0", "4096", "4096B", "64kB" (1,000), "64KiB" (1,024), MB, MiB, GB, GiB, TB, TiB. At most INT64_MAX.
std::optional<std::int64_t> parse_size(std::string_view text) noexcept;
inline constexpr const char* size_form = "a whole number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 64MiB";

/// Nanoseconds: "0", "250us", units ns, us, ms, s, min, h, d. At most INT64_MAX, 106,751 days.
std::optional<std::int64_t> parse_duration(std::string_view text) noexcept;
/// The same back, in the largest unit that gives a whole number; days only from two on.
std::string duration_text(std::int64_t nanoseconds);
inline constexpr const char* duration_form = "a whole number with ns, us, ms, s, min, h or d, such as 90s";

}  // namespace weir::topology
