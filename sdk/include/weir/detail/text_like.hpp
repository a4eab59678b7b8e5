// What can be given where a text is meant. Compile time only.
#pragma once

#include <string_view>
#include <type_traits>

namespace weir::detail {

template <class S>
concept text_like = std::is_convertible_v<const S&, std::string_view> && !std::is_null_pointer_v<S>;

}  // namespace weir::detail
