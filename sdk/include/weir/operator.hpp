// The base class of every operator.
#pragma once

#include <weir/abi.h>
#include <weir/context.hpp>
#include <weir/metadata.hpp>
#include <weir/record.hpp>

#include <cstdint>

namespace weir {

/// What poll() reports.
class poll_result {
 public:
  static const poll_result more;   ///< Poll again at once: there is more to read.
  static const poll_result idle;   ///< Nothing now: poll again after a while.
  static const poll_result ended;  ///< Never again. Durable and final: the watermark becomes max(), and a restart does not poll.

  friend constexpr bool operator==(const poll_result&, const poll_result&) = default;
  constexpr std::uint32_t raw() const noexcept { return kind_; }

 private:
  explicit constexpr poll_result(std::uint32_t kind) noexcept : kind_(kind) {}
  std::uint32_t kind_;
};
inline constexpr poll_result poll_result::more{WEIR_POLL_MORE};
inline constexpr poll_result poll_result::idle{WEIR_POLL_IDLE};
inline constexpr poll_result poll_result::ended{WEIR_POLL_ENDED};

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
  virtual ~stream_operator() = default;

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
  /// The object will not be used again. Not called after an error or a crash.
  virtual void close(context&) {}
};

}  // namespace weir
