// Which types can be state or travel as bytes, and what the runtime has to know about them. Compile time only.
#pragma once

#include <weir/detail/holds_address.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
#define WEIR_HAS_CLEAR_PADDING 1
#endif
#endif

namespace weir {

/// A value of any length, as `keyed_state<weir::bytes>` and `partition_state<weir::bytes>`.
using bytes = std::string;

namespace detail {

/// The name of a type as the compiler prints it, for messages.
template <class T>
constexpr std::string_view type_name() noexcept {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t begin = text.find("T = ") + 4;
  std::size_t end = text.find(';', begin);
  if (end == std::string_view::npos) end = text.rfind(']');
  return text.substr(begin, end - begin);
}

/// No byte of a T can be padding. (For other types it is not known: floating-point members hide it.)
template <class T>
inline constexpr bool packed = std::has_unique_object_representations_v<T> || std::is_same_v<T, float> || std::is_same_v<T, double>;

/// Zeroes what is padding in a T, so that equal values are equal bytes. Clang before 20 cannot: there padding stays as the operator left it.
template <class T>
void clear_padding(void* value) noexcept {
#ifdef WEIR_HAS_CLEAR_PADDING
  __builtin_clear_padding(static_cast<T*>(value));
#else
  static_cast<void>(value);
#endif
}

/// The function for weir_state_info.normalize; nullptr where there is nothing to do.
template <class T>
constexpr auto normalizer() noexcept -> void (*)(void*) {
#ifdef WEIR_HAS_CLEAR_PADDING
  if constexpr (!packed<T>) return &clear_padding<T>;
#endif
  return nullptr;
}

}  // namespace detail

/// What can be stored as it lies in memory: trivially copyable, without pointers and views in it (as far as the compiler can see: not in private members), and
/// with a default constructor, since it is made of zero bytes.
template <class T>
inline constexpr bool storable =
    std::is_trivially_copyable_v<T>&& std::is_default_constructible_v<T> && !std::is_empty_v<T> && alignof(T) <= 8 && !detail::holds_address<T>();

namespace detail {

/// The reasons one by one, so that the compiler names the one that applies. For bodies of functions only: within a class that a type is nested in, the compiler
/// does not know yet how the type's members are initialised, and remembers a wrong answer.
template <class T>
constexpr bool check_value() noexcept {
  static_assert(!std::is_reference_v<T>, "weir: drop const and & from the type");
  static_assert(!std::is_same_v<T, bytes>, "weir: a std::string is no fixed value: take the record's value itself, or weir::bytes as a state");
  static_assert(!std::is_pointer_v<T> && !std::is_member_pointer_v<T> && !wraps_reference<T>,
                "weir: a pointer or reference means nothing after a restart; store what it points to");
  static_assert(!std::ranges::enable_borrowed_range<T>, "weir: a view would dangle; use weir::bytes for text and other values of varying length");
  static_assert(
      std::is_trivially_copyable_v<T>,
      "weir: the type must be trivially copyable; use a struct of numbers (instead of std::pair or std::tuple), or weir::bytes for text and containers");
  if constexpr (std::is_class_v<T> && std::is_trivially_copyable_v<T> && !std::ranges::enable_borrowed_range<T> && !wraps_reference<T>) {
    static_assert(!holds_address<T>(),
                  "weir: a member of the type is a pointer, reference or view, which means nothing after a restart; store what it refers to");
    static_assert(!std::is_empty_v<T>, "weir: the type has no members; use char to remember that something was there");
    static_assert(std::is_default_constructible_v<T>,
                  "weir: the type needs a default constructor, since absent values are zero bytes (is a member a reference?)");
  }
  static_assert(alignof(std::remove_reference_t<T>) <= 8, "weir: values are aligned to 8 bytes; this type asks for more (long double, vector types)");
  return true;
}

/// How a type lies in a state. Specialised for what is not stored as it lies in memory: weir::bytes, and weir::flat<Table> in <weir/flatbuffers.hpp>.
template <class T>
struct state_value {
  static constexpr bool varying = false;
  static constexpr std::uint32_t size = sizeof(T);
  static constexpr auto normalize = normalizer<T>();
  static constexpr std::string_view name() noexcept { return type_name<T>(); }
  static constexpr std::string_view schema() noexcept { return {}; }
  /// For conversions between versions.
  static T decode(std::string_view stored) noexcept {
    T value;
    std::memcpy(&value, stored.data(), sizeof value);
    return value;
  }
  static std::string encode(const T& value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }
};
template <>
struct state_value<bytes> {
  static constexpr bool varying = true;
  static constexpr std::uint32_t size = 0;
  static constexpr void (*normalize)(void*) = nullptr;
  static constexpr std::string_view name() noexcept { return "weir::bytes"; }
  static constexpr std::string_view schema() noexcept { return {}; }
  static bytes decode(std::string_view stored) { return bytes(stored); }
  static std::string encode(std::string_view value) { return std::string(value); }
};

/// Whether a type can be state; refuses it with the reason where it cannot. For bodies of functions only, as check_value.
template <class T>
constexpr bool check_state() noexcept {
  static_assert(!std::is_const_v<T> && !std::is_reference_v<T>, "weir: drop const and & from the type");
  if constexpr (!state_value<std::remove_cvref_t<T>>::varying) return check_value<std::remove_cvref_t<T>>();
  return true;
}

}  // namespace detail

/// A copy of a trivially copyable value as bytes, padding zeroed; converts to std::string_view. Made by bytes_of.
template <class T>
class value_bytes {
 public:
  /// Copies.
  explicit value_bytes(const T& value) noexcept {
    std::memcpy(bytes_, &value, sizeof(T));
    if constexpr (!detail::packed<T>) detail::clear_padding<T>(bytes_);
  }
  /// A view of the copy. In a call also of a temporary: it lives to the end of the statement.
  operator std::string_view() const& noexcept { return {bytes_, sizeof(T)}; }  // NOLINT(google-explicit-constructor)

 private:
  alignas(T) char bytes_[sizeof(T)];
};

/// For produce: `orders.produce(key, weir::bytes_of(order))`; the reader takes it with `record.as<order>()`.
template <class T>
value_bytes<T> bytes_of(const T& value) noexcept {
  static_assert(detail::check_value<T>());
  return value_bytes<T>(value);
}

/// An unsigned number as a sub-key: big-endian, so that the byte order of sub-keys is the numbers' order.
template <class T>
std::string subkey(T number) {
  static_assert(std::is_unsigned_v<T> && !std::is_same_v<T, bool>, "subkey: the number must be unsigned; negative ones would sort behind positive ones");
  std::string text(sizeof number, '\0');
  for (std::size_t i = 0; i < sizeof number; ++i) text[i] = static_cast<char>((number >> (8 * (sizeof number - 1 - i))) & 0xff);
  return text;
}

/// The number that subkey() wrote.
template <class T>
T number_of(std::string_view subkey) noexcept {
  static_assert(std::is_unsigned_v<T> && !std::is_same_v<T, bool>, "number_of: the number must be unsigned, as for subkey");
  T number = 0;
  for (const char c : subkey) number = static_cast<T>(static_cast<T>(number << (sizeof(T) > 1 ? 8 : 0)) | static_cast<unsigned char>(c));
  return number;
}

}  // namespace weir
