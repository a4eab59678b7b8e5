// A decimal number as data has it: whole numbers that fit are exact, all others are floating-point. A plain value of 16 bytes, fit for state; zero bytes are
// the number 0. Pure functions; any thread.
#pragma once

#include <weir/weir.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "operators/record_place.hpp"

namespace weir::operators {

class number {
 public:
  constexpr number() = default;
  constexpr explicit number(std::int64_t whole) : bits_(std::bit_cast<std::uint64_t>(whole)) {}
  constexpr explicit number(double real) : kind_(1), bits_(std::bit_cast<std::uint64_t>(real)) {}

  /// Digits with an optional sign -, fraction and exponent. False where the text is something else, or beyond what a double holds.
  static bool read(std::string_view text, number& out) {
    std::int64_t whole = 0;
    const char* const end = text.data() + text.size();
    if (const auto parsed = std::from_chars(text.data(), end, whole); parsed.ec == std::errc() && parsed.ptr == end) {
      out = number(whole);
      return true;
    }
    double real = 0;
    const auto parsed = std::from_chars(text.data(), end, real);
    if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(real)) return false;
    out = number(real);
    return true;
  }
  /// The number at a place of a record. Throws std::runtime_error.
  static number at(record_place& place, const weir::record& record) {
    number found;
    const std::string_view text = place.of(record);
    if (!read(text, found)) throw std::runtime_error(place.text() + " is not a number: " + excerpt(text));
    return found;
  }

  bool is_whole() const { return kind_ == 0; }
  std::int64_t whole() const { return std::bit_cast<std::int64_t>(bits_); }
  double real() const { return is_whole() ? static_cast<double>(whole()) : std::bit_cast<double>(bits_); }

  friend bool operator<(number a, number b) { return a.is_whole() && b.is_whole() ? a.whole() < b.whole() : a.real() < b.real(); }

  /// Exact as long as both are whole and the sum fits; then floating-point.
  friend number operator+(number a, number b) {
    std::int64_t sum = 0;
    if (a.is_whole() && b.is_whole() && !__builtin_add_overflow(a.whole(), b.whole(), &sum)) return number(sum);
    return number(a.real() + b.real());
  }

  void produce(weir::ostream& out, const weir::record_key& key) const {
    if (is_whole())
      out.produce(key, whole());
    else
      out.produce(key, real());
  }

 private:
  std::uint64_t kind_ = 0;
  std::uint64_t bits_ = 0;
};

}  // namespace weir::operators
