// Where the frames of each log stand in the journal, sparsely: a mark at the log's first frame in a segment and then every 64 KiB of journal. Filled at
// recovery and as frames become durable. Not synchronised; a mark takes 16 bytes, so 256 busy logs in 1 GiB of journal take 64 MiB at most.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <optional>

namespace weir::runtime {

struct index_mark {
  std::uint64_t lsn = 0;
  std::uint64_t address = 0;
};

class journal_index {
 public:
  static constexpr std::uint64_t mark_distance = 64u << 10;

  explicit journal_index(std::uint64_t segment_bytes) : segment_bytes_(segment_bytes) {}

  /// Frames in journal order.
  void add(std::uint64_t log, std::uint64_t lsn, std::uint64_t address);
  /// The log has had frames up to there, whether or not the journal still holds any.
  void know(std::uint64_t log, std::uint64_t last_lsn) { logs_[log].last_lsn = last_lsn; }
  /// The last mark at or before that LSN; nothing where the frame is not in the journal (any more, or yet).
  std::optional<index_mark> find(std::uint64_t log, std::uint64_t lsn) const;
  /// The first mark behind that LSN.
  std::optional<index_mark> after(std::uint64_t log, std::uint64_t lsn) const;
  std::uint64_t first_lsn(std::uint64_t log) const;  ///< 0: no frame of it is in the journal.
  std::uint64_t last_lsn(std::uint64_t log) const;
  /// For a log that gets no frames any more.
  void forget(std::uint64_t log) { logs_.erase(log); }
  /// Everything before that address is gone.
  void forget_before(std::uint64_t address);

 private:
  struct of_log {
    std::deque<index_mark> marks;
    std::uint64_t last_lsn = 0;
  };
  const of_log* look_up(std::uint64_t log) const;

  const std::uint64_t segment_bytes_;
  absl::flat_hash_map<std::uint64_t, of_log> logs_;
};

}  // namespace weir::runtime
