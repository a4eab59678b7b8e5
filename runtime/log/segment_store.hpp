// The journal's files: makes, opens, recycles and removes segments. A segment appears under its name only when it is whole (zeros or old bytes, header,
// all synced), so a crash never leaves half a one; the names that exist are always a run of numbers without a gap. Any thread; blocks on files.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/log/segment.hpp"

namespace weir::runtime {

class segment_store {
 public:
  segment_store(files& fs, const std::string& data_directory, std::uint64_t journal_id, std::uint64_t segment_bytes);

  /// The numbers of the segments there are, rising. Notes free files for reuse and removes unfinished ones.
  result<std::vector<std::uint64_t>> list();
  /// Opens a segment for reading and writing and checks its header.
  result<segment_ptr> open(std::uint64_t number);
  /// The segment of that number: the spare one, or made from a free file, or new; durable, header and name included. error_code::no_space where the disk is
  /// full: nothing is left behind then, and another try is fine.
  result<segment_ptr> take(std::uint64_t number);
  /// Makes the segment of that number ahead of its use, unless there is one of that number or a later one already.
  result<void> make_spare(std::uint64_t number);
  /// A segment that was found beyond the journal's end and holds nothing. In order.
  void adopt_spare(segment_ptr spare);
  /// Gives a segment up: its file waits for reuse, or is removed when more than `keep` wait already.
  result<void> release(std::uint64_t number, std::uint64_t keep);

  std::uint64_t free_files() const noexcept { return free_count_.load(std::memory_order_relaxed); }
  std::uint64_t spares() const noexcept { return spare_count_.load(std::memory_order_relaxed); }
  /// The greatest number that a segment has had.
  std::uint64_t newest() const noexcept { return newest_.load(std::memory_order_relaxed); }
  std::uint64_t segment_bytes() const noexcept { return segment_bytes_; }
  std::uint64_t journal_id() const noexcept { return journal_id_; }
  const std::string& directory() const noexcept { return directory_; }
  std::string path_of(std::uint64_t number) const;

 private:
  result<segment_ptr> make(std::uint64_t number);
  void count() noexcept;
  result<void> write_header(file& to, std::uint64_t number, bool recycled);
  result<void> make_new(const std::string& path, std::uint64_t number);
  result<void> fill_with_zeros(file& to);

  files& files_;
  const std::string directory_;  ///< DIR/journal
  const std::uint64_t journal_id_;
  const std::uint64_t segment_bytes_;
  mutable std::mutex mutex_;  ///< The journal's thread and the background may both want a file.
  std::vector<std::string> free_;
  std::deque<segment_ptr> spares_;
  std::atomic<std::uint64_t> free_count_{0};  ///< Sizes of both, to be looked at while a file is being made.
  std::atomic<std::uint64_t> spare_count_{0};
  std::atomic<std::uint64_t> newest_{0};  ///< Written under mutex_.
};

}  // namespace weir::runtime
