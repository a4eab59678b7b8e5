// UTF-8 (RFC 3629) as far as manifests and messages need it. Pure functions; any thread; linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::topology {

/// Bytes of the well-formed character at the start of a text that is not empty; 0 where it is malformed (overlong, surrogate, too large, cut).
std::size_t utf8_length(std::string_view text) noexcept;

/// Well-formed from end to end and without a NUL, which would cut it short in every system call.
bool is_text(std::string_view text) noexcept;

/// The text on one line: control characters and malformed bytes become '?'.
std::string printable(std::string_view text);

/// Columns on a terminal, taking every character as one wide.
std::size_t columns_of(std::string_view text) noexcept;

}  // namespace weir::topology
