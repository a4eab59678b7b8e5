// A request that a handler answers, and its answer; neither knows how they travelled. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "topology/result.hpp"

namespace weir::runtime {

enum class http_verb : std::uint8_t { get, post, del };

/// "GET", "POST" or "DELETE".
const char* verb_name(http_verb verb) noexcept;

struct http_request {
  http_verb verb = http_verb::get;
  std::string target;                         ///< As sent: path and query, percent-encoded.
  std::string body;                           ///< UTF-8 is not checked.
  std::map<std::string, std::string> names;   ///< What stands for the {name}s of the route, decoded; set by the router.
  std::map<std::string, std::string> params;  ///< Of the query, decoded; set by the router.
  std::chrono::nanoseconds waited{0};         ///< Since it came, where its handler said `again` before.

  const std::string& name(const std::string& of) const { return names.at(of); }
};

struct http_response {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string allow = {};  ///< With 405.
  bool again = false;      ///< No answer yet: the handler of a lane wants to be asked again soon. It must say for how long by `waited`.
};

/// {"error": one line that names the remedy, "code": the word of its class}, with the status that says the same: usage 400, unreachable 503, refused 409,
/// else 500; `status` where another one fits better.
http_response error_response(const error& why, unsigned status = 0);

/// "failed", "usage", "unreachable", "refused", "corrupt", "no_space" or "rolled_back", and back; failed where the word is unknown.
const char* error_code_name(error_code code) noexcept;
error_code error_code_of(std::string_view name) noexcept;

}  // namespace weir::runtime
