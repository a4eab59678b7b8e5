// Where control listens: a Unix socket that only its owner may open, and loopback TCP. Owned by the server; the destructor closes, and takes the socket's file
// away. One thread each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "topology/result.hpp"

namespace weir::runtime {

/// A file descriptor that closes itself.
class owned_descriptor {
 public:
  owned_descriptor() = default;
  explicit owned_descriptor(int number) noexcept : number_(number) {}
  owned_descriptor(owned_descriptor&& other) noexcept : number_(other.release()) {}
  owned_descriptor& operator=(owned_descriptor&& other) noexcept;
  ~owned_descriptor();
  int get() const noexcept { return number_; }
  int release() noexcept;
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

class listener {
 public:
  /// Takes `path`, mode 0600, in a directory that exists. A socket whose node has died is replaced; one that a living process serves never is, also when two
  /// start at once: a lock on `path`.lock decides.
  static result<listener> at_path(const std::string& path);
  /// "127.0.0.1:8080", "[::1]:8080", "localhost:0"; 0 lets the kernel choose. Other hosts are refused.
  static result<listener> at_loopback(const std::string& address);

  listener(listener&&) noexcept = default;
  listener& operator=(listener&&) = delete;
  ~listener();

  int descriptor() const noexcept { return socket_.get(); }
  bool is_tcp() const noexcept { return path_.empty(); }
  const std::string& address() const noexcept { return address_; }  ///< For people, with the port that was chosen; what `--node` takes.

 private:
  listener() = default;

  owned_descriptor lock_;
  owned_descriptor socket_;
  std::string path_;
  std::string address_;
};

/// A connection to a listener by what its address() says. Not reachable: error_code::unreachable, with what to do.
result<owned_descriptor> connect_to(const std::string& address);

/// Whether it names a host and a port; else it is a path.
bool is_tcp_address(const std::string& address);

}  // namespace weir::runtime
