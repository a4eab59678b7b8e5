// Calls into the operators of a chain, and how records go from one to the next: in memory, as the batch that the operator above has filled, which is used
// again once it is consumed.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/operator/chain_call.hpp"
#include "runtime/operator/partition.hpp"

namespace weir::runtime {

namespace {

constexpr std::uint32_t kept_batch_bytes_max = 4u << 20;  ///< One huge batch does not hold memory for ever.

std::uint64_t content_of(const record_batch::view& r) noexcept { return key_hash(r.value) * 3 + key_hash(r.key) + static_cast<std::uint64_t>(r.time); }

}  // namespace

/// Fresh objects, those below first: they take what initialize() of the others produces.
operator_partition::progress operator_partition::renew() {
  idle_timeout_ns_ = 0;
  note_waiting_timers();
  begin_root({}, 1);
  for (auto i = members_.rbegin(); i != members_.rend(); ++i) {
    chain_member& m = **i;
    say_whose(m);
    m.object.destroy();
    hook_result r = m.object.create();
    if (!r.ok()) r.text = "cannot be constructed: " + r.text;
    if (r.ok()) r = call_outside(m, [&] { return m.object.initialize(m.context); });
    if (!r.ok()) {
      failure_ = {.hook = std::move(r), .hook_name = "initialize", .member = m.number};
      return progress::error;
    }
    m.context.start = WEIR_START_RECOVERED;  // Whatever this start was, a later object of the same run takes over what is there.
    if (hand_over(m) == progress::error) return progress::error;
  }
  pass_timers_moved();
  return progress::done;
}

void operator_partition::begin_root(std::optional<bad_unit> unit, std::uint32_t records) {
  root_ = {std::move(unit), records};
  too_large_ = false;
  unit_bytes_ = change_bytes_ + kept_bytes();
  if (careful_) mark_unit();
}

void operator_partition::mark_unit() noexcept {
  if (!options_.mark || options_.mark->slot == nullptr) return;
  step_slot& s = *options_.mark->slot;
  constexpr auto relaxed = std::memory_order_relaxed;
  s.place.store(step_place::unknown, relaxed);                  // Not half of one record and half of another.
  const bool of_input = root_.unit && root_.unit->letter == 0;  // A dead letter comes again only where somebody asks for it.
  if (of_input && !root_.unit->timer) {
    s.input_log.store(root_.unit->log, relaxed);
    s.lsn.store(root_.unit->lsn, relaxed);
    s.index.store(root_.unit->index, relaxed);
  }
  s.place.store(!of_input ? step_place::hook : root_.unit->timer ? step_place::timer : step_place::record, std::memory_order_release);
}

/// Gives what the operator has produced to those below it, and what they make of it to those below them.
operator_partition::progress operator_partition::hand_over(chain_member& from) {
  for (const chain_member::below& b : from.children) {
    record_batch& batch = from.outputs[b.ostream];
    if (batch.empty()) continue;
    if (!batch.close()) {
      const std::string& ostream = from.options.metadata.ostreams[b.ostream];
      failure_ = {.hook_name = "produce", .member = from.number};
      failure_.hook.status = WEIR_ERROR;
      failure_.hook.text = fmt::format("ostream '{}' has slots that contradict its bytes: the operator wrote past its batch", ostream);
      return progress::error;
    }
    from.counts.handed_over += batch.count();
    if (consume_inner(*b.to, batch) == progress::error) return progress::error;
    if (batch.lend().byte_capacity > kept_batch_bytes_max)
      batch = record_batch{};
    else
      batch.truncate(0, 0);
  }
  return progress::done;
}

operator_partition::progress operator_partition::consume_inner(chain_member& to, const record_batch& batch) {
  const std::uint32_t count = batch.count();
  const std::uint32_t base = to.received;
  weir_input records{batch.slots(), batch.bytes(), nullptr, 0, 0, options_.log, next_lsn(), base, 0};
  const auto bad_at = [&](std::uint32_t i) -> const bad_unit* {
    if (bad_.empty()) return nullptr;
    return find_bad({.member = to.number, .log = options_.log, .lsn = next_lsn(), .index = base + i, .content = content_of(batch.at(i))});
  };
  for (std::uint32_t next = 0; next < count;) {
    if (const bad_unit* bad = bad_at(next)) {
      apply_policy(to, *bad, batch.at(next++));
      continue;
    }
    records.first = next;
    records.count = 1;
    const std::uint32_t most = std::min(count - next, options_.limits.records_per_look);
    while (records.count < most && bad_at(next + records.count) == nullptr) ++records.count;
    if (!to.prefetched.empty() && states_.cells() >= prefetched_cells_min) states_.prefetch(to.prefetched, records);
    to.context.watermark = to.step_watermark;
    hook_result r = call(to, [&] { return to.object.process(to.context, records); });
    to.count(records, r.processed);
    next += r.processed;
    if (!r.ok()) {
      bad_unit failed{.member = to.number, .log = options_.log, .lsn = next_lsn(), .index = base + next, .istream = 0};
      if (next < count) failed.content = content_of(batch.at(next));
      failure_ = {std::move(r), "process_record", std::move(failed), true, to.number};
      return progress::error;
    }
    if (hand_over(to) == progress::error) return progress::error;
  }
  to.received += count;
  return progress::done;
}

/// A frame cannot end within what the head was given at once, so that is less where much is made of it.
void operator_partition::adapt_records_per_call() {
  const std::uint64_t made = change_bytes_ + kept_bytes() - unit_bytes_;
  const std::uint64_t target = options_.limits.frame_bytes_target;
  if (made > target / 2)
    records_per_call_ = std::max(1u, records_per_call_ / 2);
  else if (made < target / 8)
    records_per_call_ = std::min(options_.limits.records_per_look, records_per_call_ * 2);
}

/// After an error: whether the step is taken again, knowing more; else `out` says what it came to.
bool operator_partition::replays(step_result& out) {
  const chain_member& m = *members_[failure_.member];
  const bool fails = m.options.on_error == topology::error_policy::fail;
  const bool of_root = failure_.inner && (fails || too_large_);
  if (failure_.unit && failure_.hook.status != WEIR_RETRY_LATER && !(failure_.inner && fails && !root_.unit)) {
    const bool root_known = singly_ || root_.records == 1;
    singly_ = singly_ || failure_.inner;
    if (of_root && !root_known) return true;
    if (failure_.inner && fails) {  // Nothing of what it was made of may be committed either.
      bad_.push_back(std::move(*root_.unit));
      bad_.back().below = m.options.name;
    } else {
      bad_.push_back(std::move(*failure_.unit));
    }
    bad_.back().text = failure_.hook.text;
    return true;
  }
  out = {};
  out.fail(failure_.hook, failure_.hook_name);
  out.who = m.options.name;
  return false;
}

std::uint64_t operator_partition::kept_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const auto& m : members_) bytes += m->kept_bytes();
  return bytes;
}

}  // namespace weir::runtime
