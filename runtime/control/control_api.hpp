// What control answers: the routes of docs/control.md over a node's commands. Made before the node, which may take a while to recover; until attach() every
// request that needs the node is answered 503, and /readyz says how far recovery has come. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "runtime/control/router.hpp"
#include "runtime/node/node_commands.hpp"

namespace weir::runtime {

class control_api {
 public:
  explicit control_api(std::string version) : version_(std::move(version)) {}
  control_api(const control_api&) = delete;
  control_api& operator=(const control_api&) = delete;

  /// Adds the routes; the API must outlive the router's use.
  void add_routes(router& to);

  void set_recovery_progress(std::uint64_t bytes_done, std::uint64_t bytes_total) noexcept;
  /// From here on the node answers; it must outlive all requests.
  void attach(node_commands& node) noexcept { node_ = &node; }
  void set_stopping() noexcept { stopping_ = true; }

 private:
  using node_handler = std::function<http_response(node_commands&, const http_request&)>;
  /// The handler with the attached node, or 503.
  std::function<http_response(const http_request&)> with_node(node_handler handle) const;
  http_response readiness() const;
  void add_reading_routes(router& to);
  void add_changing_routes(router& to);
  void add_deployment_routes(router& to);
  void add_stream_routes(router& to);
  void add_publishing_routes(router& to);
  void add_log_routes(router& to);
  void add_state_routes(router& to);
  void add_dead_letter_routes(router& to);

  const std::string version_;
  std::atomic<node_commands*> node_ = nullptr;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> bytes_done_ = 0;
  std::atomic<std::uint64_t> bytes_total_ = 0;
};

}  // namespace weir::runtime
