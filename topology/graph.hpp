// The checked operators of all manifests become one graph: who writes each stream, who reads it, in which order. A part of plan.cpp. Plain data; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "topology/plan.hpp"

namespace weir::topology {

/// Fills in streams with producers, subscribers and settings, and the operators' inputs and outputs. Refuses two producers of one stream, streams that nobody
/// writes, and settings of streams that do not exist.
result<void> connect(std::span<const manifest> manifests, plan& p);

/// Brings operators into topological order and streams into theirs, keeping all indexes right. Refuses cycles.
result<void> sort_topologically(plan& p);

/// What messages call an operator: its name, with the topology's before it where there are several.
std::string operator_text(const plan& p, std::size_t op);

}  // namespace weir::topology
