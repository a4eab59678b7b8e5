#include "runtime/control/client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstring>

#include "runtime/control/listener.hpp"

namespace weir::runtime {

namespace {

namespace http = boost::beast::http;

constexpr std::uint64_t response_bytes_max = 256u << 20;

error broken(const node_address& at, const std::string& why) {
  return {error_code::unreachable,
          fmt::format("the node at {} broke the connection off ({}); see its output, and what `weir status` says, before asking again", at.address, why)};
}

result<void> send_all(const owned_descriptor& socket, std::string_view bytes, const node_address& at) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};  // What the node said before that may still be read.
    if (n < 0) return broken(at, std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

std::string request_text(const node_address& at, http_verb verb, const std::string& target, const std::string& body) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n", verb_name(verb), target,
                                 is_tcp_address(at.address) ? at.address : "weir", body.size());
  if (!body.empty()) text += "Content-Type: application/json\r\n";
  if (!at.token.empty()) text += "Authorization: Bearer " + at.token + "\r\n";
  return text + "\r\n" + body;
}

result<http_response> receive(const owned_descriptor& socket, const node_address& at) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(response_bytes_max);
  parser.eager(true);
  std::string held;
  std::array<char, 16384> part{};
  boost::system::error_code failed;
  while (!parser.is_done()) {
    const ssize_t n = ::recv(socket.get(), part.data(), part.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return broken(at, std::strerror(errno));
    if (n == 0) {
      if (parser.got_some()) parser.put_eof(failed);  // It must not be told of an end before any beginning.
      if (failed || !parser.is_done()) return broken(at, "it closed it before it had answered");
      break;
    }
    held.append(part.data(), static_cast<std::size_t>(n));
    const std::size_t used = parser.put(boost::asio::buffer(held), failed);
    if (failed && failed != http::error::need_more) return broken(at, "what answers there does not speak HTTP: " + failed.message());
    held.erase(0, used);
  }
  auto message = parser.release();
  const auto type = message[http::field::content_type];
  return http_response{.status = message.result_int(), .body = std::move(message.body()), .content_type = std::string(type.data(), type.size())};
}

}  // namespace

result<http_response> ask_node(const node_address& at, http_verb verb, const std::string& target, const std::string& body) {
  auto socket = connect_to(at.address);
  if (!socket) return socket.why();
  if (auto sent = send_all(*socket, request_text(at, verb, target, body), at); !sent) return sent.why();
  return receive(*socket, at);
}

}  // namespace weir::runtime
