// How a step consumes input: records in order, watermarks, the timers they make due, polling, flush.
#include <algorithm>

#include "runtime/operator/chain_call.hpp"
#include "runtime/operator/partition.hpp"

namespace weir::runtime {

void operator_partition::begin_step() {
  step_inputs_ = inputs_;
  step_emitted_ = emitted_;
  for (const auto& m : members_) m->begin_attempt();
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
  stop_.clear();
  failure_ = {};
  cause_ = frame_cause::input;
  step_began_ns_ = options_.time->monotonic_ns();
  careful_ = step_began_ns_ < options_.careful_until_ns;
  if (auto& shown = options_.counters->step_began_ns; shown.load(std::memory_order_relaxed) == 0) shown.store(step_began_ns_, std::memory_order_relaxed);
}

void operator_partition::undo_step() {
  states_.roll_back(states_before_);
  timers_.roll_back(timers_before_);
  for (const auto& m : members_) {
    m->drop_outputs();
    m->step_watermark = m->watermark;
    m->object.destroy();
  }
  step_inputs_ = inputs_;
  step_emitted_ = emitted_;
  change_bytes_ = 0;
  poll_ended_ = false;
  step_tokens_.clear();
  step_acknowledged_ = 0;
}

step_result operator_partition::step(std::span<const delivery_ptr> deliveries, bool may_poll) {
  return run_step([&](step_result& out) { return attempt(deliveries, may_poll, out); });
}

step_result operator_partition::acknowledge(std::span<const durable_token> tokens) {
  return run_step([&](step_result& out) { return tell_durable(tokens, out); });
}

step_result operator_partition::initialize() {
  return run_step([&](step_result& out) {
    cause_ = frame_cause::admin;
    initialized_ = true;
    for (const auto& m : members_) {
      out.failed = m->unread_config();
      out.misused = !out.failed.empty();
      if (out.misused) return progress::error;
    }
    return progress::done;
  });
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

operator_partition::progress operator_partition::tell_durable(std::span<const durable_token> tokens, step_result& out) {
  cause_ = frame_cause::admin;
  for (const durable_token& token : tokens) {
    if (!budget_left()) break;
    chain_member& m = *members_[token.member];
    begin_root({}, 1);
    hook_result r = call_outside(m, [&] { return m.object.process_durable(m.context, token.token); });
    if (!r.ok()) {
      failure_ = {.hook = std::move(r), .hook_name = "process_durable", .member = m.number};
      return progress::error;
    }
    if (hand_over(m) == progress::error) return progress::error;
    ++units_done_;
    step_acknowledged_ = ++out.acknowledged;
  }
  const progress p = fire_timers();
  if (p == progress::error) return p;
  out.more = p == progress::budget_spent && stop_.empty();
  return run_flush();
}

/// From the head on, since those below are given what flush produces; together they may add as much as one record.
operator_partition::progress operator_partition::run_flush() {
  begin_root({}, 1);
  for (const auto& m : members_) {
    hook_result r = call_outside(*m, [&] { return m->object.flush(m->context); });
    if (!r.ok()) {
      failure_ = {.hook = std::move(r), .hook_name = "flush", .member = m->number};
      return progress::error;
    }
    if (hand_over(*m) == progress::error) return progress::error;
  }
  return progress::done;
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
  chain_member& m = head();
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
      if (!apply_policy(m, *bad, batch.at(slot_of(next)))) return progress::budget_spent;
      ++units_done_;
      passed(slot_of(next++));
      continue;
    }
    records.count = 1;
    const std::uint32_t most = std::min(count - next, singly_ || careful_ ? 1 : records_per_call_);
    while (records.count < most && (bad_.empty() || bad_at(next + records.count) == nullptr)) ++records.count;
    records.selection = indexes != nullptr ? indexes + next : nullptr;
    records.first = next;
    if (s.grouping == WEIR_GROUPING_GROUP_BY && states_.cells() >= prefetched_cells_min) states_.prefetch(m.prefetched, records);
    begin_root(bad_unit{.log = d.log, .lsn = d.lsn, .index = base + slot_of(next)}, records.count);
    m.context.watermark = m.step_watermark;
    hook_result r = call(m, [&] { return m.object.process(m.context, records); });
    m.count(records, r.processed);
    units_done_ += r.processed;
    next += r.processed;
    if (r.processed > 0) passed(slot_of(next - 1));
    if (!r.ok()) {
      failure_ = {std::move(r), "process_record", bad_unit{.log = d.log, .lsn = d.lsn, .index = base + slot_of(next), .istream = s.istream}};
      return progress::error;
    }
    if (!chained()) continue;
    if (hand_over(m) == progress::error) return progress::error;
    adapt_records_per_call();
  }
  return progress::done;
}

