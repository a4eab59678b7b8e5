// One connection of the control server: requests read, routed and answered one after another, also when pipelined. Runs on the server's thread; keeps itself
// alive while it waits for the network or a lane. Private to the server: this is where Asio begins.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "runtime/control/server.hpp"
#include "runtime/control/task_lane.hpp"

namespace weir::runtime {

/// What the sessions of a server share; outlives them.
struct session_context {
  const router& routes;
  const server_options& options;
  boost::asio::io_context& io;
  task_lane& commands;
  task_lane& reads;
  task_lane& publications;
};

/// Takes a connected, non-blocking socket. `family`: AF_UNIX, AF_INET or AF_INET6. While the session lives, `open` counts it: sessions outlive their acceptor.
void begin_session(session_context& context, owned_descriptor socket, int family, bool needs_token, std::shared_ptr<std::atomic<std::size_t>> open);

/// Says 503 on a connection that is one too many, as far as that goes without waiting.
void turn_away(const owned_descriptor& socket) noexcept;

}  // namespace weir::runtime
