// How hooks of a chain's operators are called: with their outputs lent to them. Private to operator_partition.
#pragma once

#include "runtime/operator/partition.hpp"

namespace weir::runtime {

/// Calls a hook with the context made ready for it, but for what the hook is about.
template <class Hook>
hook_result operator_partition::call(chain_member& m, Hook hook) {
  m.context.yield = 0;
  m.lend_outputs();
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

}  // namespace weir::runtime
