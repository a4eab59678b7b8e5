// The log actor: the only writer of one operator partition's log. It gives frames their LSN, seals them, queues them for the journal and only then publishes
// them to subscribers, from memory; readers that have fallen behind are served from disk. Lives on its operator's core.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/core/executor.hpp"
#include "runtime/log/compression_backoff.hpp"
#include "runtime/log/journal.hpp"
#include "runtime/node/node_events.hpp"
#include "runtime/stream/messages.hpp"

namespace weir::runtime {

/// One partition of a subscriber, as its input log sees it.
struct log_reader {
  std::uint64_t log = 0;  ///< The reading partition's own log: its identity.
  actor_ref actor;
  std::uint32_t partition = 0;         ///< Its index among the subscriber's partitions.
  std::uint64_t next_lsn = 1;          ///< The next frame to deliver.
  std::int64_t watermark = INT64_MIN;  ///< Of the frames before next_lsn.
  bool fresh = false;                  ///< It knows nothing of the log yet, wherever it begins.
  std::shared_ptr<reader_lag> lag{};   ///< For status; null: not shown.
};

/// One subscribing operator.
struct reader_group {
  std::uint64_t id = 0;                     ///< The first of the subscriber's logs.
  std::vector<subscription> subscriptions;  ///< Those that read this log, by istream.
  std::uint32_t partitions = 1;             ///< Of the subscriber; readers may be fewer (grouping local).
  bool durable = false;                     ///< Gets durable frames only.
};

struct log_limits {
  std::uint64_t credit_bytes = 2u << 20;         ///< In flight to one reader.
  std::uint64_t lag_bytes_max = 64u << 20;       ///< Beyond it a reader slows this log's producer.
  std::uint64_t backlog_bytes_max = 8u << 20;    ///< Not durable yet; beyond it the journal slows this log's producer.
  std::uint64_t tail_bytes_max = 8u << 20;       ///< Durable frames kept in memory for readers that are not far behind.
  std::uint64_t read_bytes = 1u << 20;           ///< One read from disk.
  std::int64_t advance_interval_ns = 1'000'000;  ///< How soon a reader without records learns how far the log has come.
};

/// Read by whoever shows status, written by the log actor; relaxed.
struct log_counters {
  std::atomic<std::uint64_t> last_lsn{0};
  std::atomic<std::uint64_t> durable_lsn{0};
  std::atomic<std::int64_t> undurable_since_ns{0};  ///< Monotonic: about when the oldest frame that is not durable was appended; 0: all are.
  std::atomic<std::uint64_t> slowed_by{no_log};     ///< What slows the producer: the log of a reader, `journal_itself`, or nothing.
  static constexpr std::uint64_t no_log = UINT64_MAX;
  static constexpr std::uint64_t journal_itself = 0;  ///< Its own backlog is not durable yet. Log 0 has no readers.
};

struct log_actor_options {
  std::uint64_t log = 0;
  std::uint32_t partition = 0;
  std::uint64_t last_lsn = 0;  ///< Recovered; durable.
  std::int64_t watermark = INT64_MIN;
  bool idle = false;
  bool ended = false;
  std::vector<bool> compressed;  ///< Per ostream: lz4.
  log_limits limits;
  journal* to = nullptr;
  node_events* events = nullptr;
  worker* disk = nullptr;                                                     ///< For reads; shared by all logs.
  std::shared_ptr<log_counters> counters = std::make_shared<log_counters>();  ///< Outlives the actor for whoever shows them.
};

/// Tells a log actor its operator: the first message it gets, and again when its operator goes on after the log has drained.
struct wire_log_message final : message_of<24> {
  actor_ref producer;
  std::vector<bool> compressed;  ///< Per ostream, from now on; empty: as it was.
};

/// A reader joins: from its position on it gets all. Frames that are not in memory any more come from disk, so it must be registered with the journal.
struct subscribe_message final : message_of<26> {
  reader_group group;  ///< One that is there already has the same of everything.
  log_reader reader;
};

class log_actor final : public actor {
 public:
  explicit log_actor(log_actor_options options);
  void start(const actor_ref& self, core& home) override;
  void receive(const message& m) override;

