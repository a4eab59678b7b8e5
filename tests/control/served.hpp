// A control server over a fake node, on a Unix socket in a folder of its own and, on demand, on a loopback port; and raw connections to it.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "runtime/control/client.hpp"
#include "runtime/control/control_api.hpp"
#include "runtime/control/server.hpp"
#include "tests/control/fake_node.hpp"
#include "tests/crash/workspace.hpp"

namespace weir::test {

using nlohmann::json;
using runtime::http_verb;

/// Bytes out, bytes in: a client that may misbehave.
class raw_connection {
 public:
  explicit raw_connection(const std::string& address) {
    auto connected = runtime::connect_to(address);
    REQUIRE(connected);
    socket_ = std::move(*connected);
  }
  /// As far as the server takes it.
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  int descriptor() const noexcept { return socket_.get(); }
  void end() const { ::shutdown(socket_.get(), SHUT_WR); }
  /// Everything until the server closes, or until `enough` has come.
  std::string receive(const std::string& enough = "") const {
    std::string all;
    std::array<char, 4096> part{};
    while (enough.empty() || all.find(enough) == std::string::npos) {
      pollfd p{socket_.get(), POLLIN, 0};
      if (::poll(&p, 1, 60'000) != 1) {
        FAIL_CHECK("the server neither answered nor closed");
        break;
      }
      const ssize_t n = ::recv(socket_.get(), part.data(), part.size(), 0);
      if (n <= 0) break;
      all.append(part.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

 private:
  runtime::owned_descriptor socket_;
};

struct answered {
  unsigned status = 0;
  std::string type;
  std::string text;
  json body;  ///< Discarded where the text is no JSON.
  std::string error() const { return body.is_object() && body.contains("error") ? body["error"].get<std::string>() : ""; }
};

class served {
 public:
  explicit served(runtime::server_options options = {}, bool ready = true, bool tcp = false) {
    api.add_routes(routes);
    if (ready) api.attach(node);
    std::vector<runtime::listener> listeners;
    auto unix_socket = runtime::listener::at_path((place / "weir.sock").string());
    REQUIRE(unix_socket);
    listeners.push_back(std::move(*unix_socket));
    if (tcp) {
      auto loopback = runtime::listener::at_loopback("127.0.0.1:0");
      REQUIRE(loopback);
      listeners.push_back(std::move(*loopback));
    }
    auto started = runtime::control_server::start(std::move(listeners), routes, std::move(options));
    REQUIRE(started);
    server = std::move(*started);
  }

  std::string address() const { return server->addresses()[0]; }
  std::string tcp_address() const { return server->addresses()[1]; }

  answered ask(http_verb verb, const std::string& target, const std::string& body = "") const { return ask_at({address(), ""}, verb, target, body); }
  answered get(const std::string& target) const { return ask(http_verb::get, target); }
  answered post(const std::string& target, const std::string& body = "") const { return ask(http_verb::post, target, body); }
  static answered ask_at(const runtime::node_address& at, http_verb verb, const std::string& target, const std::string& body = "") {
    const auto r = runtime::ask_node(at, verb, target, body);
    INFO((r ? "" : r.why().message));
    REQUIRE(r);
    return {r->status, r->content_type, r->body, json::parse(r->body, nullptr, false)};
  }

  workspace place;
  fake_node node;
  runtime::router routes;
  runtime::control_api api{"0.1.0"};
  std::unique_ptr<runtime::control_server> server;  ///< Last: it uses the rest.
};

}  // namespace weir::test
