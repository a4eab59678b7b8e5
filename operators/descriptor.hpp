// Owns a file descriptor: closed by the destructor. Movable, not copyable.
#pragma once

#include <unistd.h>

#include <utility>

namespace weir::operators {

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  descriptor& operator=(descriptor&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool is_open() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }  ///< -1 where none is open.

 private:
  int fd_ = -1;
};

}  // namespace weir::operators
