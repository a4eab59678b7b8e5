// The operator actor: takes the frames that wait in its inputs, lets its operator partition make one frame of them, and hands that to its log actor.
// A turn is one step, so that whatever else waits on the core goes in between. Blocking operators take their steps on a worker and complete here.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/core/executor.hpp"
#include "runtime/core/readiness.hpp"
#include "runtime/log/journal.hpp"
#include "runtime/node/node_events.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/stream/messages.hpp"

namespace weir::runtime {

/// One log that an operator partition reads.
struct operator_input {
  std::uint64_t log = 0;
  actor_ref actor;
  std::uint64_t first_lsn = 1;      ///< Where it begins if it knows no position there yet.
  std::shared_ptr<reader_lag> lag;  ///< For status.
};

/// Tells an operator actor its log and the logs it reads: it subscribes to them and initialises its object. The first message it gets, and again after
/// close_message.
struct wire_operator_message final : message_of<44> {
  actor_ref log;
  std::vector<operator_input> inputs;          ///< As partition_options::inputs.
  std::uint64_t group = 0;                     ///< The first log of its operator.
  bool durable_only = false;                   ///< It is given durable frames only.
  std::shared_ptr<partition_options> options;  ///< What it is from now on, on the state it has; null: as it was made.
};

/// Other code for a partition that is wired: it switches between two frames, whatever it was doing, and whether it had failed or not.
struct replace_message final : message_of<48> {
  std::shared_ptr<const partition_options> options;
};

/// A record that the partition is not to be given.
struct pass_record_message final : message_of<51> {
  passed_record record;
};

/// Lets somebody look at the partition between two steps, on whatever core it has.
struct look_message final : message_of<49> {
  std::function<void(const operator_partition&)> look;
};

/// How long an operator that threw retry_later waits until it is asked again: at first, and at most; it doubles in between.
inline constexpr std::int64_t retry_delay_min_ns = 10'000'000;
inline constexpr std::int64_t retry_delay_max_ns = 10'000'000'000;

struct operator_actor_options {
  std::unique_ptr<operator_partition> work;
  std::unique_ptr<worker> off_core;  ///< For blocking operators; else null.
  journal* to = nullptr;             ///< Asked for admission by sources.
  node_events* events = nullptr;
  bool retries_failures = false;              ///< In a node that stays up; else a failure is final.
  readiness* readable = nullptr;              ///< Null, as in a simulation: sources that wait for a descriptor are polled instead.
  std::uint64_t step_input_bytes = 1u << 20;  ///< Deliveries given to one step.
  std::int64_t idle_poll_ns = 1'000'000;      ///< Until a source that said `idle` is polled again.
};

class operator_actor final : public actor {
 public:
  explicit operator_actor(operator_actor_options options);
  ~operator_actor() override;
  void start(const actor_ref& self, core& home) override;
  void receive(const message& m) override;
  std::size_t messages_per_turn() const noexcept override { return 1; }  ///< So that its log and whoever reads it go on between two steps.

 private:
  enum class activity : std::uint8_t { unwired, ready, busy, failed, suspended };
  enum timer_token : std::uint64_t { processing_timer, idle_poll, idle_timeout, retry, restart_timer };
  static constexpr std::size_t movable_timers = 3;  ///< The first so many, set for what is due earliest.
  enum class work : std::uint8_t { initialize, acknowledge, replay, step };

