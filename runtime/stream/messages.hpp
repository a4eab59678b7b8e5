// Everything that operator actors, log actors and the journal tell each other: one message per frame, never one per record.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "runtime/core/actor.hpp"
#include "runtime/core/timer_message.hpp"
#include "runtime/log/frame.hpp"
#include "runtime/stream/grouping.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

/// A message of its own number; `as<M>(m)` reads it.
template <std::uint16_t Kind>
struct message_of : message {
  static constexpr std::uint16_t kind_of = Kind;
  message_of() : message(Kind) {}
};

template <class M>
const M& as(const message& m) noexcept {
  return static_cast<const M&>(m);
}

// -- log actor -> operator actor ------------------------------------------------------------------------------------------------------------

/// A frame of an input log with records for the receiving partition; or, without a frame, only how far the log has come.
struct delivery_message final : message_of<10> {
  std::uint64_t log = 0;
  std::uint64_t lsn = 0;
  frame_ptr content;  ///< Null: everything up to lsn holds nothing for the receiver.
  intrusive_ptr<frame_selection> selection;
  std::int64_t watermark_before = INT64_MIN;  ///< Of the log's frames before this one.
  std::int64_t watermark = INT64_MIN;         ///< Once this frame's records are consumed.
  bool idle = false;
  bool ended = false;
  std::uint64_t credit_bytes = 0;    ///< To be given back when the delivery is consumed.
  std::uint64_t credit_records = 0;  ///< For the lag that status shows.
};

/// The log's subscribers lag too far: no further step until log_ready_message.
struct log_busy_message final : message_of<11> {};
struct log_ready_message final : message_of<12> {};

/// The answer to leave_message: nothing of this input follows until it is subscribed to again.
struct input_drained_message final : message_of<13> {
  std::uint64_t log = 0;
  std::uint64_t visit = 0;  ///< Of the leave_message.
};

/// So many of the frames whose append_message asked for it are durable, the oldest first.
struct frames_durable_message final : message_of<14> {
  std::uint32_t count = 0;
};

// -- operator actor -> log actor ------------------------------------------------------------------------------------------------------------

struct append_message final : message_of<20> {
  frame_ptr content;
  bool tell_durable = false;  ///< frames_durable_message is wanted.
};

/// A subscriber consumed deliveries of that many credit bytes and records.
struct credit_message final : message_of<21> {
  std::uint64_t reader = 0;  ///< The reading partition's log.
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
};

/// How far a reader is behind the log, for status. Written by the log actor; relaxed.
struct reader_lag {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> records{0};
};

/// The reader failed and takes nothing more in this run; its position stays where it is.
struct detach_message final : message_of<22> {
  std::uint64_t reader = 0;
};

/// Nothing will be appended until the log is wired again: readers that leave are told once all is delivered to them, the node once all is durable.
struct drain_log_message final : message_of<23> {};

/// A reader wants nothing more; answered by input_drained_message.
struct leave_message final : message_of<25> {
  std::uint64_t reader = 0;
  actor_ref actor;            ///< The reader.
  std::uint64_t visit = 0;    ///< What the answer is to say.
  bool when_drained = false;  ///< Only once the log has drained and all of it is delivered; else at once.
};

// -- journal and readers -> log actor ---------------------------------------------------------------------------------------------------------

struct durable_message final : message_of<30> {
  std::uint64_t lsn = 0;  ///< This log is durable up to here.
};

/// Frames read back from disk for readers that have fallen behind.
struct read_message final : message_of<31> {
  std::uint64_t from = 0;
  std::vector<frame_ptr> frames;
  error problem;
  bool failed = false;
};

// -- node and workers -> operator actor ---------------------------------------------------------------------------------------------------------

struct step_message final : message_of<40> {};       ///< To itself: take a step.
struct step_done_message final : message_of<41> {};  ///< A blocking step is done.
/// Comes to an end: takes what its inputs still bring, then drains its log. A source polls no more. Said again with `now`, it takes nothing more.
struct drain_message final : message_of<42> {
  std::shared_ptr<const std::set<std::uint64_t>> with;  ///< Logs that drain too, so that this one waits for what they bring; null: all.
  bool now = false;
};
/// After the log has drained: the object is closed. Wired again, the partition goes on from where it was.
struct close_message final : message_of<46> {};
/// No step is taken between the two.
struct pause_message final : message_of<47> {
  bool paused = true;
};
struct space_message final : message_of<43> {};  ///< The journal has room again.
struct woken_message final : message_of<45> {};  ///< Sources: one of their wakers was used.

}  // namespace weir::runtime
