#include "topology/quantities.hpp"

#include <charconv>
#include <span>

namespace weir::topology {
namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr unit size_units[] = {
    {"", 1},          {"B", 1},         {"kB", 1000},     {"MB", 1000000},    {"GB", 1000000000}, {"TB", 1000000000000},
    {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1ll << 40},
};
constexpr unit duration_units[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000},
};

std::optional<std::int64_t> parse_quantity(std::string_view text, std::span<const unit> units) noexcept {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  auto number = parse_whole(text.substr(0, digits), 0, INT64_MAX);
  if (!number) return std::nullopt;
  std::string_view name = text.substr(digits);
  if (*number == 0 && name.empty()) return 0;
  for (const auto& u : units) {
    std::int64_t product = 0;
    if (u.name == name) return __builtin_mul_overflow(static_cast<std::int64_t>(*number), u.factor, &product) ? std::nullopt : std::optional(product);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t low, std::uint64_t high) noexcept {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  std::uint64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number, 10);
  bool whole = fault == std::errc() && end == text.data() + text.size();
  return whole && number >= low && number <= high ? std::optional(number) : std::nullopt;
}

std::string duration_text(std::int64_t nanoseconds) {
  const unit* best = &duration_units[0];
  for (const auto& u : duration_units) {
    bool whole = nanoseconds % u.factor == 0 && nanoseconds >= u.factor;
    if (whole && (u.name != "d" || nanoseconds >= 2 * u.factor)) best = &u;
  }
  return nanoseconds == 0 ? "0" : std::to_string(nanoseconds / best->factor) + std::string(best->name);
}

std::optional<std::int64_t> parse_size(std::string_view text) noexcept { return parse_quantity(text, size_units); }
std::optional<std::int64_t> parse_duration(std::string_view text) noexcept { return parse_quantity(text, duration_units); }

}  // namespace weir::topology
