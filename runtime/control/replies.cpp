#include "runtime/control/replies.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "topology/names.hpp"

namespace weir::runtime {

http_response json_reply(const nlohmann::ordered_json& j, unsigned status) {
  return {.status = status, .body = j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"};
}

http_response bad_request(std::string message) { return error_response({error_code::usage, std::move(message)}); }

http_response no_such(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  const std::string otherwise = known.empty() ? "; there is none" : "; there is " + topology::listed(known);
  return error_response({error_code::usage, fmt::format("{} {}{}", what, topology::quoted(name), topology::suggestion(name, known, otherwise))}, 404);
}

}  // namespace weir::runtime
