// What handlers read out of requests: bodies and what paths name. Everything in a request may be wrong.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "runtime/control/http_message.hpp"
#include "runtime/node/node_commands.hpp"

namespace weir::runtime {

error wrong(std::string message);

/// The body as an object with no members but these; an empty body is an empty object.
result<nlohmann::ordered_json> read_object(const std::string& text, std::initializer_list<const char*> members);
/// False where it is not there.
result<bool> read_flag(const nlohmann::ordered_json& j, const char* name);
result<std::string> read_string(const nlohmann::ordered_json& j, const char* name);
/// Nothing where it is not there.
result<std::optional<std::string>> read_optional(const nlohmann::ordered_json& j, const char* name);

/// What the path names, or the answer that there is no such thing.
struct found_target {
  command_target what;
  std::optional<http_response> missing;
};
found_target find_target(node_commands& node, const http_request& asked);

}  // namespace weir::runtime
