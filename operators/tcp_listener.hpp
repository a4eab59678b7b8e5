// A listening TCP socket that never waits. Owned by its source and used by its thread.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "operators/descriptor.hpp"

namespace weir::operators {

/// `127.0.0.1:7000`, `[::1]:7000`.
inline std::string address_text(const std::string& host, const std::string& port) {
  return (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' + port;
}

/// The numeric form of a socket's address, and the number of its port.
struct socket_name {
  std::string host, port;

  static socket_name of(const sockaddr_storage& address, socklen_t size) {
    char host[NI_MAXHOST] = "";
    char port[NI_MAXSERV] = "";
    ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    return {host, port};
  }
};

class tcp_listener {
 public:
  tcp_listener() = default;
  /// `host` is a numeric address: a name would have to be looked up, which may wait. Port 0: one that is free. Throws std::runtime_error.
  tcp_listener(const std::string& host, int port) {
    const std::string where = address_text(host, std::to_string(port));
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
      throw std::runtime_error("with.address: \"" + host + "\" is no numeric address such as 127.0.0.1, 0.0.0.0, ::1 or ::");
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, &::freeaddrinfo);
    socket_ = descriptor(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int one = 1;  // Connections of a former process that linger do not keep the port.
    if (!socket_.is_open() || ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0) refuse(where);
    if (::bind(socket_.get(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(socket_.get(), SOMAXCONN) != 0) refuse(where);
    sockaddr_storage got{};
    socklen_t size = sizeof got;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&got), &size) != 0) refuse(where);
    const socket_name name = socket_name::of(got, size);
    text_ = address_text(name.host, name.port);
  }

  int fd() const noexcept { return socket_.get(); }
  /// Where it listens, with the port that it got.
  const std::string& text() const noexcept { return text_; }

  /// None open: nobody waits to be let in (errno is EAGAIN), or nobody can be (any other errno).
  descriptor accept(socket_name& peer) const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    descriptor connection;
    do {
      connection = descriptor(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    } while (!connection.is_open() && (errno == EINTR || errno == ECONNABORTED));
    if (!connection.is_open()) return connection;
    const int one = 1;  // A peer that vanished without a word does not keep its place for ever.
    ::setsockopt(connection.get(), SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    peer = socket_name::of(address, size);
    return connection;
  }

 private:
  [[noreturn]] static void refuse(const std::string& where) {
    const int why = errno;
    std::string remedy;
    if (why == EADDRINUSE) remedy = ": another process listens there; stop it, or choose another with.port";
    if (why == EACCES) remedy = ": ports below 1024 need a privilege; choose another with.port";
    if (why == EADDRNOTAVAIL) remedy = ": with.address must be one of this machine's";
    throw std::runtime_error("cannot listen on " + where + ": " + std::strerror(why) + remedy);
  }

  descriptor socket_;
  std::string text_;
};

}  // namespace weir::operators
