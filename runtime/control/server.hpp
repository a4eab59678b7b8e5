// HTTP/1.1 over the listeners, on one thread of its own and two lanes for what takes long. Everything is bounded: connections, headers, bodies, the time that
// a request may take to arrive and an answer to leave, and what waits in the lanes. What is malformed or too large is answered with an error in JSON and the
// connection closed; no exception leaves. Start and destroy from one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "runtime/control/listener.hpp"
#include "runtime/control/router.hpp"

namespace weir::runtime {

struct server_options {
  std::string token;                           ///< What TCP clients must show, but for /healthz and /readyz; the Unix socket's mode guards it.
  std::size_t connections_max = 64;            ///< Of each listener, so that who may not come in over TCP keeps nobody from the socket; more are answered 503.
  std::uint32_t header_bytes_max = 16u << 10;  ///< 431
  std::uint64_t body_bytes_max = 10u << 20;    ///< 413. A manifest of the largest size, every character escaped as JSON may.
  std::size_t tasks_max = 64;                  ///< In each lane; 503.
  std::chrono::milliseconds request_time_max{30'000};   ///< For a request to arrive, counted from the answer before; then the connection is closed.
  std::chrono::milliseconds response_time_max{30'000};  ///< For an answer to leave.
};

class control_server {
 public:
  /// Serves at once. The routes must outlive the server.
  static result<std::unique_ptr<control_server>> start(std::vector<listener> listeners, const router& routes, server_options options);
  virtual ~control_server() = default;  ///< Closes connections, waits for the handlers that run, and takes the sockets' files away.

  virtual std::vector<std::string> addresses() const = 0;
};

}  // namespace weir::runtime
