#include "runtime/operator/partition.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/operator/host.hpp"
#include "topology/names.hpp"
#include "topology/operator_check.hpp"

namespace weir::runtime {

operator_partition::operator_partition(partition_options options, log_image image)
    : options_(std::move(options)),
      object_(*options_.info),
      states_(std::move(image.states)),
      timers_(std::move(image.timers)),
      watermark_(image.watermark),
      idle_(image.idle),
      ended_(image.ended),
      active_ns_(options_.time->monotonic_ns()),
      records_per_call_(options_.limits.records_per_look) {
  for (const partition_input& in : options_.inputs) {
    input_state s;
    s.position.log = in.log;
    if (const auto known = image.inputs.find(in.log); known != image.inputs.end()) s.position = known->second;
    inputs_.push_back(s);
  }
  step_inputs_ = inputs_;
  keys_bound_ =
      std::any_of(options_.metadata.istreams.begin(), options_.metadata.istreams.end(), [](const auto& i) { return i.grouping == WEIR_GROUPING_GROUP_BY; });
  for (std::size_t i = 0; keys_bound_ && i < options_.metadata.states.size(); ++i)
    if (options_.metadata.states[i].scope != WEIR_STATE_PARTITION) prefetched_.push_back(options_.state_ids[i]);
  const bool letters = options_.on_error == topology::error_policy::dead_letter;
  outputs_.resize(options_.metadata.ostreams.size() + (letters ? 1 : 0));
  lent_.resize(options_.metadata.ostreams.size());
  shares_.resize(lent_.size());
  context_.size = sizeof(weir_context);
  context_.host = &host_table();
  context_.ostreams = lent_.data();
  context_.ostream_count = static_cast<std::uint32_t>(lent_.size());
  context_.partition = options_.partition;
  context_.partitions = options_.partitions;
  context_.start = options_.start;
  context_.epoch = options_.epoch;
  context_.manifest_directory = options_.manifest_directory.c_str();
  context_.owner = this;
  publish();
}

operator_partition::~operator_partition() = default;

step_result operator_partition::initialize() {
  begin_step();
  cause_ = frame_cause::admin;
  const hook_result r = renew();
  step_result out;
  if (!r.ok()) {
    undo_step();
    object_.destroy();
    out.fail(r, "initialize");
    return out;
  }
  initialized_ = true;
  out.failed = unread_config();
  if (!out.failed.empty()) {
    undo_step();
    object_.destroy();
    out.misused = true;
    return out;
  }
  out.content = finish_frame(frame_cause::admin);
  out.tokens = std::exchange(step_tokens_, {});
  return out;
}

/// Where and what the first config key is that a class without declared config does not read; "" where it reads all. (Declared keys were checked before.)
std::string operator_partition::unread_config() const {
  if (!options_.metadata.config.empty()) return "";
  const std::vector<std::string> read(config_asked_.begin(), config_asked_.end());
  for (const auto& [name, value] : options_.config) {
    if (config_asked_.contains(name)) continue;
    const std::string known = read.empty() ? "; it reads none" : "; it reads " + topology::listed(read);
    return topology::fault_at(value.key, fmt::format("{} does not read the config key {}{}", topology::class_text(options_.metadata), topology::quoted(name),
                                                     topology::suggestion(name, read, known)))
        .message;
  }
  return "";
}

void operator_partition::close() {
  if (!object_.alive()) return;
  lend_outputs();
  // What it produces or throws now can change nothing any more; but what was thrown is said.
  if (const hook_result r = object_.close(context_); !r.ok() && options_.say) options_.say(WEIR_LEVEL_WARNING, options_.name + ": close: " + r.text);
  object_.destroy();
}

bool operator_partition::timers_due() const {
  return timers_.next(WEIR_TIMER_EVENT, watermark_).has_value() || timers_.next(WEIR_TIMER_PROCESSING, options_.time->realtime_ns()).has_value() ||
         (!inputs_.empty() && timers_.next(WEIR_TIMER_EVENT, input_watermark()).has_value());
}

std::int64_t operator_partition::next_processing_timer() const { return timers_.next(WEIR_TIMER_PROCESSING).value_or(INT64_MAX); }

hook_result operator_partition::renew() {
  object_.destroy();
  hook_result r = object_.create();
  if (!r.ok()) {
    r.text = "cannot be constructed: " + r.text;
    return r;
  }
  context_.current_key = {};
  context_.current_time = options_.time->realtime_ns();
  context_.watermark = step_watermark_;
  context_.yield = 0;
  idle_timeout_ns_ = 0;
  lend_outputs();
  r = object_.initialize(context_);
  take_back_outputs();
  context_.start = WEIR_START_RECOVERED;  // Whatever this start was, a later object of the same run takes over what is there.
  return r;
}

void operator_partition::lend_outputs() {
  for (std::size_t i = 0; i < lent_.size(); ++i) {
    weir_batch& b = lent_[i];
    b = outputs_[i].lend();
    b.slot_capacity = std::max(b.count, std::min(b.slot_capacity, shares_[i].slots));
    b.byte_capacity = std::max(b.size, std::min(b.byte_capacity, shares_[i].bytes));
  }
}

/// Gives the outputs to a frame. The next one is likely as large, so its batches have the room at once and do not grow by doubling; but no more than a step
/// may fill, or each frame would be larger than the one before: an operator learns that its step is spent when a batch is full.
void operator_partition::hand_over_outputs(frame& f) {
  std::uint64_t all = 0;
  for (const record_batch& b : outputs_) all += b.stored_size();
  const std::uint64_t target = options_.limits.frame_bytes_target;
  const auto part = [&](std::uint64_t n) { return static_cast<std::uint32_t>(all > target ? n * target / all : n); };
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const share s{part(outputs_[i].count()), part(outputs_[i].size())};
    if (i < shares_.size()) shares_[i] = all > target ? s : share{};
    f.outputs.push_back(std::move(outputs_[i]));
    outputs_[i] = record_batch{};
    outputs_[i].reserve(s.slots + s.slots / 8, s.bytes + s.bytes / 8);  // A record that goes beyond the share costs no copy of those before it.
  }
}

