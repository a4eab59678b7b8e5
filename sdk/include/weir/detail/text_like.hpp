// Texts as arguments.
#pragma once

#include <string_view>
#include <type_traits>

namespace weir::detail {

template <class S>
concept text_like = std::is_convertible_v<const S&, std::string_view> && !std::is_null_pointer_v<S>;

/// A default std::string_view has no data; to the runtime nullptr may mean something else than the empty text.
constexpr const char* data_of(std::string_view text) noexcept { return text.data() ? text.data() : ""; }

}  // namespace weir::detail
