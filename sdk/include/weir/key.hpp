// Keys: of records and timers (with the hash that the runtime knows), and as arguments (anything that is text).
// Views; the bytes belong to the runtime and are valid until the hook returns.
#pragma once

#include <weir/abi.h>
#include <weir/detail/text_like.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace weir {

namespace detail {
struct access;
}  // namespace detail

/// The key of a record or timer. It converts to std::string_view but is none: it carries the hash of its bytes, which therefore cannot go stale, and passing
/// it on (to produce, to a state) saves computing the hash again. Copies are views of the same bytes: keep `std::string(record.key)` instead.
class record_key {
 public:
  constexpr record_key() = default;  ///< The empty key.

  /// Its bytes.
  constexpr operator std::string_view() const noexcept { return view_; }  // NOLINT(google-explicit-constructor)
  constexpr std::string_view view() const noexcept { return view_; }      ///< Its bytes.
  constexpr const char* data() const noexcept { return view_.data(); }    ///< Not ended by a NUL.
  constexpr std::size_t size() const noexcept { return view_.size(); }    ///< Bytes.
  constexpr bool empty() const noexcept { return view_.empty(); }         ///< Whether it has no bytes.
  constexpr auto begin() const noexcept { return view_.begin(); }         ///< For loops over the bytes.
  constexpr auto end() const noexcept { return view_.end(); }             ///< For loops over the bytes.
  constexpr std::uint64_t hash() const noexcept { return hash_; }         ///< 0 where nobody has computed it yet.

  /// @{ By their bytes.
  friend constexpr bool operator==(const record_key& a, const record_key& b) noexcept { return a.view_ == b.view_; }
  friend constexpr bool operator==(const record_key& a, std::string_view b) noexcept { return a.view_ == b; }
  friend constexpr auto operator<=>(const record_key& a, const record_key& b) noexcept { return a.view_ <=> b.view_; }
  friend constexpr auto operator<=>(const record_key& a, std::string_view b) noexcept { return a.view_ <=> b; }
  /// @}

  /// Writes to whatever takes a std::string_view.
  template <class Stream>
  requires requires(Stream& out, std::string_view text) { out << text; }
  friend Stream& operator<<(Stream& out, const record_key& key) {
    out << key.view_;
    return out;
  }

 private:
  friend struct detail::access;
  constexpr record_key(std::string_view view, std::uint64_t hash) noexcept : view_(view), hash_(hash) {}

  std::string_view view_;
  std::uint64_t hash_ = 0;
};

/// A key as an argument: a record_key (the hash is used again) or anything that converts to std::string_view. Only made by the conversion at a call.
class key_argument {
 public:
  /// With the hash that the runtime knows.
  constexpr key_argument(const record_key& key) noexcept  // NOLINT(google-explicit-constructor)
      : raw_{detail::data_of(key), key.size(), key.hash()} {}
  /// Any text; its hash is computed when it is needed.
  template <detail::text_like S>
  constexpr key_argument(const S& text) noexcept  // NOLINT(google-explicit-constructor)
      : key_argument(std::string_view(text), 0) {}

  /// For the C side.
  constexpr const weir_key& raw() const noexcept { return raw_; }
  /// Its bytes.
  constexpr std::string_view view() const noexcept { return {raw_.data, raw_.size}; }

 private:
  constexpr key_argument(std::string_view text, int) noexcept : raw_{detail::data_of(text), text.size(), 0} {}

  weir_key raw_;
};

namespace detail {
/// What the SDK may do and users may not.
struct access {
  static constexpr record_key key(const char* data, std::size_t size, std::uint64_t hash) noexcept { return {std::string_view(data, size), hash}; }
};
}  // namespace detail

}  // namespace weir
