// Bytes as members of a JSON object: as text under their name where they are UTF-8, else as base64 (RFC 4648, padded) under their name with "_base64" behind
// it. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace weir::runtime {

void add_bytes(nlohmann::ordered_json& to, const std::string& name, std::string_view bytes);
/// The bytes that add_bytes() put there; nothing where there are none or they are malformed.
std::optional<std::string> bytes_of(const nlohmann::ordered_json& from, const std::string& name);

std::string base64_text(std::string_view bytes);
std::optional<std::string> base64_bytes(std::string_view text);

}  // namespace weir::runtime
