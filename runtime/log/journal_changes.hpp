// What has changed since the last snapshot, kept so that the next one costs what changed and not what was written: a frame with a few changes is folded in
// as it becomes durable; one with many is only noted, and read back by the snapshot's thread. Not synchronised.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/log/snapshot_changes.hpp"

namespace weir::runtime {

/// A frame's place in the journal.
struct frame_place {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
};

class journal_changes {
 public:
  /// More changes than that are not worth the journal's time.
  static constexpr std::uint32_t folded_at_once = 16;

  /// All that was noted since the last take(), for a snapshot at exactly that point.
  struct batch {
    collected_changes folded;
    std::vector<frame_place> noted;  ///< In journal order; of each log later than all that is folded.
  };

  /// A durable frame. Journal order.
  void note(const frame& f) {
    // Behind a frame that was only noted, the log's frames must be too: later values win by coming later.
    if (f.states.count() + f.timers.count() > folded_at_once || noted_logs_.contains(f.log)) {
      noted_logs_.insert(f.log);
      now_.noted.push_back({f.address, f.frame_bytes()});
    } else {
      now_.folded.add(f);
    }
  }
  batch take() {
    noted_logs_.clear();
    return std::exchange(now_, {});
  }

 private:
  batch now_;
  absl::flat_hash_set<std::uint64_t> noted_logs_;
};

}  // namespace weir::runtime
