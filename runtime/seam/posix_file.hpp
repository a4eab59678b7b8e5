// Files of the machine, behind the seam: what posix_files.cpp and posix_file.cpp share.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "runtime/seam/files.hpp"

namespace weir::runtime {

/// What the system said, as one line: "cannot <what> <path>: <reason>", with a remedy where there is an obvious one. A full disk has its own code.
error system_error_at(int number, const char* what, const std::string& path);

/// Closes what it owns.
class descriptor {
 public:
  explicit descriptor(int number = -1) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~descriptor();
  int get() const noexcept { return number_; }

 private:
  int number_;
};

/// `direct`: the descriptor was opened with O_DIRECT; the file falls back to the page cache where the file system then refuses to write that way.
std::unique_ptr<file> make_posix_file(descriptor number, std::string path, bool direct);

}  // namespace weir::runtime
