#include "runtime/operator/operator_log.hpp"

#include <algorithm>
#include <utility>

namespace weir::runtime {

void operator_log::add(log_line line) {
  constexpr std::string_view cut = " ...";
  if (line.text.size() > log_line_bytes_max) line.text.replace(log_line_bytes_max - cut.size(), std::string::npos, cut);
  const std::lock_guard lock(mutex_);
  line.number = next_++;
  bytes_ += cost(line);
  lines_.push_back(std::move(line));
  for (; bytes_ > operator_log_bytes_max; lines_.pop_front()) bytes_ -= cost(lines_.front());
}

log_lines operator_log::read(std::uint64_t from) const {
  const std::lock_guard lock(mutex_);
  if (from > next_) from = 0;
  const std::uint64_t first = next_ - lines_.size();
  const std::uint64_t begin = std::max(from, first);
  return {
      .lines = {lines_.begin() + static_cast<std::ptrdiff_t>(begin - first), lines_.end()}, .next = next_, .missing = begin - std::max<std::uint64_t>(from, 1)};
}

}  // namespace weir::runtime
