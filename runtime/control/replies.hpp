// Answers that several routes give. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "runtime/control/http_message.hpp"

namespace weir::runtime {

http_response json_reply(const nlohmann::ordered_json& j, unsigned status = 200);

/// 400: what the request says is wrong.
http_response bad_request(std::string message);

/// 404: "WHAT 'NAME'", like "no topology 'x'", with the nearest known name, or the known ones.
http_response no_such(const std::string& what, const std::string& name, const std::vector<std::string>& known);

}  // namespace weir::runtime
