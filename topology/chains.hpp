// Which operators become one chain: streams that are not persisted hand their records over in memory. A part of plan.cpp. Plain data; any thread.
#pragma once

#include <span>

#include "topology/plan.hpp"

namespace weir::topology {

/// Fills in the operators' heads and chains and the streams' outputs. Refuses an inlined stream that cannot be one, with the place of its `persist`. Of a
/// plan in topological order.
result<void> form_chains(std::span<const manifest> manifests, plan& p);

}  // namespace weir::topology
