// How a step consumes input: records in order, watermarks, the timers they make due, polling, flush.
#include <algorithm>

#include "runtime/operator/partition.hpp"
#include "runtime/operator/prefetch.hpp"

namespace weir::runtime {

/// Calls process or process_timer with the context made ready for it.
template <class Hook>
hook_result operator_partition::call_unit(std::int64_t watermark, Hook hook) {
  context_.watermark = watermark;
  context_.yield = 0;
  lend_outputs();
  unit_bytes_ = change_bytes_ + output_bytes();
  in_unit_ = true;
  hook_result r = hook();
  in_unit_ = false;
  take_back_outputs();
  return r;
}

void operator_partition::begin_step() {
  step_inputs_ = inputs_;
  step_watermark_ = watermark_;
  states_before_ = states_.set_savepoint();
  timers_before_ = timers_.set_savepoint();
  change_bytes_ = 0;
  unit_bytes_ = 0;
  bad_passed_ = 0;
  poll_ended_ = false;
  step_idle_ = idle_;
  idle_behind_ = 0;
  step_tokens_.clear();
  step_acknowledged_ = 0;
  units_done_ = 0;
  counts_ = {};
  stop_.clear();
  cause_ = frame_cause::input;
  step_began_ns_ = options_.time->monotonic_ns();
}

void operator_partition::undo_step() {
  states_.roll_back(states_before_);
  timers_.roll_back(timers_before_);
  for (record_batch& b : outputs_) b.truncate(0, 0);
  step_inputs_ = inputs_;
  step_watermark_ = watermark_;
  change_bytes_ = 0;
  poll_ended_ = false;
  step_tokens_.clear();
  step_acknowledged_ = 0;
}

step_result operator_partition::step(std::span<const delivery_ptr> deliveries, bool may_poll) {
  return run_step([&](step_result& out) { return attempt(deliveries, may_poll, out); });
}

step_result operator_partition::acknowledge(std::span<const std::uint64_t> tokens) {
  return run_step([&](step_result& out) { return tell_durable(tokens, out); });
}

/// As often as it takes to know every record and timer that fails.
template <class Attempt>
step_result operator_partition::run_step(Attempt attempt) {
  bad_.clear();
  for (;;) {
    step_result out;
    begin_step();
    failure_ = {};
    hook_result renewed;
    if (!object_.alive()) renewed = renew();  // An error ended the one before.
    if (!renewed.ok()) failure_ = {std::move(renewed), "initialize"};
    if (failure_.hook.ok() && attempt(out) != progress::error) {
      out.content = finish_frame(cause_);
      out.tokens = std::exchange(step_tokens_, {});
      out.failed = stop_;
      return out;
    }
    undo_step();
    object_.destroy();
    const bool outage = failure_.hook.status == WEIR_RETRY_LATER;
    if (!outage && failure_.unit) {
      bad_.push_back(std::move(*failure_.unit));
      bad_.back().text = failure_.hook.text;
      continue;
    }
    out = {};
    out.fail(failure_.hook, failure_.hook_name);
    return out;
  }
}

operator_partition::progress operator_partition::attempt(std::span<const delivery_ptr> deliveries, bool may_poll, step_result& out) {
  progress p = fire_timers();  // Those that an earlier step had no room for.
  for (std::size_t i = 0; p == progress::done && i < deliveries.size(); ++i) {
    p = budget_left() ? consume(*deliveries[i]) : progress::budget_spent;
    if (p == progress::done) ++out.consumed;
  }
  if (p == progress::done && may_poll) p = poll_source(out);
  if (p == progress::error) return p;
  out.more = p == progress::budget_spent && stop_.empty();
  return run_flush();
}

operator_partition::progress operator_partition::tell_durable(std::span<const std::uint64_t> tokens, step_result& out) {
  cause_ = frame_cause::admin;
  for (const std::uint64_t token : tokens) {
    if (!budget_left()) break;
    context_.current_key = {};
    context_.current_time = options_.time->realtime_ns();
    hook_result r = call_unit(step_watermark_, [&] { return object_.process_durable(context_, token); });
    if (!r.ok()) {
      failure_ = {std::move(r), "process_durable"};
      return progress::error;
    }
    ++units_done_;
    step_acknowledged_ = ++out.acknowledged;
  }
  const progress p = fire_timers();
  if (p == progress::error) return p;
  out.more = p == progress::budget_spent && stop_.empty();
  return run_flush();
}

operator_partition::progress operator_partition::run_flush() {
  context_.current_key = {};
  context_.current_time = options_.time->realtime_ns();
  context_.watermark = step_watermark_;
  unit_bytes_ = change_bytes_ + output_bytes();
  lend_outputs();
  hook_result r = object_.flush(context_);
  take_back_outputs();
  if (r.ok()) return progress::done;
  failure_ = {std::move(r), "flush"};
  return progress::error;
}

operator_partition::progress operator_partition::consume(const delivery_message& d) {
  input_state& in = input(d.log);
  if (d.lsn < in.position.lsn || (d.lsn == in.position.lsn && !in.partial())) return progress::done;  // Known already.
  in.position.watermark = std::max(in.position.watermark, d.watermark_before);
  if (const progress p = fire_timers(); p != progress::done) return p;
  if (d.content) {
    const partition_input& reads = options_.inputs[static_cast<std::size_t>(&in - step_inputs_.data())];
    std::uint32_t base = 0;
    for (std::size_t part = 0; part < reads.subscriptions.size(); ++part) {
      if (const progress p = consume_part(d, part, base, in); p != progress::done) return p;
      const std::uint16_t ostream = reads.subscriptions[part].ostream;
      base += ostream < d.content->outputs.size() ? d.content->outputs[ostream].count() : 0;
    }
  }
  in.position.lsn = d.lsn;
  in.position.index = whole_frame;
  in.position.watermark = std::max(in.position.watermark, d.watermark);
  in.position.idle = d.idle;
  in.position.ended = in.position.ended || d.ended;
  return fire_timers();
}

operator_partition::progress operator_partition::consume_part(const delivery_message& d, std::size_t part, std::uint32_t base, input_state& in) {
  const subscription& s = options_.inputs[static_cast<std::size_t>(&in - step_inputs_.data())].subscriptions[part];
  const record_selection& selected = d.selection->parts[part];
  const std::uint32_t count = selected.count(options_.partition);
  if (count == 0) return progress::done;
  const record_batch& batch = d.content->outputs[s.ostream];
  const std::uint32_t* const indexes = selected.indexes(options_.partition);
  const auto slot_of = [&](std::uint32_t i) { return indexes != nullptr ? indexes[i] : i; };
  std::uint32_t next = 0;
  if (in.position.lsn == d.lsn && in.partial())  // The records before the position were consumed by an earlier frame.
    while (next < count && base + slot_of(next) < in.position.index) ++next;
  weir_input records{batch.slots(), batch.bytes(), nullptr, 0, 0, d.log, d.lsn, base, s.istream};
  const auto passed = [&](std::uint32_t slot) {
    in.position.lsn = d.lsn;
    in.position.index = base + slot + 1;
  };
  const auto bad_at = [&](std::uint32_t i) { return find_bad({.log = d.log, .lsn = d.lsn, .index = base + slot_of(i)}); };
  while (next < count) {
    if (!budget_left()) return progress::budget_spent;
    if (const bad_unit* bad = bad_at(next)) {
      if (!apply_policy(*bad, batch.at(slot_of(next)))) return progress::budget_spent;
      ++units_done_;
      passed(slot_of(next++));
      continue;
    }
    records.count = 1;
    const std::uint32_t most = std::min(count - next, records_per_call_);
    while (records.count < most && (bad_.empty() || bad_at(next + records.count) == nullptr)) ++records.count;
    records.selection = indexes != nullptr ? indexes + next : nullptr;
    records.first = next;
    if (s.grouping == WEIR_GROUPING_GROUP_BY && states_.cells() >= prefetched_cells_min) prefetch_states(states_, prefetched_, records);
    hook_result r = call_unit(step_watermark_, [&] { return object_.process(context_, records); });
    counts_.records += r.processed;
    units_done_ += r.processed;
    next += r.processed;
    if (r.processed > 0) passed(slot_of(next - 1));
    if (r.ok()) continue;
    failure_ = {std::move(r), "process_record", bad_unit{.log = d.log, .lsn = d.lsn, .index = base + slot_of(next)}};
    return progress::error;
  }
  return progress::done;
}

operator_partition::progress operator_partition::fire_timers() {
  const std::int64_t limit = step_inputs_.empty() ? step_watermark_ : std::max(step_watermark_, input_watermark());
  const std::int64_t now = options_.time->realtime_ns();
  due_timer due;
  for (;;) {
    if (!timers_.next(WEIR_TIMER_EVENT, limit) && !timers_.next(WEIR_TIMER_PROCESSING, now)) break;
    if (!budget_left()) return progress::budget_spent;
    if (!timers_.take_due(limit, now, due)) break;
    const bool of_event_time = due.kind == WEIR_TIMER_EVENT;
    cause_ = frame_cause::timer;
    if (const bad_unit* bad = find_bad({.timer = due})) {
      if (!apply_policy(*bad)) return progress::budget_spent;
    } else {
      context_.current_time = due.time;
      context_.current_key = {due.key.data(), due.key.size(), 0};
      const weir_timer timer{context_.current_key, due.subkey.data(), due.subkey.size(), due.time, due.kind};
      if (of_event_time) step_watermark_ = std::max(step_watermark_, due.time);
      hook_result r = call_unit(of_event_time ? due.time : step_watermark_, [&] { return object_.process_timer(context_, timer); });
      context_.current_key = {};
      if (!r.ok()) {
        failure_ = {std::move(r), "process_timer", bad_unit{.timer = due}};
        return progress::error;
      }
    }
    if (of_event_time) step_watermark_ = std::max(step_watermark_, due.time);
    ++units_done_;
    ++counts_.timers;
  }
  step_watermark_ = std::max(step_watermark_, limit);
  return progress::done;
}

operator_partition::progress operator_partition::poll_source(step_result& out) {
  do {
    context_.current_key = {};
    context_.current_time = options_.time->realtime_ns();
    context_.watermark = step_watermark_;
    context_.yield = 0;
    cause_ = frame_cause::ingest;
    lend_outputs();
    unit_bytes_ = change_bytes_ + output_bytes();
    hook_result r = object_.poll(context_);
    take_back_outputs();
    out.polled = true;
    out.poll = r.poll;
    out.poll_until = r.poll_until;
    out.poll_fd = r.poll_fd;
    if (!r.ok()) {
      failure_ = {std::move(r), "poll"};
      return progress::error;
    }
    ++units_done_;
    poll_ended_ = r.poll == WEIR_POLL_ENDED;
    if (poll_ended_) step_watermark_ = INT64_MAX;
    if (const progress p = fire_timers(); p != progress::done) return p;
  } while (out.poll == WEIR_POLL_MORE && budget_left());
  return progress::done;
}

bool operator_partition::budget_left() {
  if (bad_passed_ >= bad_per_step) return false;
  if (units_done_ == 0) return true;  // A step gets somewhere, however long its object took to be made.
  if (change_bytes_ + output_bytes() >= options_.limits.frame_bytes_target) return false;
  const std::int64_t spent = options_.time->monotonic_ns() - step_began_ns_;
  return spent < options_.limits.step_ns;
}

}  // namespace weir::runtime
