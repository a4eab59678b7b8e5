// One connection of tcp-source: what came in and is no whole line yet, what is taken and not durable yet, and what has to be said to the peer. Never waits.
// Owned by its source and used by its thread. Memory: the line under way and, per frame that is not durable, one number; what waits to be sent is one
// acknowledgement, however slowly the peer reads, since a later one says all that an earlier one does.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "operators/descriptor.hpp"

namespace weir::operators {

class tcp_connection {
 public:
  tcp_connection(std::uint64_t id, descriptor socket, std::string address) : id_(id), socket_(std::move(socket)), address_(std::move(address)) {}

  std::uint64_t id() const noexcept { return id_; }
  int fd() const noexcept { return socket_.get(); }
  const std::string& address() const noexcept { return address_; }

  // -- what comes in ----------------------------------------------------------------------------------------------------------------------------

  /// Takes what is there, at most read_bytes_max.
  void read() {
    begin_or_move();
    const std::size_t had = input_.size();
    input_.resize(had + read_bytes_max);
    const ssize_t got = ::recv(socket_.get(), input_.data() + had, read_bytes_max, 0);
    input_.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) closing_ = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) broken_ = true;
    if (said_no_) discard(got == 0);
  }
  /// The next whole line without its end (LF or CRLF); a view until the next read().
  std::optional<std::string_view> next_line() {
    const std::size_t end = input_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = input_.size();
      return {};
    }
    std::string_view line = std::string_view(input_).substr(begin_, end - begin_);
    begin_ = searched_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  /// Of the line that is not whole yet.
  std::size_t begun_bytes() const noexcept { return input_.size() - begin_; }

  // -- what goes out ----------------------------------------------------------------------------------------------------------------------------

  /// Lines up to this number are in the frame under construction; durable() follows for it, in the order of these calls.
  void taken(std::uint64_t number) { taken_.push_back(number); }
  void durable() {
    if (taken_.empty()) return;
    durable_ = taken_.front();
    taken_.pop_front();
    acknowledge_ = true;
  }
  /// Nothing more is read; the reason is said behind the acknowledgements that are still to come.
  void refuse(std::string why) {
    if (!closing_) refusal_ = "ERR " + std::move(why) + '\n';
    closing_ = true;
  }
  /// Sends what can be sent now.
  void send() {
    while (!broken_ && next_to_send()) {
      const ssize_t sent = ::send(socket_.get(), output_.data(), output_.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) broken_ = true;
      if (sent > 0) output_.erase(0, static_cast<std::size_t>(sent));
    }
  }

  /// Lines are to be taken from it.
  bool open() const noexcept { return !closing_ && !broken_; }
  bool wants_input() const noexcept { return open() || (said_no_ && !discarded_all_); }
  bool wants_output() const noexcept { return !output_.empty(); }
  /// Nothing is left to be done: everything is said, or there is nobody to say it to.
  bool over() const noexcept {
    return broken_ || (closing_ && taken_.empty() && !acknowledge_ && refusal_.empty() && output_.empty() && (!said_no_ || discarded_all_));
  }
  void break_off() noexcept { broken_ = true; }

 private:
  static constexpr std::size_t read_bytes_max = std::size_t{64} << 10;
  static constexpr std::size_t discarded_bytes_max = std::size_t{16} << 20;

  void begin_or_move() {
    if (begin_ == 0) return;
    input_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
  }

  bool next_to_send() {
    if (!output_.empty()) return true;
    if (std::exchange(acknowledge_, false)) {
      output_ = "OK " + std::to_string(durable_) + '\n';
    } else if (taken_.empty() && !refusal_.empty()) {
      output_ = std::exchange(refusal_, {});
      said_no_ = true;
    } else if (said_no_ && !std::exchange(shut_, true)) {
      ::shutdown(socket_.get(), SHUT_WR);
    }
    return !output_.empty();
  }

  /// Were the socket closed while input waits in it, the peer might never read the reason: so input is read on for a while, to no purpose.
  void discard(bool ended) {
    discarded_ += input_.size();
    discarded_all_ = ended || discarded_ > discarded_bytes_max;
    input_.clear();
    begin_ = searched_ = 0;
  }

  std::uint64_t id_;
  descriptor socket_;
  std::string address_;
  std::string input_;
  std::size_t begin_ = 0;     // Of the next line.
  std::size_t searched_ = 0;  // No line end in [begin_, searched_).
  std::deque<std::uint64_t> taken_;
  std::uint64_t durable_ = 0;
  bool acknowledge_ = false;  // durable_ is not in output_ yet.
  std::string refusal_;
  std::string output_;    // Of one message, not sent yet.
  bool closing_ = false;  // Nothing more is taken.
  bool broken_ = false;
  bool said_no_ = false;
  bool shut_ = false;
  std::size_t discarded_ = 0;
  bool discarded_all_ = false;
};

}  // namespace weir::operators
