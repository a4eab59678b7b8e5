// Cuts a file into lines, reading large blocks. A line ends with LF or CRLF, neither of which is part of it; the last line needs no end.
// Owned by its source and used by its thread. Memory: one block and the longest line so far.
#pragma once

#include <weir/file.hpp>

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::operators {

class line_reader {
 public:
  /// Reads from offset on, where line number `line` (counted from 0) begins. The name is for errors.
  line_reader(weir::file file, std::string name, std::uint64_t offset, std::uint64_t line, std::uint64_t line_bytes_max)
      : file_(std::move(file)), name_(std::move(name)), offset_(offset), line_(line), line_bytes_max_(line_bytes_max) {}

  std::uint64_t offset() const { return offset_; }  ///< Where the next line begins.
  std::uint64_t line() const { return line_; }      ///< The next line's number.

  /// Makes next() give at least one line, unless the file has no more: then false.
  bool fill() {
    while (!line_waits()) {
      if (at_end_) return false;
      read_block();
    }
    return true;
  }

  /// The next line of what has been read, without its end; valid until fill(). Nothing: fill() again.
  std::optional<std::string_view> next() {
    if (!line_waits()) return {};
    const char* begin = buffer_.data() + begin_;
    const std::size_t bytes = line_end_ - begin_;
    const bool terminated = line_end_ < end_;  // Only a file's last line is not.
    begin_ = line_end_ + (terminated ? 1 : 0);
    offset_ += bytes + (terminated ? 1 : 0);
    ++line_;
    searched_ = begin_;
    found_ = false;
    return std::string_view(begin, bytes - (terminated && bytes != 0 && begin[bytes - 1] == '\r' ? 1 : 0));
  }

 private:
  static constexpr std::size_t block_bytes = std::size_t{256} << 10;

  /// Whether a whole line has been read; finds its end.
  bool line_waits() {
    if (found_) return true;
    if (searched_ < end_) {
      const auto* end = static_cast<const char*>(std::memchr(buffer_.data() + searched_, '\n', end_ - searched_));
      searched_ = end_;
      if (end != nullptr) line_end_ = static_cast<std::size_t>(end - buffer_.data());
      found_ = end != nullptr;
    }
    if (!found_ && at_end_ && begin_ < end_) {
      line_end_ = end_;
      found_ = true;
    }
    if ((found_ ? line_end_ : end_) - begin_ > line_bytes_max_) {
      throw std::runtime_error(name_ + ":" + std::to_string(line_ + 1) + ": the line is longer than line_bytes_max (" + std::to_string(line_bytes_max_) +
                               " bytes); raise it or cut the line");
    }
    return found_;
  }

  void read_block() {
    if (begin_ != 0) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    searched_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() < end_ + block_bytes) buffer_.resize(end_ + block_bytes);
    const std::size_t read = file_.read(offset_ + end_, buffer_.data() + end_, block_bytes);
    at_end_ = read < block_bytes;
    end_ += read;
  }

  weir::file file_;
  std::string name_;
  std::uint64_t offset_;
  std::uint64_t line_;
  std::uint64_t line_bytes_max_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // What is read and not yet given out is [begin_, end_).
  std::size_t end_ = 0;
  std::size_t searched_ = 0;  // No line end in [begin_, searched_) unless found_.
  std::size_t line_end_ = 0;  // Where found_.
  bool found_ = false;
  bool at_end_ = false;
};

}  // namespace weir::operators
