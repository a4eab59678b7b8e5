// One operator partition without its actor: the user's object, its state, timers, input positions and watermark, and how a step turns input into one frame.
// Or a chain of them: the objects of several operators, each given what the one above it produces, in memory and within the step, so that all of them share
// one state store, one frame and one log (the head's). Single-threaded: used by its operator actor on its core, or, while a blocking step runs, by that actor's
// worker alone.
//
// A step that meets a record's or timer's error is undone whole; a fresh object is initialised on the undone state; the step is taken again without what
// failed, to which the policy of `on_error` applies, and commits as one frame (rule 7; docs/decisions/0001-replay-without-the-bad-record.md tells why not by
// savepoints).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/log/log_image.hpp"
#include "runtime/operator/chain_member.hpp"
#include "runtime/operator/operator_waker.hpp"
#include "runtime/operator/partition_options.hpp"
#include "runtime/operator/replay.hpp"
#include "runtime/stream/messages.hpp"
#include "topology/plan.hpp"

namespace weir::runtime {

/// What an operator asked to be told of.
struct durable_token {
  std::uint64_t token = 0;
  std::uint32_t member = 0;  ///< Its number in the chain.
};

/// What a step came to.
struct step_result {
  frame_ptr content;         ///< Null: nothing happened that must be kept.
  std::size_t consumed = 0;  ///< Deliveries, from the front, that are wholly consumed.
  bool more = false;         ///< Another step would find something to do at once.
  bool polled = false;
  std::uint32_t poll = WEIR_POLL_IDLE;
  std::int64_t poll_until = 0;
  int poll_fd = -1;
  std::vector<durable_token> tokens;  ///< To be given to acknowledge() once `content` is durable.
  std::size_t acknowledged = 0;       ///< Tokens, from the front, that are done with.
  std::size_t replayed = 0;           ///< Dead letters that are done with,
  std::size_t failed_again = 0;       ///< and what of these met on_error once more;
  replay_place replayed_upto;         ///< then all before it is. LSN 0: nothing was replayed.
  std::string failed;                 ///< Not empty: this partition must stop; `content` is what came before.
  bool on_trial = false;              ///< It failed on trial, at something that other code may be able to do; nothing of the step is left.
  bool misused = false;               ///< It failed for what the manifest says, and `failed` names the place there.
  std::string retry;                  ///< Not empty: nothing happened, for this reason; try again later.
  std::string who;                    ///< The name of the operator that failed or waits; empty: the head.

  void fail(const hook_result& why, const char* hook) {
    if (why.status != WEIR_RETRY_LATER)
      failed = std::string(hook) + ": " + why.text;
    else
      retry = why.text.empty() ? std::string(hook) + " gave no reason" : why.text;
  }
};

using delivery_ptr = intrusive_ptr<const delivery_message>;

class operator_partition {
 public:
  operator_partition(partition_options options, log_image image);
  ~operator_partition();

  /// Creates and initialises the objects; content is the frame of what initialize() changed.
  step_result initialize();
  /// Consumes deliveries from the front, fires due timers, polls where it is a source (and `may_poll`).
  step_result step(std::span<const delivery_ptr> deliveries, bool may_poll);
  /// Tells the objects of tokens whose frames are durable, in a frame of its own.
  step_result acknowledge(std::span<const durable_token> tokens);
  /// Takes dead letters of one of its operators once more, from number `first` of the request on.
  step_result replay(const replay_request& what, std::size_t first);
  /// Whether an operator of that name is in the chain.
  bool has_member(const std::string& name) const;
  /// Nothing that it waits for will be told to it any more.
  void close();
  /// The same partition with other code or settings, on the state, timers and positions that it has: the objects are closed, and initialize() makes new ones.
  /// Between two steps. The time that it takes does not depend on the state's size.
  void become(partition_options options);

  bool ended() const noexcept { return ended_; }
  bool source() const noexcept { return options_.inputs.empty(); }
  bool polls() const noexcept { return options_.info->poll != nullptr && source() && !poll_over_; }
  bool timers_due() const;
  std::int64_t next_processing_timer() const;  ///< Realtime; INT64_MAX: none.
  std::int64_t idle_at() const noexcept;       ///< When a silent source becomes idle: monotonic; INT64_MAX: never.
  bool idle_due() const { return idle_at() <= options_.time->monotonic_ns(); }
  /// From now on it passes that record. Between two steps.
  void pass(passed_record record) { options_.pass = std::move(record); }
  /// How far it has consumed an input log; LSN 0: it knows nothing of it.
  const input_position& position(std::uint64_t log) const;
  operator_waker& waker() noexcept { return *waker_; }
  const partition_options& options() const noexcept { return options_; }
  std::size_t members() const noexcept { return members_.size(); }
  /// The values of a key in a state of the operator `member` (its name in the chain), until f returns false: those of the declared version, then those that
  /// other versions left. False where there is no such state. Between two steps.
  struct state_key {
    std::string_view state;
    std::string_view key;
    std::optional<std::string> subkey = {};  ///< Only that of this one; else all of the key.
  };
  bool look_at_state(std::string_view member, const state_key& at,
                     const std::function<bool(std::uint32_t version, std::string_view subkey, std::string_view value)>& f) const;
  const named_metrics& metrics(std::size_t member = 0) const noexcept { return members_[member]->metrics; }

