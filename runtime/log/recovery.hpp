// Finds out what a data directory's journal holds: starts from the newest checkpoint that is whole, verifies every frame there is, decides where the journal
// ends and whether that end is torn or damaged (recovery_tail.hpp), cuts a torn one, folds frames into images of their logs, and syncs what was not proven
// durable. Damage is an error that names the place; then nothing has been changed. May be killed at any point and run again. One thread; blocks on files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/log/checkpoint.hpp"
#include "runtime/log/journal.hpp"
#include "runtime/log/journal_books.hpp"
#include "runtime/log/recovery_cut.hpp"
#include "runtime/log/recovery_order.hpp"

namespace weir::runtime {

/// The checkpoints a journal works with.
struct known_checkpoints {
  std::optional<checkpoint> newest;  ///< Whose snapshot was loaded.
  std::optional<checkpoint> older;
  std::uint64_t next_number = 1;  ///< Falls into the slot that is worth less.
};

struct recovery_result {
  recovered_journal found;
  journal_end end;
  chain_ends chains;
  known_checkpoints checkpoints;
};

class recovery {
 public:
  recovery(files& fs, std::string directory, segment_store& store, journal_books& books, std::int64_t now)
      : files_(fs), directory_(std::move(directory)), store_(store), books_(books), now_(now) {}
  /// Told while it runs, as journal_options::recovering says.
  void set_progress(std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> progress) { progress_ = std::move(progress); }
  /// Once. Fills the books, and the store's spares.
  result<recovery_result> run();

 private:
  static constexpr std::uint64_t told_bytes = 1u << 20;  ///< Looked through from one word of progress to the next.

  result<void> open_segments();
  result<void> load_checkpoint();
  result<void> start_walk();
  void tell(std::size_t segment, std::uint64_t offset);
  result<void> walk_segments();
  result<bool> walk_segment(std::size_t index);
  result<void> take(segment_walk& walk);
  result<void> cross_checkpoint();
  result<void> check_positions() const;
  result<void> end_journal();
  result<void> sync_unproven();
  void hand_over(std::uint64_t offset);
  error damaged(const segment& s, std::uint64_t offset, const std::string& why) const;
  /// All in front of this address was durable when the checkpoint was made.
  std::uint64_t proven_up_to() const noexcept { return out_.checkpoints.newest ? out_.checkpoints.newest->read_from : 0; }
  std::uint64_t covered() const noexcept { return out_.checkpoints.newest ? out_.checkpoints.newest->sequence : 0; }

  files& files_;
  const std::string directory_;
  segment_store& store_;
  journal_books& books_;
  const std::int64_t now_;
  std::function<void(std::uint64_t, std::uint64_t)> progress_;
  std::uint64_t tell_at_ = 0;  ///< Bytes at which it is told again.
  std::vector<segment_ptr> segments_;
  frame_order order_;
  bool crossed_ = false;                       ///< The walk has reached the checkpoint.
  bad_place place_;                            ///< Where it ended.
  std::string why_;                            ///< What is bad there.
  std::optional<std::size_t> first_unproven_;  ///< The first segment with a frame, filler or mark that was written after the checkpoint.
  recovery_result out_;
};

}  // namespace weir::runtime
