// What the journal knows about its durable part: where each log's frames are, which segments are open, what must stay, and what changed since the last
// snapshot. Filled by recovery and by the journal's threads, used by readers and the background; one lock, never taken on a core's thread but for set-up.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <span>

#include "runtime/log/journal_changes.hpp"
#include "runtime/log/journal_index.hpp"
#include "runtime/log/retention.hpp"
#include "runtime/log/segment.hpp"

namespace weir::runtime {

struct journal_books {
  explicit journal_books(std::uint64_t of_segment_bytes) : segment_bytes(of_segment_bytes), index(of_segment_bytes), keep(of_segment_bytes) {}

  /// Frames that became durable, in journal order. The lock is held.
  void enter(std::span<const frame_ptr> frames, std::int64_t now) {
    for (const frame_ptr& f : frames) {
      index.add(f->log, f->lsn, f->address);
      keep.note(*f, f->address, now);
      changes.note(*f);
    }
  }
  segment_ptr segment_at(std::uint64_t address) const {
    const auto found = segments.find(address / segment_bytes);
    return found == segments.end() ? nullptr : found->second;
  }

  std::mutex mutex;
  const std::uint64_t segment_bytes;
  journal_index index;
  retention keep;
  journal_changes changes;
  std::map<std::uint64_t, segment_ptr> segments;  ///< In use, by number, without a gap; the last is the one being written, or was just before.
  std::set<std::uint64_t> forgotten;              ///< Logs of which some snapshot or segment still knows.
  std::uint64_t sequence = 0;                     ///< Of the last frame entered.
  std::uint64_t address = 0;                      ///< Behind the last durable block.
  std::uint64_t frames_end = 0;                   ///< Where the first frame begins that is not durable as a whole.
};

}  // namespace weir::runtime
