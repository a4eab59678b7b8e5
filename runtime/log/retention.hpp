// What of the journal must stay, and how full it is. A segment may go when every registered reader of every log in it has durably passed its frames there,
// the older checkpoint covers it, no log in it is retained for longer, and its dead letters are read; segments go in order, so that what remains has no gap.
// Logs without readers pin nothing unless they are retained or hold dead letters, which wait for a reader. Not synchronised; the cost of a frame is one look-up
// and one for each of its positions.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "runtime/log/frame.hpp"

namespace weir::runtime {

class retention {
 public:
  explicit retention(std::uint64_t segment_bytes) : segment_bytes_(segment_bytes) {}

  /// `letters`: it reads the log's dead letters.
  void add_reader(std::uint64_t log, std::uint64_t reader, std::uint64_t lsn, bool letters);
  /// Neither does it pin anything nor does it read anything any more.
  void forget(std::uint64_t log);
  void retain(std::uint64_t log, std::int64_t nanoseconds) { retained_[log] = nanoseconds; }
  /// The log's dead letters up to there wait for no reader.
  void letters_done(std::uint64_t log, std::uint64_t lsn) { letters_done_[log] = lsn; }

  /// A frame at that address is durable: it is in its segment, and what it has consumed is consumed. Journal order. `now` is monotonic.
  void note(const frame& f, std::uint64_t address, std::int64_t now);
  /// The same without its positions, which their readers' registrations tell: at recovery.
  void note_recovered(std::uint64_t log, std::uint64_t lsn, std::uint64_t sequence, std::uint64_t address, bool letters, std::int64_t now);
  /// All up to that sequence is covered by the older of two verified snapshots.
  void covered(std::uint64_t sequence) { covered_ = sequence; }

  /// The number of the first segment that must stay, at most `current`, which is being written.
  std::uint64_t first_needed(std::uint64_t current, std::int64_t now) const;
  /// The same if only readers and checkpoints counted: from there on the journal's bytes count for admission. Never goes back but for new readers.
  std::uint64_t first_counted(std::uint64_t current);
  /// Whether the segment where counting begins waits for a checkpoint and for nothing else.
  bool waits_for_checkpoint(std::uint64_t current);
  /// A log that keeps the oldest segment although readers and checkpoints do not: by dead letters, else by its time. The lowest id where there are several.
  struct retained {
    std::uint64_t log = 0;
    bool letters = false;
  };
  std::optional<retained> retained_by(std::uint64_t current, std::int64_t now) const;
  void forget_before(std::uint64_t segment);

 private:
  struct position {
    std::uint64_t reader;
    std::uint64_t lsn;
    bool letters;
  };
  struct of_segment {
    std::uint64_t number = 0;
    std::uint64_t last_sequence = 0;
    std::int64_t last_time = 0;
    absl::flat_hash_map<std::uint64_t, std::uint64_t> last_lsns;     ///< By log.
    absl::flat_hash_map<std::uint64_t, std::uint64_t> last_letters;  ///< By log: the last frame with dead letters.
  };
  bool unread(const of_segment& s) const;
  bool unread_letters(std::uint64_t log, std::uint64_t lsn) const;
  bool unread_letters(const of_segment& s) const;
  bool too_young(std::uint64_t log, const of_segment& s, std::int64_t now) const;
  bool too_young(const of_segment& s, std::int64_t now) const;

  const std::uint64_t segment_bytes_;
  std::deque<of_segment> segments_;
  absl::flat_hash_map<std::uint64_t, std::vector<position>> readers_;  ///< By log.
  absl::flat_hash_map<std::uint64_t, std::int64_t> retained_;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> letters_done_;  ///< By log.
  std::uint64_t covered_ = 0;
  std::uint64_t counted_ = 0;
};

}  // namespace weir::runtime
