// Bytes that users wrote, as JSON for people and programs. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace weir::runtime {

/// {"text": …, "hex": …}: the text is null unless the bytes are UTF-8 without control characters but for tabs and newlines.
nlohmann::ordered_json bytes_json(std::string_view bytes);

/// What 1, 2, 4 or 8 bytes are as a number of this machine, whose type nobody knows: {"unsigned": …, "signed": …}, and "float" for 4 and 8 bytes that are a
/// finite one; else null.
nlohmann::ordered_json number_json(std::string_view bytes);

/// Two digits a byte, lower case.
std::string hex_of(std::string_view bytes);

}  // namespace weir::runtime