 private:
  friend struct host_functions;

  struct input_state {
    input_position position;
    bool partial() const noexcept { return position.index != whole_frame; }
  };
  /// A record or timer whose hook threw in this step. A record that was handed over stands where this partition's next frame would be in its log, so that no
  /// record of an input has its place; and as a replay must not skip another one in its stead, its content counts too.
  struct bad_unit {
    std::uint32_t member = 0;
    std::optional<due_timer> timer;  ///< Else a record.
    std::uint64_t place = 0;         ///< Of a timer: how much was done before it in the step, as one of its name may fire more than once.
    std::uint64_t log = 0;
    std::uint64_t lsn = 0;
    std::uint32_t index = 0;
    std::uint64_t content = 0;           ///< A hash; 0 for records of an input.
    std::string text;                    ///< What the exception said.
    std::string below;                   ///< Not empty: not this failed, but what was made of it in an operator below, named here, whose policy is to fail.
    bool waits = false;                  ///< A timer that was set when this attempt began.
    std::uint32_t istream = UINT32_MAX;  ///< Of the record, once it is known.
    std::uint64_t letter = 0;            ///< Replayed: number of the dead letter in its request, counted from 1; else 0.
    bool passed = false;                 ///< Nothing failed: it was asked to be passed.
    bool same_as(const bad_unit& o) const noexcept;
    std::string describe() const;
  };
  /// The record of an input, or the timer, that the hooks now running go back to.
  struct root_unit {
    std::optional<bad_unit> unit;  ///< None in initialize, poll, flush and process_durable.
    std::uint32_t records = 1;     ///< Given to the object at once: which of them it was is not known.
  };
  enum class progress : std::uint8_t { done, budget_spent, error };
  struct failure {
    hook_result hook;
    const char* hook_name = "";
    std::optional<bad_unit> unit;  ///< Set for a record or timer: on_error applies.
    bool inner = false;            ///< A record that was handed over.
    std::uint32_t member = 0;
  };
  static constexpr std::uint64_t prefetched_cells_min = 16'384;  ///< With fewer the state is in the caches, and fetching it costs more than it saves.
  static constexpr std::size_t bad_per_step = 8;                 ///< A step ends behind so many, since each has it taken once more.

  // partition.cpp: what it is
  void make_members();
  void close_objects();

  // step.cpp
  void begin_step();
  void undo_step();
  template <class Attempt>
  step_result run_step(Attempt attempt);
  progress attempt(std::span<const delivery_ptr> deliveries, bool may_poll, step_result& out);
  progress tell_durable(std::span<const durable_token> tokens, step_result& out);
  progress consume(const delivery_message& d);
  progress consume_part(const delivery_message& d, std::size_t part, std::uint32_t base, input_state& in);
  progress fire_timers();
  progress fire_timers_of(chain_member& m);
  progress fire(chain_member& m, const due_timer& due, std::uint64_t letter = 0);
  progress poll_source(step_result& out);
  progress run_flush();
  bool budget_left();

  // replay.cpp
  progress take_letters(const replay_request& what, std::size_t first, step_result& out);
  progress take_letter(chain_member& m, const replayed_letter& l, std::uint64_t number);

  // chain.cpp
  progress renew();
  progress hand_over(chain_member& from);
  progress consume_inner(chain_member& to, const record_batch& batch);
  void begin_root(std::optional<bad_unit> unit, std::uint32_t records);
  void adapt_records_per_call();
  void mark_unit() noexcept;
  void say_whose(const chain_member& m) const noexcept {
    if (!options_.mark) return;
    options_.mark->who = m.options.name.c_str();
    options_.mark->member.store(m.number, std::memory_order_relaxed);
  }
  bool replays(step_result& out);
  template <class Hook>
  hook_result call(chain_member& m, Hook hook);
  template <class Hook>
  hook_result call_outside(chain_member& m, Hook hook);
  std::uint64_t kept_bytes() const noexcept;

