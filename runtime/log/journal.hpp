// The journal: the one file sequence of a node into which all its logs' frames go, in causal order. Producers on any core queue frames (one atomic exchange
// decides the place); one thread takes what is queued, numbers it, writes it sequentially, syncs, and tells the listener. While a sync runs the next group
// gathers: no timers. An I/O error ends the journal for good (rule 8); the owner ends the process.
//
// Use: open, take_recovered, set_listener, register_reader and retain for all logs, start_epoch, then start_threads (or, in a simulation, run_once and
// run_background_once by hand), then append and wake. What no registered reader needs may be recycled as soon as the background runs.
//
// Disk: at most journal_bytes_max of segments, as long as sources and outputs ask admits() first; retained frames and unread dead letters come on top, and
// beside them two snapshots and one in the making, each about the size of all state, timers and positions together.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/log/frame.hpp"
#include "runtime/log/log_image.hpp"
#include "runtime/seam/clock.hpp"
#include "runtime/seam/files.hpp"
#include "runtime/seam/random.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

struct journal_options {
  std::string directory;                       ///< The data directory.
  std::uint64_t segment_bytes = 64u << 20;     ///< Kept from the first start; others are refused later. A frame takes at most 4 KiB less.
  std::uint64_t journal_bytes_max = 1u << 30;  ///< At least 8 segments.
  std::uint32_t page_bytes = 1u << 20;         ///< One write at most.
  /// Told while a journal is recovered how many of its bytes have been looked through, at the beginning, at the end and a MiB or more apart in between. On the
  /// thread that opens it; may be empty.
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> recovering = {};
};

/// What a frame needs from the disk, for admission when space is short (rule 6).
enum class admission : std::uint8_t {
  source,     ///< Brings new data in: waits first.
  output,     ///< Derived data.
  positions,  ///< Only advances positions: always admitted, since it frees space.
};

/// What keeps segments that no reader and no checkpoint needs.
struct retained_log {
  std::uint64_t log = 0;
  bool dead_letters = false;        ///< Nobody has read them; else `retain`.
  std::uint64_t bytes = 0;          ///< Of such segments.
  std::uint64_t journal_bytes = 0;  ///< Of all.
};

/// Told by the journal's threads, one call at a time. Must not call the journal but for admits(), append() and wake().
class journal_listener {
 public:
  virtual ~journal_listener() = default;
  virtual void durable(std::span<const frame_ptr> frames) = 0;  ///< In journal order, each frame once.
  virtual void space_freed() = 0;                               ///< Admission may have become better.
  virtual void waiting_for_disk(const error& why) = 0;          ///< The disk is full: said once; work resumes by itself when space is back.
  /// The journal has grown beyond journal_bytes_max for what is retained: worth a warning. Said once per log, and again only after it had been below.
  virtual void retained_beyond_limit(const retained_log& what) = 0;
  virtual void failed(const error& why) = 0;  ///< Nothing more becomes durable. The process must end.
};

/// Who reads a log, so that the journal knows what may go. Derived positions are taken from the commits that pass through it.
struct log_reader_registration {
  std::uint64_t log = 0;
  std::uint64_t reader = 0;  ///< The reading partition's log.
  std::uint64_t lsn = 0;     ///< Everything up to this LSN is consumed, durably.
  bool letters = false;      ///< It reads the log's dead letters.
};

struct journal_statistics {
  std::uint64_t frames = 0;
  std::uint64_t syncs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t durable_sequence = 0;
  std::uint64_t segments = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t used_bytes = 0;      ///< What counts for admission: from the oldest segment that a reader or a checkpoint needs.
  std::uint64_t retained_bytes = 0;  ///< Older than that, kept by retain() and unread dead letters alone.
};

