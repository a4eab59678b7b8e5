// Whether a type holds a pointer, reference or view, as far as C++20 can see it: in the type itself, in the members (and members' members, bases and arrays) of
// aggregates up to the 32nd, and in the values of std::optional, std::array and whatever else names a value_type. Private members of classes with
// constructors stay hidden. Compile time only.
#pragma once

#include <cstddef>
#include <string_view>  // Also std::ranges::enable_borrowed_range, without all of <ranges>.
#include <type_traits>

namespace weir::detail {

/// std::reference_wrapper and its like: trivially copyable, but a pointer.
template <class T>
concept wraps_reference = requires {
  typename T::type;
}
&&std::is_convertible_v<const T&, typename T::type&> && !std::is_arithmetic_v<typename T::type>;

template <class T>
constexpr bool holds_address() noexcept;

/// Initialises any member that holds an address, and no other. Whole is the type whose members are looked at.
template <class Whole>
struct address_probe {
  template <class Member>
  requires(!std::is_same_v<Member, Whole> && holds_address<Member>()) operator Member() const noexcept;  // NOLINT(google-explicit-constructor)
};

// Whether the member behind N others can be initialised by a probe. `{}` initialises any one member, an array as a whole too; so no count of members is needed.
#define WEIR_DETAIL_1 {},
#define WEIR_DETAIL_2 WEIR_DETAIL_1 WEIR_DETAIL_1
#define WEIR_DETAIL_4 WEIR_DETAIL_2 WEIR_DETAIL_2
#define WEIR_DETAIL_8 WEIR_DETAIL_4 WEIR_DETAIL_4
#define WEIR_DETAIL_16 WEIR_DETAIL_8 WEIR_DETAIL_8
#define WEIR_DETAIL_AT(...) \
  if constexpr (requires { T{__VA_ARGS__ WEIR_DETAIL_PROBE}; }) return true;
#define WEIR_DETAIL_PROBE \
  address_probe<T> {}
#define WEIR_DETAIL_AT4(...)                \
  WEIR_DETAIL_AT(__VA_ARGS__)               \
  WEIR_DETAIL_AT(__VA_ARGS__ WEIR_DETAIL_1) \
  WEIR_DETAIL_AT(__VA_ARGS__ WEIR_DETAIL_2) \
  WEIR_DETAIL_AT(__VA_ARGS__ WEIR_DETAIL_2 WEIR_DETAIL_1)
#define WEIR_DETAIL_AT16(...)                \
  WEIR_DETAIL_AT4(__VA_ARGS__)               \
  WEIR_DETAIL_AT4(__VA_ARGS__ WEIR_DETAIL_4) \
  WEIR_DETAIL_AT4(__VA_ARGS__ WEIR_DETAIL_8) \
  WEIR_DETAIL_AT4(__VA_ARGS__ WEIR_DETAIL_8 WEIR_DETAIL_4)

template <class T>
constexpr bool member_holds_address() noexcept {
  WEIR_DETAIL_AT16()
  WEIR_DETAIL_AT16(WEIR_DETAIL_16)
  return false;
}

#undef WEIR_DETAIL_AT16
#undef WEIR_DETAIL_AT4
#undef WEIR_DETAIL_PROBE
#undef WEIR_DETAIL_AT
#undef WEIR_DETAIL_16
#undef WEIR_DETAIL_8
#undef WEIR_DETAIL_4
#undef WEIR_DETAIL_2
#undef WEIR_DETAIL_1

template <class T>
constexpr bool holds_address() noexcept {
  constexpr bool refers = std::ranges::enable_borrowed_range<T> || wraps_reference<T>;
  if constexpr (!std::is_class_v<T>) {
    return std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T> || std::is_reference_v<T>;
  } else if constexpr (std::is_aggregate_v<T> && !refers) {
    return member_holds_address<T>();
  } else if constexpr (requires { typename T::value_type; } && !refers) {
    return holds_address<typename T::value_type>();
  } else {
    return refers;
  }
}

}  // namespace weir::detail
