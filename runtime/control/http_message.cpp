#include "runtime/control/http_message.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "topology/utf8.hpp"

namespace weir::runtime {

namespace {

constexpr std::array<std::pair<error_code, const char*>, 7> codes{{{error_code::failed, "failed"},
                                                                   {error_code::usage, "usage"},
                                                                   {error_code::unreachable, "unreachable"},
                                                                   {error_code::refused, "refused"},
                                                                   {error_code::corrupt, "corrupt"},
                                                                   {error_code::no_space, "no_space"},
                                                                   {error_code::rolled_back, "rolled_back"}}};

unsigned status_of(error_code code) noexcept {
  switch (code) {
    case error_code::usage: return 400;
    case error_code::unreachable: return 503;
    case error_code::refused:
    case error_code::rolled_back: return 409;
    default: return 500;
  }
}

}  // namespace

const char* verb_name(http_verb verb) noexcept { return verb == http_verb::get ? "GET" : verb == http_verb::post ? "POST" : "DELETE"; }

const char* error_code_name(error_code code) noexcept {
  for (const auto& [known, name] : codes)
    if (known == code) return name;
  return "failed";
}

error_code error_code_of(std::string_view name) noexcept {
  for (const auto& [code, known] : codes)
    if (name == known) return code;
  return error_code::failed;
}

http_response error_response(const error& why, unsigned status) {
  // It may hold paths and words of operators: they are not to make up lines, nor to steer a terminal.
  const nlohmann::json j{{"error", topology::printable(why.message)}, {"code", error_code_name(why.code)}};
  return {.status = status != 0 ? status : status_of(why.code), .body = j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

}  // namespace weir::runtime
