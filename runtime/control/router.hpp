// Which handler answers which path: patterns like "/v1/topologies/{t}" per verb, an unknown path answered with the nearest known one, and every exception
// turned into an answer. Filled before the server starts, then read only: any thread. Costs a walk over the routes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/control/http_message.hpp"

namespace weir::runtime {

/// Where a handler runs: what may take long must not hold up whoever asks for the node's health.
enum class lane : std::uint8_t {
  at_once,       ///< On the server's thread: microseconds, no waiting, no file.
  commands,      ///< One after another, in the order they came.
  reads,         ///< Reads files; beside the commands.
  publications,  ///< Waits for records to be durable; several at a time.
};

struct route {
  http_verb verb = http_verb::get;
  std::string pattern;
  lane where = lane::at_once;
  std::vector<std::string> params;  ///< That the query may hold; others are refused.
  std::function<http_response(const http_request&)> handle;
};

/// A route that fits, with the request's names and params set; or the answer that says why there is none.
struct routed {
  const route* found = nullptr;
  http_response refusal;
};

class router {
 public:
  void add(route r);
  routed find(http_request& request) const;
  const std::vector<route>& routes() const noexcept { return routes_; }

  static constexpr std::size_t target_bytes_max = 4096;

 private:
  routed no_route(const std::string& path, std::string allow) const;

  std::vector<route> routes_;
};

/// Runs the handler; what it throws becomes 500, and 400 where the request's JSON was to blame.
http_response answer(const route& r, const http_request& request) noexcept;

/// "%2F" as "/"; an error where that is not what it says. '+' stays.
result<std::string> percent_decoded(std::string_view text);
/// For one segment of a path or a value of a query.
std::string percent_encoded(std::string_view text);

}  // namespace weir::runtime
