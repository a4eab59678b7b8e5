// The policy of `on_error` for records and timers whose hook threw (rule 7).
#include <flatbuffers/flatbuffers.h>

#include <algorithm>

#include "runtime/operator/dead_letter_generated.h"
#include "runtime/operator/partition.hpp"

namespace weir::runtime {

/// Whether the error is one of code on trial; then `out` says so.
bool operator_partition::fails_trial(step_result& out) const {
  const bool error = out.misused || failure_.hook.status == WEIR_ERROR;
  if (!error || options_.time->monotonic_ns() >= options_.trial_until_ns) return false;
  if (!out.misused) {
    const std::string where = failure_.unit ? failure_.unit->describe() : failure_.hook_name;
    out = {};
    out.failed = where + ": " + failure_.hook.text;
    out.who = members_[failure_.member]->options.name;
  }
  out.on_trial = true;
  return true;
}

const operator_partition::bad_unit* operator_partition::find_bad(const bad_unit& u) const noexcept {
  const auto found = std::find_if(bad_.begin(), bad_.end(), [&](const bad_unit& b) { return b.same_as(u); });
  return found == bad_.end() ? nullptr : &*found;
}

bool operator_partition::apply_policy(chain_member& m, const bad_unit& bad, const record_batch::view& record) {
  ++bad_passed_;
  const bool of_timer = bad.timer.has_value();
  if (!bad.passed && (!bad.below.empty() || m.options.on_error == topology::error_policy::fail)) {
    stop_ = bad.describe() + ": " + bad.text;
    stop_who_ = bad.below.empty() ? m.options.name : bad.below;
    const bool was_set = of_timer && bad.letter == 0;
    if (was_set) timers_.set(m.first_timer_id() + bad.timer->kind, bad.timer->key, bad.timer->subkey, bad.timer->time);  // Kept for the next start.
    return false;
  }
  if (m.options.on_error != topology::error_policy::dead_letter) {
    ++m.counts.skipped;
    return true;
  }
  const std::string letter = of_timer ? timer_letter(m, bad) : record_letter(m, bad, record.value);
  const std::int64_t time = of_timer ? bad.timer->time : record.time;
  const std::string_view key = of_timer ? std::string_view(bad.timer->key) : record.key;
  m.outputs.back().append(time, key, letter, of_timer ? 0 : record.hash);
  ++m.counts.dead_letters;
  return true;
}

bool operator_partition::is_set(const bad_unit& bad) const {
  return timers_.find(members_[bad.member]->first_timer_id() + bad.timer->kind, bad.timer->key, bad.timer->subkey) == bad.timer->time;
}

/// Before fresh objects are initialised: the bad timers that are set, each once.
void operator_partition::note_waiting_timers() {
  for (auto bad = bad_.begin(); bad != bad_.end(); ++bad) {
    const auto same_name = [bad](const bad_unit& b) {
      return b.timer && b.member == bad->member && b.timer->kind == bad->timer->kind && b.timer->key == bad->timer->key &&
             b.timer->subkey == bad->timer->subkey;
    };
    bad->waits = bad->timer && bad->letter == 0 && is_set(*bad) && std::none_of(bad_.begin(), bad, same_name);
  }
}

/// Behind that: an operator that lives by a timer sets it anew in initialize(), so that the one that failed would not come up again.
void operator_partition::pass_timers_moved() {
  for (const bad_unit& bad : bad_) {
    if (!bad.waits || is_set(bad)) continue;
    chain_member& m = *members_[bad.member];
    if (!apply_policy(m, bad)) return;
    ++units_done_;
    ++m.counts.timers;
  }
}

std::string operator_partition::record_letter(const chain_member& m, const bad_unit& bad, std::string_view original) const {
  flatbuffers::FlatBufferBuilder b;
  const auto hook = b.CreateString("process_record");
  const auto text = b.CreateString(bad.text);
  const auto value = b.CreateVector(reinterpret_cast<const std::uint8_t*>(original.data()), original.size());
  b.Finish(wire::Createdead_letter(b, 1, hook, text, m.options.generation, bad.log, bad.lsn, bad.index, value, 0, 0, 0, bad.istream));
  return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
}

std::string operator_partition::timer_letter(const chain_member& m, const bad_unit& bad) const {
  flatbuffers::FlatBufferBuilder b;
  const auto hook = b.CreateString("process_timer");
  const auto text = b.CreateString(bad.text);
  const auto subkey = b.CreateVector(reinterpret_cast<const std::uint8_t*>(bad.timer->subkey.data()), bad.timer->subkey.size());
  b.Finish(wire::Createdead_letter(b, 1, hook, text, m.options.generation, 0, 0, 0, 0, static_cast<std::uint8_t>(bad.timer->kind), bad.timer->time, subkey));
  return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
}

bool operator_partition::bad_unit::same_as(const bad_unit& o) const noexcept {
  if (member != o.member || letter != o.letter || timer.has_value() != o.timer.has_value()) return false;
  if (timer)
    return place == o.place && timer->kind == o.timer->kind && timer->time == o.timer->time && timer->key == o.timer->key && timer->subkey == o.timer->subkey;
  return log == o.log && lsn == o.lsn && index == o.index && content == o.content;
}

std::string operator_partition::bad_unit::describe() const {
  const std::string place =
      timer ? "the timer of key '" + timer->key + "'" : "log " + std::to_string(log) + ", LSN " + std::to_string(lsn) + ", record " + std::to_string(index);
  if (!below.empty()) return "process_record failed at what was made of " + place;
  return (timer ? "process_timer failed at " : "process_record failed at ") + place;
}

}  // namespace weir::runtime
