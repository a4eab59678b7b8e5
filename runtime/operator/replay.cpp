// How a step takes dead letters once more: as units of its own, to which all applies that applies to records and timers.
#include "runtime/operator/replay.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/operator/chain_call.hpp"
#include "runtime/operator/partition.hpp"

namespace weir::runtime {

namespace {
using place_bytes = std::array<std::uint64_t, 2>;
}

replay_place replayed_upto(const state_store& states, const std::string& member) {
  const auto known = states.find(replay_state, {member}, {});
  place_bytes p{};
  if (!known || known->size() != sizeof p) return {};
  std::memcpy(p.data(), known->data(), sizeof p);
  return {p[0], static_cast<std::uint32_t>(p[1])};
}

void set_replayed(state_store& states, const std::string& member, const replay_place& upto) {
  const place_bytes p{upto.lsn, upto.index};
  states.put(replay_state, {member}, {}, {reinterpret_cast<const char*>(p.data()), sizeof p});
}

bool operator_partition::has_member(const std::string& name) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& m) { return m->options.name == name; });
}

step_result operator_partition::replay(const replay_request& what, std::size_t first) {
  return run_step([&](step_result& out) { return take_letters(what, first, out); });
}

operator_partition::progress operator_partition::take_letters(const replay_request& what, std::size_t first, step_result& out) {
  chain_member& m = **std::find_if(members_.begin(), members_.end(), [&](const auto& one) { return one->options.name == what.member; });
  const replay_place before = replayed_upto(states_, what.member);
  progress p = fire_timers();  // Those that an earlier step had no room for.
  std::size_t next = first;
  for (; p == progress::done && next < what.letters.size(); next += p == progress::done ? 1 : 0) {
    const replayed_letter& l = what.letters[next];
    if (l.at < before) continue;  // An earlier request took it.
    p = budget_left() ? take_letter(m, l, next + 1) : progress::budget_spent;
  }
  if (p == progress::done) p = fire_timers();
  if (p == progress::error) return p;
  const replay_place upto = next == what.letters.size() ? what.end : what.letters[next].at;
  if (before < upto) set_replayed(states_, what.member, upto);
  out.replayed = next - first;
  out.failed_again = bad_passed_;
  out.replayed_upto = std::max(before, upto);
  return run_flush();
}

/// `number` tells it from others of the same step, which may go back to the same record.
operator_partition::progress operator_partition::take_letter(chain_member& m, const replayed_letter& l, std::uint64_t number) {
  const bad_unit unit{.member = m.number, .timer = l.timer, .log = l.log, .lsn = l.lsn, .index = l.index, .istream = l.istream, .letter = number};
  record_batch batch;
  batch.append(l.time, l.key, l.value);
  batch.hash_keys();
  if (const bad_unit* bad = find_bad(unit)) {
    if (!apply_policy(m, *bad, batch.at(0))) return progress::budget_spent;
    ++units_done_;
    return progress::done;
  }
  progress p = progress::done;
  if (l.timer) {
    p = fire(m, *l.timer, number);
    ++m.counts.timers;
  } else {
    weir_input records{batch.slots(), batch.bytes(), nullptr, 0, 1, l.log, l.lsn, l.index, static_cast<std::uint16_t>(l.istream)};
    begin_root(unit, 1);
    m.context.watermark = m.step_watermark;
    hook_result r = call(m, [&] { return m.object.process(m.context, records); });
    m.count(records, r.processed);
    if (!r.ok()) {
      failure_ = {std::move(r), "process_record", unit, false, m.number};
      return progress::error;
    }
    p = hand_over(m);
  }
  ++units_done_;
  return p;
}

}  // namespace weir::runtime
