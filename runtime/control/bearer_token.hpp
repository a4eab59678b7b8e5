// The secret that TCP clients show: read from a file that only its owner may read, and compared in a time that says nothing about it. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "topology/result.hpp"

namespace weir::runtime {

/// The file's first line without blanks around it: 16 to 256 visible characters of ASCII. Files that others may read are refused.
result<std::string> read_token(const std::string& path);

/// Whether an Authorization header shows the token. The time depends on the header's length alone.
bool shows_token(std::string_view authorization, std::string_view token) noexcept;

}  // namespace weir::runtime
