// What an operator said by ctx.log(), and what weir says of it: the last lines in memory, for `weir logs`. One for all partitions of an operator. Bounded in
// bytes: the oldest lines go. Any thread, behind a lock of its own, since lines are not for every record.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weir::runtime {

struct log_line {
  std::uint64_t number = 0;  ///< Counts from 1 since the node started, lines that are gone included.
  std::int64_t at_ns = 0;    ///< Realtime.
  int level = 0;             ///< WEIR_LEVEL_…
  std::uint32_t partition = 0;
  bool from_weir = false;  ///< Else the operator's own.
  std::string text;
};

/// Lines from some number on.
struct log_lines {
  std::vector<log_line> lines;
  std::uint64_t next = 1;     ///< The number that the next line will have, behind those given.
  std::uint64_t missing = 0;  ///< Lines that were asked for and are gone.
};

inline constexpr std::size_t operator_log_bytes_max = 256u << 10;  ///< Kept of an operator's lines.
inline constexpr std::size_t log_line_bytes_max = 8u << 10;        ///< Kept of one line; the rest of it is cut off.

class operator_log {
 public:
  void add(log_line line);  ///< Sets its number.
  /// From 0 on: all there are. A number that no line has had yet (of before a restart of the node) is taken for 0.
  log_lines read(std::uint64_t from) const;

 private:
  static std::size_t cost(const log_line& line) noexcept { return line.text.size() + sizeof(log_line); }

  mutable std::mutex mutex_;
  std::deque<log_line> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t next_ = 1;
};

}  // namespace weir::runtime
