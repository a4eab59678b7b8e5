// How a step consumes input: records in order, watermarks, the timers they make due, polling, flush.
#include <algorithm>

#include "runtime/operator/partition.hpp"

namespace weir::runtime {

void operator_partition::begin_step() {
  step_inputs_ = inputs_;
  step_watermark_ = watermark_;
  states_before_ = states_.set_savepoint();
  timers_before_ = timers_.set_savepoint();
  change_bytes_ = 0;
  unit_bytes_ = 0;
  careful_ = false;
  poll_ended_ = false;
  units_done_ = 0;
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
}

step_result operator_partition::step(std::span<const delivery_ptr> deliveries, bool may_poll) {
  begin_step();
  step_result out;
  if (!object_.alive()) {  // The last step ended in an error.
    if (const hook_result r = renew(); !r.ok()) {
      undo_step();
      object_.destroy();
      (r.status == WEIR_RETRY_LATER ? out.retry : out.failed) = "initialize: " + r.text;
      return out;
    }
  }
  if (attempt(deliveries, may_poll, out) == progress::error) {
    undo_step();
    object_.destroy();
    out = {};
    if (failure_.hook.status == WEIR_RETRY_LATER)
      out.retry = std::string(failure_.name) + ": " + failure_.hook.text;
    else if (failure_.of_record)
      return replay(deliveries, may_poll);
    else
      out.failed = std::string(failure_.name) + ": " + failure_.hook.text;
    return out;
  }
  out.content = finish_frame(cause_);
  return out;
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

operator_partition::progress operator_partition::run_flush() {
  context_.current_key = {};
  context_.current_time = options_.time->realtime_ns();
  context_.watermark = step_watermark_;
  unit_bytes_ = change_bytes_ + output_bytes();
  lend_outputs();
  hook_result r = object_.flush(context_);
  take_back_outputs();
  if (r.ok()) return progress::done;
  failure_ = {std::move(r), "flush", false};
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
  while (next < count) {
    if (!budget_left()) return progress::budget_spent;
    records.count = careful_ ? 1 : std::min(count - next, records_per_call_);
    records.selection = indexes != nullptr ? indexes + next : nullptr;
    records.first = next;
    context_.watermark = step_watermark_;
    context_.yield = 0;
    if (careful_) take_savepoint(unit_);
    lend_outputs();
    unit_bytes_ = change_bytes_ + output_bytes();
    in_unit_ = true;
    hook_result r = object_.process(context_, records);
    in_unit_ = false;
    take_back_outputs();
    options_.counters->records_in.fetch_add(r.processed, std::memory_order_relaxed);
    units_done_ += r.processed;
    next += r.processed;
    if (r.processed > 0) passed(slot_of(next - 1));
    if (r.ok()) continue;
    failure_ = {std::move(r), "process_record", true};
    if (!careful_ || failure_.hook.status == WEIR_RETRY_LATER) return progress::error;
    if (!absorb_record_error(batch.at(slot_of(next)), d.log, d.lsn, base + slot_of(next))) return progress::budget_spent;
    passed(slot_of(next));
    ++units_done_;
    ++next;
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
    if (careful_) take_savepoint(unit_);
    if (!timers_.take_due(limit, now, due)) break;
    const bool of_event_time = due.kind == WEIR_TIMER_EVENT;
    if (of_event_time) step_watermark_ = std::max(step_watermark_, due.time);
    context_.watermark = of_event_time ? due.time : step_watermark_;
    context_.current_time = due.time;
    context_.current_key = {due.key.data(), due.key.size(), 0};
    context_.yield = 0;
    cause_ = frame_cause::timer;
    const weir_timer timer{context_.current_key, due.subkey.data(), due.subkey.size(), due.time, due.kind};
    lend_outputs();
    unit_bytes_ = change_bytes_ + output_bytes();
    in_unit_ = true;
    hook_result r = object_.process_timer(context_, timer);
    in_unit_ = false;
    take_back_outputs();
    context_.current_key = {};
    ++units_done_;
    options_.counters->timers_fired.fetch_add(1, std::memory_order_relaxed);
    if (r.ok()) continue;
    failure_ = {std::move(r), "process_timer", true};
    if (!careful_ || failure_.hook.status == WEIR_RETRY_LATER) return progress::error;
    if (!absorb_timer_error(due)) return progress::budget_spent;
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
    out.poll = r.poll;
    if (!r.ok()) {
      failure_ = {std::move(r), "poll", false};
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
  if (units_done_ == 0) return true;  // A step gets somewhere, however long its object took to be made.
  if (change_bytes_ + output_bytes() >= options_.limits.frame_bytes_target) return false;
  const std::int64_t spent = options_.time->monotonic_ns() - step_began_ns_;
  return spent < options_.limits.step_ns;
}

}  // namespace weir::runtime
