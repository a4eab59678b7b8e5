#include "runtime/operator/partition.hpp"

#include <algorithm>

#include "runtime/operator/host.hpp"

namespace weir::runtime {

operator_partition::operator_partition(partition_options options, log_image image)
    : options_(std::move(options)),
      states_(std::move(image.states)),
      timers_(std::move(image.timers)),
      lsn_(image.lsn),
      watermark_(image.watermark),
      idle_(image.idle),
      ended_(image.ended),
      active_ns_(options_.time->monotonic_ns()),
      records_per_call_(options_.limits.records_per_look) {
  for (const partition_input& in : options_.inputs) {
    const auto known = image.inputs.find(in.log);
    inputs_.push_back({known == image.inputs.end() ? input_position{.log = in.log} : known->second});
  }
  make_members();
  for (const auto& m : members_) {
    const bool known = m->number < image.members.size();
    m->watermark = m->step_watermark = known ? image.members[m->number].watermark : watermark_;
    if (lsn_ > 0) m->committed_generation = known ? image.members[m->number].generation : image.generation;
  }
  if (source()) {
    emitted_ = step_emitted_ = head().watermark;
    if (events_due(head())) head().watermark = head().step_watermark = watermark_;
  }
  publish();
}

operator_partition::~operator_partition() = default;

void operator_partition::become(partition_options options) {
  close_objects();
  const auto before = std::exchange(members_, {});
  const auto positions = std::exchange(inputs_, {});
  options_ = std::move(options);
  for (const partition_input& in : options_.inputs) {
    const auto known = std::find_if(positions.begin(), positions.end(), [&](const input_state& s) { return s.position.log == in.log; });
    inputs_.push_back(known == positions.end() ? input_state{{.log = in.log}} : *known);
  }
  make_members();
  for (const auto& m : members_) {
    const chain_member& was = *before[std::min(std::size_t{m->number}, before.size() - 1)];
    m->watermark = m->step_watermark = was.watermark;
    m->committed_generation = was.committed_generation;
  }
  initialized_ = false;
  publish();
}

/// As the options say; what they have committed is set by whoever calls.
void operator_partition::make_members() {
  step_inputs_ = inputs_;
  state_groups_.resize(std::max(state_groups_.size(), replay_state + std::size_t{1}));
  members_.push_back(std::make_unique<chain_member>(options_, 0));
  for (const member_options& below : options_.below) {
    members_.push_back(std::make_unique<chain_member>(below, static_cast<std::uint32_t>(members_.size())));
    members_.back()->parent = members_[below.parent].get();
    members_[below.parent]->children.push_back({below.parent_ostream, members_.back().get()});
  }
  for (auto& m : members_) {
    m->context.host = &host_table();
    m->context.chain = this;
    m->context.partition = options_.partition;
    m->context.partitions = options_.partitions;
    m->context.epoch = options_.epoch;
    for (std::size_t i = 0; i < m->options.normalizers.size() && i < m->options.state_ids.size(); ++i) {
      const std::uint16_t id = m->options.state_ids[i];
      if (normalizers_.size() <= id) normalizers_.resize(id + std::size_t{1});
      normalizers_[id] = m->options.normalizers[i];
    }
    const auto own_states = [&](std::uint16_t id) {
      if (state_groups_.size() <= id) state_groups_.resize(id + std::size_t{1});
      state_groups_[id] = static_cast<std::uint16_t>(m->number);
    };
    for (const std::uint16_t id : m->options.state_ids) own_states(id);
    for (const auto& formers : m->options.formers)
      for (const former_version& f : formers) own_states(f.id);
  }
}

void operator_partition::close() {
  close_objects();
  tokens_out_ = 0;
  poll_over_ = false;
}

void operator_partition::close_objects() {
  if (std::none_of(members_.begin(), members_.end(), [](const auto& m) { return m->object.alive(); })) return;
  constexpr auto relaxed = std::memory_order_relaxed;
  const in_step marked(options_.mark.get());
  if (options_.mark) options_.mark->closing.store(true, relaxed);
  options_.counters->step_began_ns.store(options_.time->monotonic_ns(), relaxed);
  for (const auto& m : members_) {
    if (!m->object.alive()) continue;
    m->lend_outputs();
    say_whose(*m);
    // What it produces or throws now can change nothing any more; but what was thrown is said.
    if (const hook_result r = m->object.close(m->context); !r.ok() && options_.say) options_.say(WEIR_LEVEL_WARNING, m->options.name + ": close: " + r.text);
    m->object.destroy();
  }
  options_.counters->step_began_ns.store(0, relaxed);
  if (options_.mark) options_.mark->closing.store(false, relaxed);
}

bool operator_partition::timers_due() const {
  const std::int64_t now = options_.time->realtime_ns();
  return std::any_of(members_.begin(), members_.end(),
                     [&](const auto& m) { return events_due(*m) || timers_.next(m->first_timer_id() + WEIR_TIMER_PROCESSING, now).has_value(); });
}

std::int64_t operator_partition::next_processing_timer() const {
  std::int64_t first = INT64_MAX;
  for (const auto& m : members_) first = std::min(first, timers_.next(m->first_timer_id() + WEIR_TIMER_PROCESSING).value_or(INT64_MAX));
  return first;
}

/// How far the operator's event time may go: to its inputs' watermark, that of the operator above it, or what it emitted itself.
std::int64_t operator_partition::timer_limit(const chain_member& m) const {
  if (m.parent != nullptr) return std::max(m.step_watermark, m.parent->step_watermark);
  return std::max(m.step_watermark, source() ? step_emitted_ : input_watermark());
}

std::int64_t operator_partition::idle_at() const noexcept {
  if (idle_timeout_ns_ <= 0 || idle_ || ended_ || poll_over_) return INT64_MAX;
  return idle_timeout_ns_ > INT64_MAX - active_ns_ ? INT64_MAX : active_ns_ + idle_timeout_ns_;
}

operator_partition::input_state& operator_partition::input(std::uint64_t log) {
  return *std::find_if(step_inputs_.begin(), step_inputs_.end(), [log](const input_state& s) { return s.position.log == log; });
}

std::int64_t operator_partition::input_watermark() const {
  std::int64_t speaking = INT64_MAX;
  std::int64_t silent = INT64_MIN;  // Where all are idle nobody is waited for: then the furthest counts, whichever of them fell silent last.
  bool any_speaks = false;
  bool any_silent = false;
  for (const input_state& s : step_inputs_) {
    if (s.position.ended) continue;  // At max(); it says nothing of those that go on.
    if (s.position.idle) silent = std::max(silent, s.position.watermark);
    if (!s.position.idle) speaking = std::min(speaking, s.position.watermark);
    (s.position.idle ? any_silent : any_speaks) = true;
  }
  return any_speaks || !any_silent ? speaking : silent;
}

/// What its subscribers may rely on: an operator whose timers take several steps is behind the one above it.
std::int64_t operator_partition::chain_watermark() const noexcept {
  std::int64_t least = INT64_MAX;
  for (const auto& m : members_) least = std::min(least, m->step_watermark);
  return least;
}

frame_ptr operator_partition::finish_frame(frame_cause cause) {
  auto f = make_intrusive<frame>();
  f->cause = cause;
  f->generation = options_.generation;
  const auto operators = static_cast<std::uint32_t>(members_.size());
  states_.take_changes(f->states, [this](std::uint16_t id) { return id < normalizers_.size() ? normalizers_[id] : nullptr; }, {state_groups_, operators});
  timers_.take_changes(f->timers, operators);
  finish_positions(*f);
  finish_watermarks(*f);
  finish_idleness(*f, head().counts.handed_over + head().produced());
  std::uint64_t produced = 0;
  for (const auto& m : members_) produced += m->produced();
  const bool moved = step_emitted_ != emitted_ || std::any_of(members_.begin(), members_.end(), [](const auto& m) {
                       return m->step_watermark != m->watermark || m->committed_generation != m->options.generation;
                     });
  const bool changed = produced > 0 || moved || !step_tokens_.empty() || !f->states.empty() || !f->timers.empty() || !f->positions.empty() ||
                       f->watermark != watermark_ || f->idle != idle_ || f->ended != ended_;
  commit(*f);
  if (!changed) return nullptr;
  const std::uint64_t all = kept_bytes();
  for (const auto& m : members_) {
    if (m->letters() && !m->outputs.back().empty()) f->flags |= letters_frame;
    m->hand_over_outputs(*f, all, options_.limits.frame_bytes_target);
    m->options.counters->frames.fetch_add(1, std::memory_order_relaxed);
  }
  ++lsn_;
  return f;
}

/// Also where something was emitted behind the last look at timers.
void operator_partition::finish_watermarks(frame& f) {
  for (const auto& m : members_)
    if (!events_due(*m)) m->step_watermark = timer_limit(*m);
  f.watermark = chain_watermark();
  f.members = member_heads();
}

void operator_partition::commit(const frame& f) {
  for (const auto& m : members_) m->commit();
  inputs_ = step_inputs_;
  watermark_ = f.watermark;
  emitted_ = step_emitted_;
  idle_ = f.idle;
  ended_ = f.ended;
  poll_over_ = poll_over_ || poll_ended_;
  if (options_.pass) drop_passed();
  tokens_out_ += step_tokens_.size() - step_acknowledged_;
  publish();
}

/// Once it is behind the committed positions, which never go back.
void operator_partition::drop_passed() {
  const passed_record& p = *options_.pass;
  for (const input_state& in : inputs_) {
    const input_position& at = in.position;
    if (at.log != p.log || at.lsn < p.lsn || (at.lsn == p.lsn && at.index <= p.index)) continue;
    options_.pass.reset();
    return;
  }
}

void operator_partition::finish_positions(frame& f) {
  bool all_ended = poll_ended_ || poll_over_;
  if (!step_inputs_.empty()) all_ended = true;
  for (std::size_t i = 0; i < step_inputs_.size(); ++i) {
    const input_position& p = step_inputs_[i].position;
    if (p != inputs_[i].position) f.positions.push_back(p);
    all_ended = all_ended && p.ended && p.index == whole_frame;
  }
  const std::size_t tokens_out = tokens_out_ + step_tokens_.size() - step_acknowledged_;
  f.ended = all_ended && tokens_out == 0 && std::none_of(members_.begin(), members_.end(), [this](const auto& m) {
              return timers_.next(m->first_timer_id() + WEIR_TIMER_EVENT, INT64_MAX).has_value();
            });
  if (f.ended)
    for (const auto& m : members_) m->step_watermark = INT64_MAX;
}

void operator_partition::finish_idleness(frame& f, std::uint64_t produced) {
  if (!source()) {
    // Who has timers to fire yet is not silent, also where all inputs are: others' watermarks would pass what those timers produce.
    const bool fires = std::any_of(members_.begin(), members_.end(), [this](const auto& m) { return events_due(*m); });
    f.idle =
        !f.ended && !fires && std::all_of(step_inputs_.begin(), step_inputs_.end(), [](const input_state& s) { return s.position.idle || s.position.ended; });
    return;
  }
  if (produced > 0 || step_emitted_ > emitted_) active_ns_ = options_.time->monotonic_ns();
  if (produced > idle_behind_) step_idle_ = false;
  f.idle = !f.ended && (step_idle_ || idle_due());
}

}  // namespace weir::runtime
