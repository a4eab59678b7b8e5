// Names as users write them: which are allowed, which known one was meant, and how a message quotes them.
// Pure functions; any thread. nearest_name costs O(length² · known).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace weir::topology {

/// Why a name is not allowed, for a message; "" where it is. Allowed are letters, digits, '-', '_' and '.' of ASCII, beginning with a letter, a digit or '_',
/// so that a name is safe in a path, a URL, a command line and a metric's label.
std::string name_fault(std::string_view name, std::size_t bytes_max);

/// The known name nearest to a mistyped one (edit distance, upper and lower case alike), or "" where none is near.
std::string nearest_name(const std::string& name, std::span<const std::string> known);

/// "; did you mean 'x'?", or `otherwise` where no known name is near.
std::string suggestion(const std::string& name, std::span<const std::string> known, const std::string& otherwise);

/// The text in single quotes, on one line and cut after 80 bytes: control characters and broken UTF-8 become '?'.
std::string quoted(std::string_view text);

/// "a, b, c", cut after ten.
std::string listed(std::span<const std::string> names);

}  // namespace weir::topology