/// What a data directory held at start.
struct recovered_journal {
  std::map<std::uint64_t, log_image> logs;  ///< Log 0 is the node's own.
  std::uint64_t epoch = 0;                  ///< Of the last start; the next is one more.
  std::uint64_t cut_bytes = 0;              ///< Torn tail, kept in *.torn.
  bool created = false;                     ///< The directory was empty.
  std::vector<std::string> warnings;        ///< One line each: damage that was got around.
};

class journal {
 public:
  static constexpr std::size_t writers = 4;  ///< Threads with a page each: while one fills its page, the others keep the disk busy.
  virtual ~journal() = default;

  /// Creates or recovers the data directory: verifies, cuts a torn tail, syncs what was not proven durable. No frame may be appended before start_epoch().
  static result<std::unique_ptr<journal>> open(files& fs, clock& time, random_source& random, const journal_options& options);
  virtual recovered_journal take_recovered() = 0;  ///< Once, after open.

  /// Writes and syncs the epoch frame of this start, with `admin` (a frame of log 0 with state changes, LSN not set; may be null) behind it; gives the epoch.
  /// The epoch frame takes the next LSN of log 0 (recovered plus 1), `admin` the one behind it, which is set in it.
  virtual result<std::uint64_t> start_epoch(frame_ptr admin) = 0;
  virtual void set_listener(journal_listener* listener) = 0;
  /// Any thread, also later.
  virtual void register_reader(const log_reader_registration& reader) = 0;
  /// The log's owner is gone for good: no frame of it follows (all are durable), it keeps nothing and reads nothing, and its state leaves the snapshots.
  /// Any thread; also for what recovery found and nobody owns.
  virtual void forget(std::uint64_t log) = 0;
  /// Keep frames of `log` from being recycled for so long (by the seam's clock): they pin segments beyond journal_bytes_max, with a warning. Frames with dead
  /// letters (letters_frame) do the same by themselves, until every reader of those has consumed them; without any that is never.
  virtual void retain(std::uint64_t log, std::int64_t nanoseconds) = 0;
  /// Nobody wants the dead letters of `log` up to that LSN any more: they wait for no reader. Its readers keep what they have not read all the same. Any
  /// thread.
  virtual void letters_done(std::uint64_t log, std::uint64_t lsn) = 0;

  /// Any thread. The frame must be sealed and have log and LSN. The place in the queue is decided before this returns.
  virtual void append(frame_ptr f) noexcept = 0;
  /// Any thread, after the frame was published: wakes the journal's thread if it sleeps.
  virtual void wake() noexcept = 0;
  virtual bool admits(admission a) const noexcept = 0;

  /// The journal's thread (or a simulation): writes one group and tells the listener. False when nothing was queued.
  virtual bool run_once() = 0;
  /// run_once() in two halves, for a simulation with as many pages in flight as there are writers: each fills its page, and writes it some time later.
  virtual bool fill_page(std::size_t writer) = 0;   ///< False when nothing was queued.
  virtual bool write_page(std::size_t writer) = 0;  ///< After fill_page() was true; once.
  /// The snapshot thread (or a simulation): one piece of background work (snapshot, checkpoint, recycling). False when there was none.
  virtual bool run_background_once() = 0;
  /// Starts and ends the threads. stop_threads() first writes what is queued.
  virtual void start_threads() = 0;
  virtual void stop_threads() = 0;

  /// Frames of `log` with LSN from `from` on, read back from disk, in order, until about bytes_max, fewer where they lie far apart, but one where there is one;
  /// only durable ones. Any thread but a core's.
  virtual result<std::vector<frame_ptr>> read(std::uint64_t log, std::uint64_t from, std::uint64_t bytes_max) = 0;
  /// The oldest frame of `log` that is there to be read; behind its last one where there is none. Stays so while a reader is registered there.
  virtual std::uint64_t first_lsn(std::uint64_t log) = 0;
  virtual std::uint64_t last_lsn(std::uint64_t log) = 0;  ///< The newest durable frame of `log`; 0: it has none.
  virtual journal_statistics statistics() const = 0;
};

}  // namespace weir::runtime