/// Of the head, then of those below, whose event time follows that of the one above.
operator_partition::progress operator_partition::fire_timers() {
  for (const auto& m : members_)
    if (const progress p = fire_timers_of(*m); p != progress::done) return p;
  return progress::done;
}

operator_partition::progress operator_partition::fire_timers_of(chain_member& m) {
  std::int64_t limit = timer_limit(m);
  const std::uint32_t id = m.first_timer_id();
  due_timer due;
  for (;;) {
    if (!timers_.next(id + WEIR_TIMER_EVENT, limit) && !timers_.next(id + WEIR_TIMER_PROCESSING, step_now_ns_)) break;
    if (!budget_left()) return progress::budget_spent;
    if (!timers_.take_due(limit, step_now_ns_, due, id)) break;
    const bool of_event_time = due.kind == WEIR_TIMER_EVENT;
    cause_ = frame_cause::timer;
    if (const bad_unit* bad = find_bad({.member = m.number, .timer = due, .place = units_done_})) {
      if (!apply_policy(m, *bad)) return progress::budget_spent;
      if (of_event_time) m.step_watermark = std::max(m.step_watermark, due.time);
    } else {
      if (of_event_time) m.step_watermark = std::max(m.step_watermark, due.time);
      if (fire(m, due) == progress::error) return progress::error;
    }
    if (source()) limit = timer_limit(m);  // It may have emitted one.
    ++units_done_;
    ++m.counts.timers;
  }
  m.step_watermark = std::max(m.step_watermark, limit);
  return progress::done;
}

operator_partition::progress operator_partition::fire(chain_member& m, const due_timer& due, std::uint64_t letter) {
  begin_root(bad_unit{.member = m.number, .timer = due, .place = letter == 0 ? units_done_ : 0, .letter = letter}, 1);
  m.context.current_time = due.time;
  m.context.current_key = {due.key.data(), due.key.size(), 0};
  m.context.watermark = due.kind == WEIR_TIMER_EVENT ? due.time : m.step_watermark;
  const weir_timer timer{m.context.current_key, due.subkey.data(), due.subkey.size(), due.time, due.kind};
  hook_result r = call(m, [&] { return m.object.process_timer(m.context, timer); });
  m.context.current_key = {};
  if (r.ok()) return hand_over(m);
  failure_ = {std::move(r), "process_timer", root_.unit, false, m.number};
  return progress::error;
}

operator_partition::progress operator_partition::poll_source(step_result& out) {
  chain_member& m = head();
  do {
    cause_ = frame_cause::ingest;
    begin_root({}, 1);
    hook_result r = call_outside(m, [&] { return m.object.poll(m.context); });
    out.polled = true;
    out.poll = r.poll;
    out.poll_until = r.poll_until;
    out.poll_fd = r.poll_fd;
    if (!r.ok()) {
      failure_ = {.hook = std::move(r), .hook_name = "poll"};
      return progress::error;
    }
    ++units_done_;
    if (hand_over(m) == progress::error) return progress::error;
    poll_ended_ = r.poll == WEIR_POLL_ENDED;
    if (poll_ended_) step_emitted_ = INT64_MAX;
    if (const progress p = fire_timers(); p != progress::done) return p;
  } while (out.poll == WEIR_POLL_MORE && budget_left());
  return progress::done;
}

bool operator_partition::budget_left() {
  if (bad_passed_ >= bad_per_step) return false;
  if (units_done_ == 0) return true;  // A step gets somewhere, however long its object took to be made.
  if (change_bytes_ + kept_bytes() >= options_.limits.frame_bytes_target) return false;
  const std::int64_t spent = options_.time->monotonic_ns() - step_began_ns_;
  return spent < options_.limits.step_ns;
}

}  // namespace weir::runtime
