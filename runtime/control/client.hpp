// Asks a node: one request, one answer, a connection each. Blocks; one thread.
#pragma once

#include <string>

#include "runtime/control/http_message.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

inline constexpr unsigned first_error_status = 300;

struct node_address {
  std::string address;  ///< A socket's path, or HOST:PORT of loopback.
  std::string token;    ///< For HOST:PORT.
};

/// What the node answered, whatever its status. error_code::unreachable where none answers or the connection breaks.
result<http_response> ask_node(const node_address& at, http_verb verb, const std::string& target, const std::string& body);

}  // namespace weir::runtime