  // partition.cpp
  frame_ptr finish_frame(frame_cause cause);
  void finish_watermarks(frame& f);
  std::vector<chain_member_head> member_heads() const;
  void finish_positions(frame& f);
  void finish_idleness(frame& f, std::uint64_t produced);
  void commit(const frame& f);
  void drop_passed();
  void publish();
  std::int64_t timer_limit(const chain_member& m) const;
  bool events_due(const chain_member& m) const { return timers_.next(m.first_timer_id() + WEIR_TIMER_EVENT, timer_limit(m)).has_value(); }
  std::int64_t input_watermark() const;
  std::int64_t chain_watermark() const noexcept;
  input_state& input(std::uint64_t log);
  chain_member& head() noexcept { return *members_.front(); }
  const chain_member& head() const noexcept { return *members_.front(); }
  bool chained() const noexcept { return members_.size() > 1; }
  std::uint64_t next_lsn() const noexcept { return lsn_ + 1; }

  // errors.cpp
  bool fails_trial(step_result& out) const;
  const bad_unit* find_bad(const bad_unit& u) const noexcept;
  bool apply_policy(chain_member& m, const bad_unit& bad, const record_batch::view& record = {});
  bool is_set(const bad_unit& bad) const;
  void note_waiting_timers();
  void pass_timers_moved();
  std::string record_letter(const chain_member& m, const bad_unit& bad, std::string_view original) const;
  std::string timer_letter(const chain_member& m, const bad_unit& bad) const;

  partition_options options_;
  std::vector<std::unique_ptr<chain_member>> members_;  ///< The head, then each behind its parent.
  std::vector<state_store::normalizer> normalizers_;    ///< By state id.
  std::vector<std::uint16_t> state_groups_;             ///< By state id: number of the operator whose state it is.
  state_store states_;
  timer_store timers_;

  // Committed.
  std::uint64_t lsn_ = 0;            ///< Of the last frame.
  std::vector<input_state> inputs_;  ///< As options_.inputs.
  std::int64_t watermark_ = INT64_MIN;
  std::int64_t emitted_ = INT64_MIN;  ///< By a source: its watermark follows as its own timers up to there fire.
  bool idle_ = false;
  bool ended_ = false;
  bool poll_over_ = false;            ///< poll() said ended; ended_ follows once timers and tokens are done with.
  std::size_t tokens_out_ = 0;        ///< Of committed frames, not acknowledged yet.
  std::int64_t idle_timeout_ns_ = 0;  ///< 0: none.
  std::int64_t active_ns_;            ///< Monotonic: when a source last produced a record or watermark.

  // The step under way.
  std::vector<input_state> step_inputs_;
  state_store::savepoint states_before_ = 0;
  timer_store::savepoint timers_before_ = 0;
  std::int64_t step_emitted_ = INT64_MIN;
  std::uint64_t change_bytes_ = 0;
  std::uint64_t other_bytes_ = 0;  ///< Within a hook: of the frame, but for what that operator produces.
  std::uint64_t unit_bytes_ = 0;   ///< Output and change bytes when the current root unit began.
  std::int64_t step_began_ns_ = 0;
  std::int64_t step_now_ns_ = 0;  ///< Realtime; the same in every attempt, so that the same timers are due.
  std::uint64_t units_done_ = 0;  ///< Records, timers and polls of this attempt.
  bool poll_ended_ = false;
  bool step_idle_ = false;
  std::uint64_t idle_behind_ = 0;  ///< Records of the frame when it was marked idle; 0: it was not in this step.
  std::vector<durable_token> step_tokens_;
  std::size_t step_acknowledged_ = 0;
  bool initialized_ = false;
  bool in_unit_ = false;    ///< Inside process_record or process_timer.
  bool singly_ = false;     ///< The head gets its records one by one, since what was made of one of them failed.
  bool careful_ = false;    ///< The same, to see which of them the process dies of.
  bool too_large_ = false;  ///< What the root unit led to did not fit a frame.
  root_unit root_;
  frame_cause cause_ = frame_cause::input;
  failure failure_;
  std::vector<bad_unit> bad_;   ///< Found so far in this step, over its attempts.
  std::size_t bad_passed_ = 0;  ///< Of these, in this attempt.
  std::string stop_;            ///< Why this partition must stop after what is committed,
  std::string stop_who_;        ///< and the name of the operator that it is about.
  std::uint32_t records_per_call_;
  intrusive_ptr<operator_waker> waker_ = make_intrusive<operator_waker>();
};

}  // namespace weir::runtime
