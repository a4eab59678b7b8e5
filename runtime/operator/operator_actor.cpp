#include "runtime/operator/operator_actor.hpp"

#include <algorithm>

namespace weir::runtime {

namespace {

enum timer_token : std::uint64_t { processing_timer, idle_poll, retry };

constexpr std::int64_t first_retry_ns = 100'000'000;
constexpr std::int64_t longest_retry_ns = 10'000'000'000;

}  // namespace

operator_actor::operator_actor(operator_actor_options options) : options_(std::move(options)), step_(make_intrusive<step_message>()) {}

operator_actor::~operator_actor() {
  options_.off_core.reset();  // Waits for a step under way.
  if (options_.work) options_.work->close();
}

void operator_actor::start(const actor_ref& self, core& home) {
  self_ = self;
  home_ = &home;
}

void operator_actor::receive(const message& m) {
  switch (m.kind) {
    case delivery_message::kind_of:
      if (activity_ != activity::failed) waiting_.emplace_back(&as<delivery_message>(m));
      break;
    case step_message::kind_of:
      step_scheduled_ = false;
      take_step();
      break;
    case step_done_message::kind_of: finish_step(); break;
    case wire_operator_message::kind_of: wire(as<wire_operator_message>(m)); break;
    case log_busy_message::kind_of: log_busy_ = true; break;
    case log_ready_message::kind_of: log_busy_ = false; break;
    case space_message::kind_of: waiting_for_space_ = false; break;
    case input_drained_message::kind_of: ++inputs_drained_; break;
    case drain_message::kind_of: draining_ = true; break;
    case timer_message::kind_of:
      switch (as<timer_message>(m).token) {
        case processing_timer: timer_set_for_ = INT64_MAX; break;
        case idle_poll: polled_idle_ = false; break;
        case retry: retrying_ = false; break;
        default: break;
      }
      break;
    default: break;
  }
  schedule_step();
  drain_if_done();
}

void operator_actor::wire(const wire_operator_message& m) {
  log_ = m.log;
  inputs_ = m.inputs;
  run(true);
}

bool operator_actor::may_poll() const { return options_.work->polls() && !draining_ && !polled_idle_ && !waiting_for_space_ && !options_.work->ended(); }

bool operator_actor::has_work() const { return !waiting_.empty() || !taken_.empty() || options_.work->timers_due() || may_poll(); }

void operator_actor::schedule_step() {
  if (step_scheduled_ || activity_ != activity::ready || log_busy_ || retrying_ || !has_work()) return;
  step_scheduled_ = true;
  self_.send(step_);
}

void operator_actor::take_step() {
  if (activity_ != activity::ready || log_busy_ || retrying_ || !has_work()) return;
  if (may_poll() && !options_.to->admits(admission::source)) {
    waiting_for_space_ = true;
    if (!has_work()) return;
  }
  std::uint64_t bytes = 0;
  for (const delivery_ptr& d : taken_) bytes += d->credit_bytes;
  while (!waiting_.empty() && (taken_.empty() || bytes < options_.step_input_bytes)) {
    bytes += waiting_.front()->credit_bytes;
    taken_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  run(false);
}

void operator_actor::run(bool initialize) {
  activity_ = initialize ? activity::initializing : activity::stepping;
  const bool poll = !initialize && may_poll();
  const auto work = [this, initialize, poll] { result_ = initialize ? options_.work->initialize() : options_.work->step(taken_, poll); };
  if (!options_.off_core) {
    work();
    return finish_step();
  }
  options_.off_core->submit([work, self = self_] {
    work();
    self.send(make_intrusive<step_done_message>());
  });
}

void operator_actor::finish_step() {
  const bool initialized = activity_ == activity::initializing;
  const step_result r = std::exchange(result_, {});
  activity_ = activity::ready;
  if (r.content) commit(r.content);
  give_credit(r.consumed);
  if (r.misused) return fail({error_code::usage, r.failed});
  if (!r.failed.empty()) return fail({error_code::failed, options_.work->options().name + ": " + r.failed});
  if (!r.retry.empty()) {
    retry_delay_ns_ = std::clamp(retry_delay_ns_ * 2, first_retry_ns, longest_retry_ns);
    retrying_ = true;
    if (retry_delay_ns_ == first_retry_ns) options_.events->say(WEIR_LEVEL_WARNING, options_.work->options().name + " waits: " + r.retry);
    home_->wake_at(home_->time().monotonic_ns() + retry_delay_ns_, self_, retry);
    return;
  }
  retry_delay_ns_ = 0;
  if (options_.work->polls() && !initialized && r.poll == WEIR_POLL_IDLE && may_poll() && !r.more) {
    polled_idle_ = true;
    home_->wake_at(home_->time().monotonic_ns() + options_.idle_poll_ns, self_, idle_poll);
  }
  wake_for_timers();
}

void operator_actor::commit(frame_ptr f) {
  auto m = make_intrusive<append_message>();
  m->content = std::move(f);
  log_.send(std::move(m));
}

void operator_actor::give_credit(std::size_t consumed) {
  for (std::size_t i = 0; i < consumed; ++i) {
    if (taken_[i]->credit_bytes == 0) continue;
    const auto to = std::find_if(inputs_.begin(), inputs_.end(), [&](const auto& in) { return in.first == taken_[i]->log; });
    auto m = make_intrusive<credit_message>();
    m->reader = options_.work->options().log;
    m->bytes = taken_[i]->credit_bytes;
    to->second.send(std::move(m));
  }
  taken_.erase(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(consumed));
}

void operator_actor::wake_for_timers() {
  const std::int64_t due = options_.work->next_processing_timer();
  if (due >= timer_set_for_) return;
  timer_set_for_ = due;
  const std::int64_t delay = std::max<std::int64_t>(0, due - home_->time().realtime_ns());
  home_->wake_at(home_->time().monotonic_ns() + delay, self_, processing_timer);
}

void operator_actor::fail(error why) {
  activity_ = activity::failed;
  waiting_.clear();
  taken_.clear();
  for (const auto& [log, ref] : inputs_) {
    auto m = make_intrusive<detach_message>();
    m->reader = options_.work->options().log;
    ref.send(std::move(m));
  }
  options_.events->partition_failed(options_.work->options().log, std::move(why));
}

void operator_actor::drain_if_done() {
  if (told_log_) return;
  const bool idle = activity_ == activity::ready && !step_scheduled_ && waiting_.empty() && taken_.empty();
  const bool inputs_done = inputs_.empty() ? draining_ : inputs_drained_ == inputs_.size();
  const bool done = activity_ == activity::failed || (idle && inputs_done && !options_.work->timers_due()) || (draining_ && retrying_ && inputs_done);
  if (!done) return;
  told_log_ = true;
  log_.send(make_intrusive<drain_log_message>());
}

}  // namespace weir::runtime
