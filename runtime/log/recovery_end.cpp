// The last steps of recovery: where the journal ends, what is cut, what is synced, and what the journal goes on with.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/log/recovery.hpp"

namespace weir::runtime {

result<void> recovery::end_journal() {
  place_.last_sequence = order_.sequence();
  const std::uint64_t segment_bytes = store_.segment_bytes();
  // The rest of a segment that is too small for a header is not used.
  if (!segment_goes_on(place_.offset, segment_bytes)) place_.offset = segment_bytes;
  auto verdict = judge_tail(segments_, store_.journal_id(), segment_bytes, place_);
  if (!verdict) return verdict.why();
  const segment& last = *segments_[place_.segment];
  if (verdict->corrupt) {
    const std::string whose = place_.header_sound ? fmt::format("the frame of log {} with LSN {}", place_.header.log, place_.header.lsn)
                                                  : fmt::format("what follows sequence {}, of a log that cannot be told,", place_.last_sequence);
    return damaged(last, place_.offset, fmt::format("{}; {} was durable: {}", why_, whose, verdict->proof));
  }
  const std::uint64_t proven = std::max(order_.proven(), covered());
  std::uint64_t offset = place_.offset;
  if (!verdict->torn.empty()) {
    auto kept = keep_torn_tail(files_, store_, segments_, verdict->torn);
    if (!kept) return kept.why();
    out_.found.cut_bytes = *kept;
    auto next = cut_torn_tail(store_, segments_, verdict->torn, place_, order_.epoch(), proven);
    if (!next) return next.why();
    offset = *next;
  }
  // Recovered is not durable: what a killed process wrote may be in the cache only. That goes for filler and marks, too: without them the journal would end.
  if (auto synced = sync_unproven(); !synced) return synced;
  hand_over(offset);
  return {};
}

result<void> recovery::sync_unproven() {
  for (std::size_t i = first_unproven_.value_or(place_.segment); i <= place_.segment; ++i) {
    if (auto synced = segments_[i]->file->sync(); !synced) return synced;
  }
  return {};
}

void recovery::hand_over(std::uint64_t offset) {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (i <= place_.segment) {
      books_.segments[segments_[i]->number] = segments_[i];
    } else {
      store_.adopt_spare(segments_[i]);
    }
  }
  const segment_ptr& current = segments_[place_.segment];
  for (const auto& [log, end] : order_.chains()) books_.index.know(log, end.lsn);
  books_.sequence = order_.sequence();
  books_.address = current->number * store_.segment_bytes() + offset;
  books_.frames_end = books_.address;
  books_.keep.covered(out_.checkpoints.older ? out_.checkpoints.older->sequence : 0);
  out_.end = {current, offset, order_.sequence(), order_.epoch()};
  out_.chains = order_.chains();
  out_.found.epoch = order_.epoch();
}

}  // namespace weir::runtime