 private:
  struct reader_state {
    log_reader reader;
    std::size_t group = 0;
    std::uint64_t credit_used = 0;
    std::uint64_t lag_bytes = 0;
    std::uint64_t lag_records = 0;   ///< Delivered and not consumed.
    std::uint64_t lag_shares = 0;    ///< Not delivered yet, and appended since it is here: in shares_per_record.
    std::uint64_t counted_from = 1;  ///< The first LSN of those.
    bool advance_pending = false;
    bool idle = false;
    bool ended = false;
    bool detached = false;
    bool leaving = false;  ///< Once the log has drained.
    std::uint64_t visit = 0;
  };
  struct cached_frame {
    frame_ptr content;
    std::vector<intrusive_ptr<frame_selection>> selections;  ///< Per group; made when first needed.
  };

  void wire(const wire_log_message& m);
  void append(const append_message& m);
  void durable(std::uint64_t lsn);
  void credit(const credit_message& m);
  void frames_read(const read_message& m);
  void detach(std::uint64_t reader);
  void subscribe(const subscribe_message& m);
  void leave(const leave_message& m);
  std::size_t group_for(const reader_group& g);
  void forget_reader(std::uint64_t log);
  void answer_leave(const actor_ref& to, std::uint64_t visit) const;
  void tell_position(reader_state& r);
  void advance_readers();

  void pump_all();
  void pump(reader_state& r);
  void deliver(reader_state& r, cached_frame& f);
  cached_frame* find(std::uint64_t lsn);
  const frame_selection& selection(cached_frame& f, std::size_t group);
  /// What a reader is thought to get of a frame before it is known: seldom a whole number of records.
  struct share {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;  ///< In shares_per_record.
  };
  static constexpr std::uint64_t shares_per_record = 1024;
  share charge(const frame& f, const reader_group& g) const noexcept;
  void read_for_laggards();
  void trim_tail();
  std::uint64_t slows_producer() const;
  void note_undurable(bool appended);
  void tell_producer();
  void tell_durable();
  void tell_drained();
  static void show_lag(const reader_state& r) noexcept {
    if (!r.reader.lag) return;
    r.reader.lag->bytes.store(r.lag_bytes, std::memory_order_relaxed);
    r.reader.lag->records.store(r.lag_records + (r.lag_shares + shares_per_record / 2) / shares_per_record, std::memory_order_relaxed);
  }
  static void reduce_lag(reader_state& r, std::uint64_t bytes, std::uint64_t records) noexcept {
    r.lag_bytes -= std::min(r.lag_bytes, bytes);
    r.lag_records -= std::min(r.lag_records, records);
    show_lag(r);
  }
  static void clear_lag(reader_state& r) noexcept {
    r.lag_shares = 0;
    reduce_lag(r, r.lag_bytes, r.lag_records);
  }
  std::uint64_t limit(const reader_group& g) const noexcept { return g.durable ? durable_lsn_ : last_lsn_; }

  log_actor_options options_;
  compression_backoff compression_;
  actor_ref self_;
  core* home_ = nullptr;
  actor_ref producer_;
  std::vector<reader_group> groups_;  ///< Those without readers are free for the next that comes.
  std::vector<slot_table> tables_;    ///< Per group.
  std::vector<reader_state> readers_;
  std::uint64_t last_lsn_ = 0;
  std::int64_t watermark_ = INT64_MIN;  ///< Of the last frame, as the two below.
  bool idle_ = false;
  std::uint64_t durable_lsn_ = 0;
  std::deque<std::uint64_t> told_lsns_;   ///< Frames whose producer wants to know that they are durable.
  std::uint64_t ended_lsn_ = 0;           ///< Of the frame that ended this log; 0: it goes on.
  std::deque<cached_frame> tail_;         ///< The newest frames, without gap up to last_lsn_; holds at least what is not durable.
  std::uint64_t backlog_bytes_ = 0;       ///< Of the frames in tail_ that are not durable.
  std::uint64_t durable_tail_bytes_ = 0;  ///< Of the others: what is not durable is there anyway, and must not drive out what readers are about to get.
  std::vector<cached_frame> read_back_;   ///< What was read last from disk.
  std::int64_t last_durable_ns_ = 0;      ///< When it was last told of durable frames.
  bool reading_ = false;
  bool advance_scheduled_ = false;
  bool producer_busy_ = false;
  bool draining_ = false;
  bool drained_ = false;
};

}  // namespace weir::runtime
