// A record as a line, as the API tells of it. Pure; any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace weir::cli {

enum class record_format : std::uint8_t { text, hex, json };

/// With its newline. `position`: text and hex begin with where the record stands.
std::string record_line(const nlohmann::ordered_json& record, record_format format, bool position);

/// On one line, for eyes: control characters and malformed UTF-8 as \n, \r, \t and \xHH.
std::string escaped(std::string_view bytes);

/// Nanoseconds since the epoch as UTC, "2024-10-27T03:33:20Z" or as strftime() has it; as the number where that is no date.
std::string time_text(std::int64_t ns, const char* format = "%Y-%m-%dT%H:%M:%SZ");

}  // namespace weir::cli
