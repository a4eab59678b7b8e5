// A peer of tcp-source: connects, sends, and reads the answers. Waits at most `deadline_ms`, which is an error.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>
#include <string_view>

#include "operators/descriptor.hpp"

namespace weir::test {

inline constexpr int deadline_ms = 60000;

class tcp_client {
 public:
  /// To 127.0.0.1. receive_bytes: of the kernel's buffer, so that a peer that does not read is soon full; 0: as it is.
  explicit tcp_client(int port, int receive_bytes = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(socket_.is_open());
    if (receive_bytes != 0) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    connected_ = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }

  bool connected() const { return connected_; }
  int fd() const { return socket_.get(); }
  /// False where the other side has gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// As much as goes without waiting; how much that was.
  std::size_t send_some(std::string_view text) {
    const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  /// Nothing more is sent; answers are still read.
  void finish() { ::shutdown(socket_.get(), SHUT_WR); }

  /// Takes what is there, without waiting; false at the connection's end.
  bool take() {
    char bytes[4096];
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (got > 0) heard_.append(bytes, static_cast<std::size_t>(got));
      if (got == 0) return false;
      if (got < 0) return errno == EAGAIN;
    }
  }
  /// Everything that was heard.
  const std::string& heard() const { return heard_; }
  /// Waits for the next line; empty at the connection's end.
  std::string line() {
    for (;;) {
      const std::size_t end = heard_.find('\n', read_);
      if (end != std::string::npos) {
        std::string text = heard_.substr(read_, end - read_);
        read_ = end + 1;
        return text;
      }
      pollfd p{socket_.get(), POLLIN, 0};
      REQUIRE(::poll(&p, 1, deadline_ms) == 1);
      if (!take()) return "";
    }
  }

 private:
  operators::descriptor socket_;
  bool connected_ = false;
  std::string heard_;
  std::size_t read_ = 0;
};

}  // namespace weir::test
