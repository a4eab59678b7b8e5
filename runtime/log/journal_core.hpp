// The journal behind its interface. Its writers take turns: one fills the next page (under fill_mutex_) while the others' are in flight; pages count as
// durable in the order of their places, so that what is told is always a prefix. Another thread makes snapshots, prepares segments and recycles them.
// Locks are taken in the order fill, done, books; producers take none.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "runtime/log/journal.hpp"
#include "runtime/log/journal_assembler.hpp"
#include "runtime/log/journal_books.hpp"
#include "runtime/log/queue.hpp"
#include "runtime/log/queue_wake.hpp"
#include "runtime/log/recovery.hpp"

namespace weir::runtime {

/// A snapshot in the making; kept over tries where the disk is full.
struct snapshot_job {
  journal_changes::batch changes;
  std::size_t read = 0;  ///< So many of changes.noted are folded in.
  checkpoint target;
};

class journal_core final : public journal {
 public:
  static constexpr std::uint64_t pages_ahead = 4;           ///< A page is not filled while the one that many before it is not durable.
  static constexpr std::int64_t mark_delay = 2'000'000;     ///< Nanoseconds of quiet before a durable mark is worth its write.
  static constexpr std::int64_t retry_delay = 100'000'000;  ///< Between two tries on a full disk.
  static constexpr std::int64_t background_pause = 500'000'000;

  journal_core(files& fs, clock& time, const journal_options& options, std::unique_ptr<directory_lock> lock, std::unique_ptr<segment_store> store);
  ~journal_core() override;
  /// Recovers what is there. Once, before anything else.
  result<void> recover(bool created);

  recovered_journal take_recovered() override;
  result<std::uint64_t> start_epoch(frame_ptr admin) override;
  void set_listener(journal_listener* listener) override;
  void register_reader(const log_reader_registration& reader) override;
  void forget(std::uint64_t log) override;
  void retain(std::uint64_t log, std::int64_t nanoseconds) override;
  void letters_done(std::uint64_t log, std::uint64_t lsn) override;
  void append(frame_ptr f) noexcept override {
    queued_bytes_.fetch_add(f->frame_bytes());
    queue_.push(f.detach());
  }
  void wake() noexcept override { wake_.wake(); }
  bool admits(admission a) const noexcept override;
  bool run_once() override { return fill_page(0) && write_page(0); }
  bool fill_page(std::size_t writer) override;
  bool write_page(std::size_t writer) override { return write(*pages_[writer]); }
  bool run_background_once() override;
  void start_threads() override;
  void stop_threads() override;
  result<std::vector<frame_ptr>> read(std::uint64_t log, std::uint64_t from, std::uint64_t bytes_max) override;
  std::uint64_t first_lsn(std::uint64_t log) override;
  std::uint64_t last_lsn(std::uint64_t log) override;
  journal_statistics statistics() const override;

 private:
  using outcome = journal_assembler::outcome;
  /// A page that was written before an earlier one was.
  struct written_page {
    std::uint64_t ticket = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;
    segment_ptr segment;
    std::vector<frame_ptr> frames;
    bool ends_in_frame = false;
  };

  // journal_core.cpp: writing
  outcome fill(journal_page& page);
  bool write(journal_page& page);
  void complete(journal_page& page);
  void enter(const written_page& page);
  void fail(const error& why);
  bool note_disk(outcome how);
  void tell_disk(outcome how, const error& why);
  bool mark_is_due() const;
  bool write_mark(journal_page& page);
  void update_use(std::uint64_t current);
  bool has_room(admission a) const noexcept;
  static std::uint64_t room_of_sources(const journal_options& o) noexcept;
  void tell_room();
  // journal_threads.cpp
  void work(journal_page& page);
  bool wait_for_room();
  bool rest(std::unique_lock<std::mutex>& fill);
  void work_in_background();
  // journal_background.cpp
  bool snapshot_is_due();
  bool spare_is_due() const;
  void begin_snapshot();
  result<void> continue_snapshot();
  result<void> read_noted();
  result<void> finish_snapshot(const snapshot_identity& made);
  result<bool> release_segments();
  result<void> remove_old_snapshots();
  bool cannot(const error& why);
  void look_at_retained();
  // journal_read.cpp
  struct reading;
  result<bool> read_run(reading& r);

  files& files_;
  clock& clock_;
  const journal_options options_;
  std::unique_ptr<directory_lock> lock_;
  std::unique_ptr<segment_store> store_;
  journal_books books_;
  recovered_journal recovered_;
  journal_listener* listener_ = nullptr;

  queue<frame> queue_;
  wake_flag wake_;
  std::mutex fill_mutex_;
  std::unique_ptr<journal_assembler> assembler_;
  std::array<std::unique_ptr<journal_page>, writers> pages_;
  std::uint32_t sleepers_ = 0;              ///< Under fill_mutex_.
  bool unmarked_ = false;                   ///< Under fill_mutex_: frames were written since the last mark.
  std::atomic<std::uint64_t> issued_{0};    ///< Pages filled.
  std::atomic<std::uint64_t> finished_{0};  ///< Pages durable, with all before them.
  std::atomic<bool> stopping_{false};
  std::atomic<bool> failed_{false};
  std::atomic<bool> waiting_for_disk_{false};
  error failure_;  ///< Under done_mutex_, once failed_.

  std::mutex done_mutex_;  ///< Around what becomes durable and all that is told.
  std::condition_variable done_;
  std::deque<written_page> out_of_order_;
  bool telling_ = false;  ///< Not while start_epoch() writes.

  std::atomic<std::uint64_t> durable_sequence_{0};
  std::atomic<std::uint64_t> durable_address_{0};
  std::atomic<std::uint64_t> used_bytes_{0};
  std::uint64_t releasing_ = 0;                         ///< Segments on their way out of the directory. Under books_.mutex.
  std::atomic<std::uint64_t> queued_bytes_{0};          ///< Appended, and not in used_bytes_ yet.
  mutable std::array<std::atomic<bool>, 2> refused_{};  ///< By admission: somebody waits to be told of room.
  std::atomic<std::uint64_t> retained_bytes_{0};
  std::atomic<std::uint64_t> frames_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> snapshots_{0};
  std::atomic<std::uint64_t> segments_{0};

  std::array<std::thread, writers> threads_;
  std::thread background_;
  wake_flag background_wake_;
  known_checkpoints checkpoints_;  ///< The background's own.
  std::optional<snapshot_job> job_;
  std::set<std::uint64_t> told_retained_;            ///< Logs that the listener knows to keep more than the limit.
  std::int64_t background_rests_until_ = INT64_MIN;  ///< Monotonic; after a full disk.
  std::atomic<std::uint64_t> snapshot_address_{0};   ///< The newest snapshot covers the journal up to there.
  std::atomic<std::uint64_t> snapshot_distance_{0};  ///< So many bytes further the next one is due.
};

}  // namespace weir::runtime
