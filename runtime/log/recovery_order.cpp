#include "runtime/log/recovery_order.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::runtime {

std::optional<std::string> frame_order::check(const frame_header& h) {
  const bool filler = (h.flags & filler_frame) != 0;
  if (known_) {
    const std::uint64_t due = filler ? sequence_ : sequence_ + 1;
    if (h.sequence != due) return fmt::format("it has sequence {} where {} is due", h.sequence, due);
  }
  if (h.epoch < epoch_) return fmt::format("it was written in epoch {}, behind frames of epoch {}", h.epoch, epoch_);
  if (h.durable_sequence > h.sequence || (!filler && h.durable_sequence == h.sequence)) {
    return fmt::format("it says that sequence {} was durable before it was written itself", h.durable_sequence);
  }
  if (!filler) {
    const auto found = chains_.find(h.log);
    const chain_end before = found == chains_.end() ? chain_end{} : found->second;
    if (found != chains_.end() || complete_) {
      if (h.lsn != before.lsn + 1) return fmt::format("it has LSN {} of log {} where {} is due", h.lsn, h.log, before.lsn + 1);
      if (h.previous_digest != before.digest) return fmt::format("it follows another LSN {} of log {} than the one that is there", before.lsn, h.log);
    }
    chains_[h.log] = {h.lsn, frame_digest(h)};
    ++frames_;
  }
  sequence_ = h.sequence;
  known_ = true;
  epoch_ = h.epoch;
  proven_ = std::max(proven_, h.durable_sequence);
  return std::nullopt;
}

}  // namespace weir::runtime
