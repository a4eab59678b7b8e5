// The base class of every operator.
#pragma once

#include <weir/abi.h>
#include <weir/context.hpp>
#include <weir/metadata.hpp>
#include <weir/record.hpp>

#include <cstdint>

namespace weir {

/// What poll() reports. Whatever it is, a waker (ctx.waker()) has poll() called earlier.
class poll_result {
 public:
  static const poll_result more;   ///< Poll again at once: there is more to read.
  static const poll_result idle;   ///< Nothing now: poll again after a while (a millisecond).
  static const poll_result ended;  ///< Never again. Durable and final: the watermark becomes max(), and a restart does not poll.
  /// Nothing before that time of the node's clock.
  static constexpr poll_result idle_until(processing_time at) noexcept { return {WEIR_POLL_IDLE_UNTIL, at.since_epoch().count(), -1}; }
  /// Nothing before the file descriptor can be read (or was hung up, or broke). It stays the operator's, and must stay open until poll() is called again; no
  /// other source waits for it meanwhile. Regular files can always be read: read them with weir::file. Costs a system call, and no CPU while it waits.
  static constexpr poll_result readable(int fd) noexcept { return {WEIR_POLL_READABLE, 0, fd}; }

  /// Same kind, same time, same descriptor.
  friend constexpr bool operator==(const poll_result&, const poll_result&) = default;
  /// WEIR_POLL_..., for the C side.
  constexpr std::uint32_t raw() const noexcept { return kind_; }
  constexpr std::int64_t until() const noexcept { return until_; }  ///< Of idle_until: nanoseconds since the epoch.
  constexpr int fd() const noexcept { return fd_; }                 ///< Of readable; else -1.

 private:
  constexpr poll_result(std::uint32_t kind, std::int64_t until, int fd) noexcept : kind_(kind), fd_(fd), until_(until) {}
  std::uint32_t kind_;
  int fd_;
  std::int64_t until_;
};
inline constexpr poll_result poll_result::more{WEIR_POLL_MORE, 0, -1};
inline constexpr poll_result poll_result::idle{WEIR_POLL_IDLE, 0, -1};
inline constexpr poll_result poll_result::ended{WEIR_POLL_ENDED, 0, -1};

/// Derive, declare metadata(), override what is needed, and export the class with WEIR_EXPORT_OPERATOR(class_name) in a source file.
///
/// One object exists per partition; its hooks never overlap and run in one thread at a time. Members are caches only: what must survive belongs into a state.
/// After an error, a crash or a deploy a fresh object is initialised on the state as it was. The constructor does nothing but set members: an object is also
/// made to ask for its metadata.
///
/// Everything that hooks do (records produced, state, timers) is one frame together with the input that was consumed: it happens entirely or not at all.
/// Exceptions: see <weir/error.hpp>.
class stream_operator {
 public:
  stream_operator() = default;
  stream_operator(const stream_operator&) = delete;
  stream_operator& operator=(const stream_operator&) = delete;
  virtual ~stream_operator() = default;  ///< After the last hook; without a context.

  /// Must give the same answer each time.
  virtual weir::metadata metadata() const = 0;
  /// Before everything else, for each new object: opens ostreams and states, reads the config. Its changes are a frame of their own. A timer that is set
  /// already stays unless this moves it.
  virtual void initialize(context&) {}
  /// A record of one of the istreams.
  virtual void process_record(context&, const record&) {}
  /// A timer is due. It is gone before this is called; setting it again sets a new one. Order: time, kind, key, sub-key.
  virtual void process_timer(context&, const timer&) {}
  /// Sources (no istreams) produce here, in portions; to be overridden by sources only.
  virtual poll_result poll(context&) { return poll_result::idle; }
  /// After the last record, timer or poll of a frame, before it is queued: whoever has effects outside makes them stable here.
  virtual void flush(context&) {}
  /// The frame in which ctx.when_durable(token) was called is on disk: acknowledge to the outside. What this produces and changes is a frame of its own, with
  /// other tokens' perhaps; flush follows. In the order of the calls. Tokens live in the process's memory: after a crash none comes for frames written before,
  /// so the outside must send again what it got no acknowledgement for, and may do so for what was durable. After an error the fresh object gets the tokens
  /// that are still out. An exception fails the partition; retry_later has the same tokens come again.
  virtual void process_durable(context&, std::uint64_t) {}
  /// The object will not be used again. Not called after an error or a crash.
  virtual void close(context&) {}
};

}  // namespace weir