void operator_partition::take_back_outputs() {
  for (std::size_t i = 0; i < lent_.size(); ++i) outputs_[i].take_back(lent_[i]);
}

std::uint64_t operator_partition::output_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const weir_batch& b : lent_) bytes += b.size + std::uint64_t{b.count} * sizeof(weir_slot);
  if (outputs_.size() > lent_.size()) bytes += outputs_.back().stored_size();
  return bytes;
}

std::uint64_t operator_partition::lent_records() const noexcept {
  std::uint64_t records = 0;
  for (const weir_batch& b : lent_) records += b.count;
  return records;
}

std::int64_t operator_partition::idle_at() const noexcept {
  if (idle_timeout_ns_ <= 0 || idle_ || ended_ || poll_over_) return INT64_MAX;
  return idle_timeout_ns_ > INT64_MAX - active_ns_ ? INT64_MAX : active_ns_ + idle_timeout_ns_;
}

bool operator_partition::key_allowed(const weir_key& key, std::uint32_t state_scope) const noexcept {
  if (!keys_bound_ || state_scope == WEIR_STATE_PARTITION) return true;
  const weir_key& current = context_.current_key;
  if (current.data == nullptr || current.size != key.size) return false;
  return current.data == key.data || std::equal(key.data, key.data + key.size, current.data);
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

frame_ptr operator_partition::finish_frame(frame_cause cause) {
  auto f = make_intrusive<frame>();
  f->cause = cause;
  f->generation = options_.generation;
  f->watermark = step_watermark_;
  states_.take_changes(f->states, [this](std::uint16_t id) -> state_store::normalizer {
    const auto& ids = options_.state_ids;
    const auto index = static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
    return index < options_.normalizers.size() ? options_.normalizers[index] : nullptr;
  });
  timers_.take_changes(f->timers);
  finish_positions(*f);
  std::uint64_t produced = 0;
  for (const record_batch& b : outputs_) produced += b.count();
  finish_idleness(*f, produced);
  const bool changed = produced > 0 || !step_tokens_.empty() || !f->states.empty() || !f->timers.empty() || !f->positions.empty() ||
                       f->watermark != watermark_ || f->idle != idle_ || f->ended != ended_;
  inputs_ = step_inputs_;
  watermark_ = step_watermark_;
  idle_ = f->idle;
  ended_ = f->ended;
  poll_over_ = poll_over_ || poll_ended_;
  tokens_out_ += step_tokens_.size() - step_acknowledged_;
  partition_counters& counters = *options_.counters;
  counters.records_in.fetch_add(counts_.records, std::memory_order_relaxed);
  counters.timers_fired.fetch_add(counts_.timers, std::memory_order_relaxed);
  counters.skipped.fetch_add(counts_.skipped, std::memory_order_relaxed);
  counters.dead_letters.fetch_add(counts_.dead_letters, std::memory_order_relaxed);
  publish();
  if (!changed) return nullptr;
  const bool letters = options_.on_error == topology::error_policy::dead_letter && !outputs_.back().empty();
  if (letters) f->flags |= letters_frame;
  hand_over_outputs(*f);
  counters.records_out.fetch_add(produced, std::memory_order_relaxed);
  counters.frames.fetch_add(1, std::memory_order_relaxed);
  return f;
}

/// What status shows of the committed state.
void operator_partition::publish() {
  constexpr auto relaxed = std::memory_order_relaxed;
  partition_counters& c = *options_.counters;
  c.watermark.store(watermark_, relaxed);
  c.ended.store(ended_, relaxed);
  c.state_keys.store(states_.cells(), relaxed);
  c.state_bytes.store(states_.bytes(), relaxed);
  c.timers.store(timers_.size(), relaxed);
  for (std::size_t i = 0; i < std::min(inputs_.size(), c.input_lsns.size()); ++i) {
    const input_state& in = inputs_[i];
    c.input_lsns[i].store(in.position.lsn - (in.partial() && in.position.lsn > 0 ? 1 : 0), relaxed);
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
  f.ended = all_ended && tokens_out == 0 && !timers_.next(WEIR_TIMER_EVENT, INT64_MAX).has_value();
  if (f.ended) f.watermark = step_watermark_ = INT64_MAX;
}

void operator_partition::finish_idleness(frame& f, std::uint64_t produced) {
  if (!source()) {
    f.idle = !f.ended && std::all_of(step_inputs_.begin(), step_inputs_.end(), [](const input_state& s) { return s.position.idle || s.position.ended; });
    return;
  }
  if (produced > 0 || step_watermark_ > watermark_) active_ns_ = options_.time->monotonic_ns();
  if (produced > idle_behind_) step_idle_ = false;
  f.idle = !f.ended && (step_idle_ || idle_due());
}

void named_metrics::add(std::string_view name, std::int64_t by) {
  const std::lock_guard lock(mutex_);
  values_[std::string(name)] += by;
}

void named_metrics::set(std::string_view name, std::int64_t value) {
  const std::lock_guard lock(mutex_);
  values_[std::string(name)] = value;
}

std::map<std::string, std::int64_t, std::less<>> named_metrics::all() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

}  // namespace weir::runtime
