// How a step is taken, and how hooks of a chain's operators are called: with their outputs lent to them. Private to operator_partition.
#pragma once

#include <utility>

#include "runtime/operator/partition.hpp"

namespace weir::runtime {

/// Calls a hook with the context made ready for it, but for what the hook is about.
template <class Hook>
hook_result operator_partition::call(chain_member& m, Hook hook) {
  m.context.yield = 0;
  m.lend_outputs();
  say_whose(m);
  other_bytes_ = chained() ? kept_bytes() - m.kept_bytes() : 0;
  in_unit_ = true;
  hook_result r = hook();
  in_unit_ = false;
  m.take_back_outputs();
  return r;
}

/// The same for hooks that are about no record or timer.
template <class Hook>
hook_result operator_partition::call_outside(chain_member& m, Hook hook) {
  m.context.current_key = {};
  m.context.current_time = options_.time->realtime_ns();
  m.context.watermark = m.step_watermark;
  return call(m, hook);
}

/// As often as it takes to know every record and timer that fails.
template <class Attempt>
step_result operator_partition::run_step(Attempt attempt) {
  const in_step marked(options_.mark.get());
  say_whose(head());
  bad_.clear();
  if (const auto& p = options_.pass) bad_.push_back({.log = p->log, .lsn = p->lsn, .index = p->index, .text = p->why, .passed = true});
  singly_ = false;
  step_now_ns_ = options_.time->realtime_ns();
  for (;;) {
    step_result out;
    begin_step();
    const bool made = head().object.alive() || renew() == progress::done;  // An error ended the ones before.
    if (made && (stop_.empty() ? attempt(out) : run_flush()) != progress::error) {
      out.content = finish_frame(cause_);
      out.tokens = std::exchange(step_tokens_, {});
      out.failed = stop_;
      if (!stop_.empty()) out.who = stop_who_;
      return out;
    }
    undo_step();
    if (fails_trial(out) || out.misused || !replays(out)) return out;
  }
}

}  // namespace weir::runtime
