// What happens after a record's or timer's error: replay with savepoints, and the policy of `on_error` (rule 7).
#include <flatbuffers/flatbuffers.h>

#include "runtime/operator/dead_letter_generated.h"
#include "runtime/operator/partition.hpp"

namespace weir::runtime {

step_result operator_partition::replay(std::span<const delivery_ptr> deliveries, bool may_poll) {
  begin_step();
  careful_ = true;
  step_result out;
  if (const hook_result r = renew(); !r.ok()) {
    undo_step();
    object_.destroy();
    (r.status == WEIR_RETRY_LATER ? out.retry : out.failed) = "initialize: " + r.text;
    return out;
  }
  if (attempt(deliveries, may_poll, out) == progress::error) {
    undo_step();
    object_.destroy();
    out = {};
    (failure_.hook.status == WEIR_RETRY_LATER ? out.retry : out.failed) = std::string(failure_.name) + ": " + failure_.hook.text;
    return out;
  }
  out.content = finish_frame(cause_);
  out.failed = stop_;
  return out;
}

void operator_partition::take_savepoint(savepoint& s) {
  s.states = states_.set_savepoint();
  s.timers = timers_.set_savepoint();
  s.outputs.clear();
  for (const record_batch& b : outputs_) s.outputs.emplace_back(b.count(), b.size());
  s.watermark = step_watermark_;
  s.change_bytes = change_bytes_;
}

void operator_partition::roll_back(const savepoint& s) {
  states_.roll_back(s.states);
  timers_.roll_back(s.timers);
  for (std::size_t i = 0; i < outputs_.size(); ++i) outputs_[i].truncate(s.outputs[i].first, s.outputs[i].second);
  step_watermark_ = s.watermark;
  change_bytes_ = s.change_bytes;
}

bool operator_partition::absorb_record_error(const record_batch::view& record, std::uint64_t log, std::uint64_t lsn, std::uint32_t index) {
  roll_back(unit_);
  failed_at_ = "log " + std::to_string(log) + ", LSN " + std::to_string(lsn) + ", record " + std::to_string(index);
  if (options_.on_error != topology::error_policy::dead_letter) return apply_policy("process_record", record.time, record.key, {});
  flatbuffers::FlatBufferBuilder b;
  const auto hook = b.CreateString("process_record");
  const auto text = b.CreateString(failure_.hook.text);
  const auto value = b.CreateVector(reinterpret_cast<const std::uint8_t*>(record.value.data()), record.value.size());
  b.Finish(wire::Createdead_letter(b, 1, hook, text, options_.generation, log, lsn, index, value));
  return apply_policy("process_record", record.time, record.key, {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()});
}

bool operator_partition::absorb_timer_error(const due_timer& timer) {
  roll_back(unit_);
  timers_.cancel(timer.kind, timer.key, timer.subkey);  // It has fired; only what it did is undone.
  if (timer.kind == WEIR_TIMER_EVENT) step_watermark_ = std::max(step_watermark_, timer.time);
  failed_at_ = "timer of key '" + timer.key + "'";
  if (options_.on_error != topology::error_policy::dead_letter) {
    const bool goes_on = apply_policy("process_timer", timer.time, timer.key, {});
    if (!goes_on && !stop_.empty()) roll_back(unit_);  // A partition that stops keeps the timer for its next start.
    return goes_on;
  }
  flatbuffers::FlatBufferBuilder b;
  const auto hook = b.CreateString("process_timer");
  const auto text = b.CreateString(failure_.hook.text);
  const auto subkey = b.CreateVector(reinterpret_cast<const std::uint8_t*>(timer.subkey.data()), timer.subkey.size());
  b.Finish(wire::Createdead_letter(b, 1, hook, text, options_.generation, 0, 0, 0, 0, static_cast<std::uint8_t>(timer.kind), timer.time, subkey));
  return apply_policy("process_timer", timer.time, timer.key, {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()});
}

bool operator_partition::apply_policy(const char* hook, std::int64_t time, std::string_view key, std::string letter) {
  if (options_.on_error == topology::error_policy::fail) {
    stop_ = std::string(hook) + " failed at " + failed_at_ + ": " + failure_.hook.text;
    object_.destroy();
    return false;
  }
  if (options_.on_error == topology::error_policy::dead_letter) {
    outputs_.back().append(time, key, letter);
    change_bytes_ += key.size() + letter.size() + sizeof(weir_slot);
    options_.counters->dead_letters.fetch_add(1, std::memory_order_relaxed);
  } else {
    options_.counters->skipped.fetch_add(1, std::memory_order_relaxed);
  }
  const hook_result r = renew();
  if (r.ok()) return true;
  stop_ = "initialize after an error: " + r.text;
  object_.destroy();
  return false;
}

}  // namespace weir::runtime