  void wire(const wire_operator_message& m);
  void replace();
  void timer_fired(std::uint64_t token);
  void schedule_step();
  bool has_work() const;
  bool may_step() const;
  void take_step();
  void run(work what);
  void count_time(partition_counters& c) const noexcept;
  void finish_step();
  void let_look();
  void ask_for_replay(const replay_message& m);
  void begin_replay();
  void note_replayed(const step_result& r);
  void end_replay(const std::string& why);
  void tell_replayed();
  void begin_outage(const std::string& who, const std::string& why);
  void end_outage();
  void wait_for_space(bool waits) noexcept;
  void wait_to_poll(const step_result& r);
  void poll_at(std::int64_t monotonic_ns);
  void poll_if_due();
  void frames_durable(std::uint32_t count);
  void commit(step_result& r);
  void fail(const step_result& r);
  void give_credit(std::size_t consumed);
  void fail(const error& why);
  void restart();
  void drain(const drain_message& m);
  void leave_inputs();
  void close();
  void drain_if_done();
  bool must_set(timer_token timer, std::int64_t due) noexcept;
  void wake_for_timers();
  void wake_when_idle();
  bool may_poll() const;
  bool tokens_wait() const noexcept { return !tokens_durable_.empty() || !tokens_told_.empty(); }

  operator_actor_options options_;
  actor_ref self_;
  core* home_ = nullptr;
  actor_ref log_;
  struct input_state : operator_input {
    bool left = false;  ///< Nothing of it follows.
  };
  std::vector<input_state> inputs_;
  std::deque<delivery_ptr> waiting_;
  std::vector<delivery_ptr> taken_;  ///< Given to the step under way; what it left comes first next time.
  step_result result_;               ///< Of the step under way; read once it is done.
  message_ptr step_;
  std::vector<intrusive_ptr<const look_message>> looks_;  ///< That wait for the end of a step off the core.
  intrusive_ptr<const replay_message> replay_;            ///< Dead letters that are taken once more; null: none. The worker reads it.
  intrusive_ptr<const replay_message> next_replay_;       ///< What was asked for since, until the step under way is over.
  replay_outcome replayed_;                               ///< What has come of replay_ so far.
  intrusive_ptr<const replay_message> ended_replay_;      ///< Is told once all frames of it are durable.
  replay_outcome outcome_;                                ///< Of ended_replay_.
  std::size_t replay_frames_ = 0;                         ///< That are not durable yet.
  activity activity_ = activity::unwired;
  work doing_ = work::initialize;  ///< In the step under way, or the last one.
  std::uint64_t visit_ = 0;        ///< How often it was wired: answers to a leave from before count no more.
  /// A frame that is not durable yet, and what is to be told once it is.
  struct awaited_frame {
    std::vector<durable_token> tokens;
    std::int64_t pause_ns = -1;  ///< Of the switch that it completes; negative: none.
    std::uint32_t generation = 0;
    bool replays = false;  ///< It holds what came of dead letters.
  };
  std::deque<awaited_frame> awaited_;
  std::vector<durable_token> tokens_durable_;  ///< What the object is to be told.
  std::vector<durable_token> tokens_told_;     ///< Given to the step under way, or to the next one; the worker reads them.
  std::array<std::int64_t, movable_timers> set_for_ = {INT64_MAX, INT64_MAX, INT64_MAX};  ///< By token: the earliest that is under way.
  std::int64_t poll_due_ = INT64_MAX;                                                     ///< While polled_idle_; INT64_MAX: something else wakes it.
  std::uint64_t waits_for_ = 0;                                                           ///< Token of the descriptor wait that counts.
  std::int64_t retry_delay_ns_ = 0;                                                       ///< 0: no outage.
  std::int64_t restart_delay_ns_ = 0;                                                     ///< 0: no failure since it last got somewhere.
  std::shared_ptr<const partition_options> replacement_;                                  ///< To be switched to behind the step under way.
  std::int64_t switch_began_ns_ = -1;                                                     ///< Negative: no switch is under way.
  bool initialized_ = false;
  bool polled_idle_ = false;
  bool woken_ = false;  ///< Since the last poll began.
  bool step_scheduled_ = false;
  bool log_busy_ = false;
  bool waiting_for_space_ = false;
  bool retrying_ = false;
  bool draining_ = false;
  bool paused_ = false;
  bool cut_ = false;  ///< It drains, and takes nothing more.
  bool told_log_ = false;
};

}  // namespace weir::runtime
