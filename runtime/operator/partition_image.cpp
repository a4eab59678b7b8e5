// What an operator partition shows others of what it has committed.
#include <algorithm>

#include "runtime/operator/partition.hpp"

namespace weir::runtime {

/// What a source emitted is kept in its place, as its next start may not say it again.
std::vector<chain_member_head> operator_partition::member_heads() const {
  const bool held_back = source() && head().step_watermark != step_emitted_;
  std::vector<chain_member_head> heads;
  if (!chained() && !held_back) return heads;
  for (const auto& m : members_) heads.push_back({m->step_watermark, m->options.generation});
  if (held_back) heads.front().watermark = step_emitted_;
  return heads;
}

const input_position& operator_partition::position(std::uint64_t log) const {
  return std::find_if(inputs_.begin(), inputs_.end(), [log](const input_state& s) { return s.position.log == log; })->position;
}

/// What status shows of the committed state.
void operator_partition::publish() {
  constexpr auto relaxed = std::memory_order_relaxed;
  for (const auto& m : members_) {
    m->options.counters->watermark.store(m->watermark, relaxed);
    m->options.counters->ended.store(ended_, relaxed);
  }
  partition_counters& c = *options_.counters;
  c.state_keys.store(states_.cells(), relaxed);
  c.state_bytes.store(states_.bytes(), relaxed);
  c.timers.store(timers_.size(), relaxed);
  for (std::size_t i = 0; i < std::min(inputs_.size(), c.input_lsns.size()); ++i) {
    const input_state& in = inputs_[i];
    c.input_lsns[i].store(in.position.lsn - (in.partial() && in.position.lsn > 0 ? 1 : 0), relaxed);
  }
}

}  // namespace weir::runtime
