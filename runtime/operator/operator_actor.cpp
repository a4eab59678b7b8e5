#include "runtime/operator/operator_actor.hpp"

#include <algorithm>

namespace weir::runtime {

operator_actor::operator_actor(operator_actor_options options) : options_(std::move(options)), step_(make_intrusive<step_message>()) {}

operator_actor::~operator_actor() {
  if (options_.work) options_.work->waker().attach({});
  options_.off_core.reset();  // Waits for a step under way.
  if (options_.work) options_.work->close();
}

void operator_actor::start(const actor_ref& self, core& home) {
  self_ = self;
  home_ = &home;
  options_.work->waker().attach(self);
}

void operator_actor::receive(const message& m) {
  switch (m.kind) {
    case delivery_message::kind_of:
      if (activity_ != activity::unwired && (activity_ != activity::failed || options_.retries_failures)) waiting_.emplace_back(&as<delivery_message>(m));
      break;
    case step_message::kind_of:
      step_scheduled_ = false;
      take_step();
      break;
    case step_done_message::kind_of: finish_step(); break;
    case wire_operator_message::kind_of: wire(as<wire_operator_message>(m)); break;
    case log_busy_message::kind_of: log_busy_ = true; break;
    case log_ready_message::kind_of: log_busy_ = false; break;
    case space_message::kind_of: wait_for_space(false); break;
    case input_drained_message::kind_of:
      for (input_state& in : inputs_)
        if (in.log == as<input_drained_message>(m).log && visit_ == as<input_drained_message>(m).visit) in.left = true;
      break;
    case drain_message::kind_of: drain(as<drain_message>(m)); break;
    case close_message::kind_of: close(); break;
    case replace_message::kind_of:
      replacement_ = as<replace_message>(m).options;
      replace();
      break;
    case pause_message::kind_of: paused_ = as<pause_message>(m).paused; break;
    case pass_record_message::kind_of: options_.work->pass(as<pass_record_message>(m).record); break;
    case frames_durable_message::kind_of: frames_durable(as<frames_durable_message>(m).count); break;
    case woken_message::kind_of:
      options_.work->waker().heard();
      woken_ = true;
      polled_idle_ = false;
      break;
    case readable_message::kind_of:
      if (as<readable_message>(m).token == waits_for_) polled_idle_ = false;
      break;
    case replay_message::kind_of: ask_for_replay(as<replay_message>(m)); break;
    case look_message::kind_of: looks_.emplace_back(&as<look_message>(m)); break;
    case timer_message::kind_of: timer_fired(as<timer_message>(m).token); break;
    default: break;
  }
  if (!looks_.empty() && activity_ != activity::busy) let_look();
  if (next_replay_ && activity_ != activity::busy) begin_replay();
  schedule_step();
  drain_if_done();
}

void operator_actor::let_look() {
  for (const auto& m : std::exchange(looks_, {})) m->look(*options_.work);
}

/// What it was set for may have moved since: a step that fires an operator's timer before the core does sets the next one while this is still under way.
void operator_actor::timer_fired(std::uint64_t token) {
  const bool ready = activity_ == activity::ready;
  if (token < movable_timers) set_for_[token] = INT64_MAX;
  switch (token) {
    case processing_timer:
      if (ready && !options_.work->timers_due()) wake_for_timers();
      break;
    case idle_timeout:
      if (ready && !options_.work->idle_due()) wake_when_idle();
      break;
    case idle_poll: poll_if_due(); break;
    case retry: retrying_ = false; break;
    case restart_timer: restart(); break;
    default: break;
  }
}

bool operator_actor::may_poll() const { return options_.work->polls() && !draining_ && !polled_idle_ && !waiting_for_space_ && !options_.work->ended(); }

bool operator_actor::has_work() const {
  return !initialized_ || tokens_wait() || replay_ || !waiting_.empty() || !taken_.empty() || options_.work->timers_due() || may_poll() ||
         (!waiting_for_space_ && options_.work->idle_due());
}

/// Once this operator has said that nothing follows, nothing does: a timer that is due from then on belongs to the next run.
bool operator_actor::may_step() const { return activity_ == activity::ready && !paused_ && !cut_ && !log_busy_ && !retrying_ && !told_log_ && has_work(); }

void operator_actor::schedule_step() {
  if (step_scheduled_ || !may_step()) return;
  step_scheduled_ = true;
  self_.send(step_);
}

void operator_actor::take_step() {
  if (!may_step()) return;
  if (!initialized_) return run(work::initialize);
  if (tokens_wait()) return run(work::acknowledge);
  if (replay_) return run(work::replay);
  if (may_poll() && !options_.to->admits(admission::source)) {
    wait_for_space(true);
    if (!has_work()) return;
  }
  std::uint64_t bytes = 0;
  for (const delivery_ptr& d : taken_) bytes += d->credit_bytes;
  while (!waiting_.empty() && (taken_.empty() || bytes < options_.step_input_bytes)) {
    bytes += waiting_.front()->credit_bytes;
    taken_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  run(work::step);
}

void operator_actor::run(work what) {
  activity_ = activity::busy;
  doing_ = what;
  if (what == work::acknowledge && tokens_told_.empty()) tokens_told_.swap(tokens_durable_);
  const bool poll = what == work::step && may_poll();
  if (poll) woken_ = false;
  const auto todo = [this, what, poll] {
    operator_partition& p = *options_.work;
    switch (what) {
      case work::initialize: result_ = p.initialize(); break;
      case work::acknowledge: result_ = p.acknowledge(tokens_told_); break;
      case work::replay: result_ = p.replay(*replay_->what, replayed_.taken); break;
      case work::step: result_ = p.step(taken_, poll); break;
    }
    if (what == work::initialize && result_.failed.empty() && result_.retry.empty()) initialized_ = true;
    count_time(*p.options().counters);
  };
  if (!options_.off_core) {
    todo();
    return finish_step();
  }
  options_.off_core->submit([todo, self = self_] {
    todo();
    self.send(make_intrusive<step_done_message>());
  });
}

/// Of the step that is over; the partition noted when it began.
void operator_actor::count_time(partition_counters& c) const noexcept {
  const std::int64_t spent = home_->time().monotonic_ns() - c.step_began_ns.load(std::memory_order_relaxed);
  c.busy_ns.store(c.busy_ns.load(std::memory_order_relaxed) + spent, std::memory_order_relaxed);
  c.step_began_ns.store(0, std::memory_order_relaxed);
}

void operator_actor::finish_step() {
  step_result r = std::exchange(result_, {});
  activity_ = activity::ready;
  if (r.content) commit(r);
  if (doing_ == work::replay) note_replayed(r);
  give_credit(r.consumed);
  tokens_told_.erase(tokens_told_.begin(), tokens_told_.begin() + static_cast<std::ptrdiff_t>(r.acknowledged));
  if (replacement_) return replace();  // Whatever the code that goes has come to.
  if (!r.failed.empty()) return fail(r);
  if (!r.retry.empty()) return begin_outage(r.who, r.retry);
  end_outage();
  if (restart_delay_ns_ != 0 && doing_ == work::initialize) options_.events->partition_runs(options_.work->options().log);
  if (doing_ == work::step) restart_delay_ns_ = 0;
  wait_to_poll(r);
  wake_for_timers();
  wake_when_idle();
}

void operator_actor::wait_for_space(bool waits) noexcept {
  waiting_for_space_ = waits;
  options_.work->options().counters->waits_for_journal.store(waits, std::memory_order_relaxed);
}

void operator_actor::wait_to_poll(const step_result& r) {
  if (!r.polled || r.more || woken_ || !may_poll()) return;
  const std::int64_t now = home_->time().monotonic_ns();
  switch (r.poll) {
    case WEIR_POLL_IDLE: return poll_at(now + options_.idle_poll_ns);
    case WEIR_POLL_IDLE_UNTIL: {
      if (r.poll_until == INT64_MAX) return poll_at(INT64_MAX);
      const std::int64_t realtime = home_->time().realtime_ns();
      if (r.poll_until > realtime) poll_at(now + (r.poll_until - realtime));
      return;
    }
    case WEIR_POLL_READABLE:
      polled_idle_ = true;
      poll_due_ = INT64_MAX;
      if (options_.readable == nullptr || !options_.readable->wait(r.poll_fd, self_, ++waits_for_)) poll_at(now + options_.idle_poll_ns);
      return;
    default: return;
  }
}

void operator_actor::poll_at(std::int64_t monotonic_ns) {
  polled_idle_ = true;
  poll_due_ = monotonic_ns;
  if (must_set(idle_poll, monotonic_ns)) home_->wake_at(monotonic_ns, self_, idle_poll);
}

void operator_actor::poll_if_due() {
  if (!polled_idle_ || poll_due_ == INT64_MAX) return;
  if (home_->time().monotonic_ns() < poll_due_) return poll_at(poll_due_);
  polled_idle_ = false;
}

void operator_actor::frames_durable(std::uint32_t count) {
  for (; count > 0 && !awaited_.empty(); --count) {
    const awaited_frame f = std::move(awaited_.front());
    awaited_.pop_front();
    tokens_durable_.insert(tokens_durable_.end(), f.tokens.begin(), f.tokens.end());
    if (f.replays && --replay_frames_ == 0) tell_replayed();
    if (f.pause_ns >= 0) options_.events->partition_switched(options_.work->options().log, f.generation, f.pause_ns);
  }
}

void operator_actor::commit(step_result& r) {
  awaited_frame f{.tokens = std::move(r.tokens), .generation = options_.work->options().generation, .replays = doing_ == work::replay};
  if (switch_began_ns_ >= 0 && initialized_) f.pause_ns = home_->time().monotonic_ns() - std::exchange(switch_began_ns_, -1);
  auto m = make_intrusive<append_message>();
  m->content = std::move(r.content);
  replay_frames_ += f.replays ? 1 : 0;
  m->tell_durable = !f.tokens.empty() || f.pause_ns >= 0 || f.replays;
  if (m->tell_durable) awaited_.push_back(std::move(f));
  log_.send(std::move(m));
}

void operator_actor::give_credit(std::size_t consumed) {
  for (std::size_t i = 0; i < consumed; ++i) {
    if (taken_[i]->credit_bytes == 0) continue;
    const auto to = std::find_if(inputs_.begin(), inputs_.end(), [&](const auto& in) { return in.log == taken_[i]->log; });
    auto m = make_intrusive<credit_message>();
    m->reader = options_.work->options().log;
    m->bytes = taken_[i]->credit_bytes;
    m->records = taken_[i]->credit_records;
    to->actor.send(std::move(m));
  }
  taken_.erase(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(consumed));
}

/// Whether the core has to be asked: as its timers cannot be taken back, one that is due later than one under way is set once that has fired.
bool operator_actor::must_set(timer_token timer, std::int64_t due) noexcept {
  if (due >= set_for_[timer]) return false;
  set_for_[timer] = due;
  return true;
}

void operator_actor::wake_for_timers() {
  const std::int64_t due = options_.work->next_processing_timer();
  if (!must_set(processing_timer, due)) return;
  const std::int64_t delay = std::max<std::int64_t>(0, due - home_->time().realtime_ns());
  home_->wake_at(home_->time().monotonic_ns() + delay, self_, processing_timer);
}

void operator_actor::wake_when_idle() {
  const std::int64_t due = options_.work->idle_at();
  if (must_set(idle_timeout, due)) home_->wake_at(due, self_, idle_timeout);
}

}  // namespace weir::runtime
