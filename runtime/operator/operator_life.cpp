// How an operator actor comes to life, and all the ways in which it does not go on: outages, failures, pauses, drains.
#include <algorithm>

#include "runtime/operator/operator_actor.hpp"
#include "runtime/stream/log_actor.hpp"

namespace weir::runtime {

namespace {

constexpr std::int64_t first_restart_ns = 1'000'000'000;
constexpr std::int64_t longest_restart_ns = 60'000'000'000;

}  // namespace

void operator_actor::wire(const wire_operator_message& m) {
  if (m.options) options_.work->become(*m.options);
  options_.work->waker().attach(self_);
  log_ = m.log;
  inputs_.clear();
  ++visit_;
  draining_ = cut_ = told_log_ = false;
  const partition_options& mine = options_.work->options();
  for (std::size_t i = 0; i < m.inputs.size(); ++i) {
    inputs_.push_back({m.inputs[i], false});
    const input_position& at = options_.work->position(m.inputs[i].log);
    auto joins = make_intrusive<subscribe_message>();
    joins->group = {.id = m.group, .subscriptions = mine.inputs[i].subscriptions, .partitions = mine.partitions, .durable = m.durable_only};
    log_reader& r = joins->reader;
    r = {.log = mine.log, .actor = self_, .partition = mine.partition, .watermark = at.watermark, .fresh = at.lsn == 0, .lag = m.inputs[i].lag};
    r.next_lsn = at.lsn == 0 ? m.inputs[i].first_lsn : at.index == whole_frame ? at.lsn + 1 : at.lsn;
    m.inputs[i].actor.send(std::move(joins));
  }
  activity_ = activity::ready;
  if (!paused_) run(work::initialize);
}

void operator_actor::begin_outage(const std::string& who, const std::string& why) {
  if (retry_delay_ns_ == 0) options_.events->say(WEIR_LEVEL_WARNING, (who.empty() ? options_.work->options().name : who) + ": waiting: " + why);
  options_.events->partition_waits(options_.work->options().log, why);
  options_.work->options().counters->retries.fetch_add(1, std::memory_order_relaxed);
  retry_delay_ns_ = std::clamp(retry_delay_ns_ * 2, retry_delay_min_ns, retry_delay_max_ns);
  retrying_ = true;
  home_->wake_at(home_->time().monotonic_ns() + retry_delay_ns_, self_, timer_token::retry);
  if (draining_) leave_inputs();
}

void operator_actor::end_outage() {
  if (retry_delay_ns_ == 0) return;
  retry_delay_ns_ = 0;
  options_.events->partition_waits(options_.work->options().log, "");
  options_.events->say(WEIR_LEVEL_INFO, options_.work->options().name + ": goes on after waiting");
}

/// Between two frames; one under way is waited for.
void operator_actor::replace() {
  if (activity_ == activity::busy || !replacement_) return;
  switch_began_ns_ = home_->time().monotonic_ns();
  options_.work->become(*std::exchange(replacement_, nullptr));
  if (activity_ == activity::unwired) return;
  if (std::exchange(retry_delay_ns_, 0) != 0) options_.events->partition_waits(options_.work->options().log, "");
  activity_ = activity::ready;
  initialized_ = polled_idle_ = retrying_ = false;
  run(work::initialize);
}

void operator_actor::fail(const step_result& r) {
  const partition_options& mine = options_.work->options();
  const error why = r.misused ? error{error_code::usage, r.failed} : error{error_code::failed, (r.who.empty() ? mine.name : r.who) + ": " + r.failed};
  if (!r.on_trial) return fail(why);
  activity_ = activity::suspended;
  options_.events->trial_failed(mine.log, why);
}

/// For good, or until it is made anew: then what it was given waits for it.
void operator_actor::fail(const error& why) {
  activity_ = activity::failed;
  end_replay(why.message);
  if (options_.retries_failures) {
    restart_delay_ns_ = restart_delay_ns_ == 0 ? first_restart_ns : std::min(2 * restart_delay_ns_, longest_restart_ns);
    home_->wake_at(home_->time().monotonic_ns() + restart_delay_ns_, self_, timer_token::restart_timer);
    if (draining_) leave_inputs();
  } else {
    waiting_.clear();
    taken_.clear();
    for (input_state& in : inputs_) {
      in.left = true;
      auto m = make_intrusive<detach_message>();
      m->reader = options_.work->options().log;
      in.actor.send(std::move(m));
    }
  }
  options_.events->partition_failed(options_.work->options().log, why);
}

/// A fresh object on the state that is committed.
void operator_actor::restart() {
  if (activity_ != activity::failed || told_log_) return;
  activity_ = activity::ready;
  initialized_ = false;
  options_.work->options().counters->restarts.fetch_add(1, std::memory_order_relaxed);
}

void operator_actor::drain(const drain_message& m) {
  draining_ = true;
  cut_ = cut_ || m.now;
  if (cut_ || paused_ || retrying_ || activity_ == activity::failed || activity_ == activity::suspended) return leave_inputs();
  for (const input_state& in : inputs_) {
    auto l = make_intrusive<leave_message>();
    l->reader = options_.work->options().log;
    l->actor = self_;
    l->visit = visit_;
    l->when_drained = m.with == nullptr || m.with->contains(in.log);
    in.actor.send(std::move(l));
  }
}

/// At once, since it takes nothing of them any more.
void operator_actor::leave_inputs() {
  for (const input_state& in : inputs_) {
    if (in.left) continue;
    auto l = make_intrusive<leave_message>();
    l->reader = options_.work->options().log;
    l->actor = self_;
    l->visit = visit_;
    in.actor.send(std::move(l));
  }
}

void operator_actor::drain_if_done() {
  if (told_log_ || !draining_ || activity_ == activity::unwired || activity_ == activity::busy) return;
  if (!std::all_of(inputs_.begin(), inputs_.end(), [](const input_state& in) { return in.left; })) return;
  const bool idle = !step_scheduled_ && waiting_.empty() && taken_.empty() && awaited_.empty() && !tokens_wait() && !options_.work->timers_due();
  if (!idle && activity_ != activity::failed && activity_ != activity::suspended && !paused_ && !cut_ && !retrying_) return;
  told_log_ = true;
  log_.send(make_intrusive<drain_log_message>());
}

/// What it was given and did not take comes again, by its position, when it is wired again; so do acknowledgements by what it then finds out itself.
void operator_actor::close() {
  options_.work->waker().attach({});
  options_.work->close();
  replay_frames_ = 0;  // The log has drained.
  end_replay("it was stopped");
  activity_ = activity::unwired;
  waiting_.clear();
  taken_.clear();
  awaited_.clear();
  switch_began_ns_ = -1;
  tokens_durable_.clear();
  tokens_told_.clear();
  inputs_.clear();
  retry_delay_ns_ = restart_delay_ns_ = 0;
  initialized_ = polled_idle_ = woken_ = retrying_ = false;
  wait_for_space(false);
}

}  // namespace weir::runtime
