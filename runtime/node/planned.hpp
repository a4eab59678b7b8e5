// Operators of a plan by their keys. Plain look-ups for commands, not for the data path.
#pragma once

#include <algorithm>
#include <string>

#include "topology/plan.hpp"

namespace weir::runtime {

/// "topology/operator"; null: the plan has none.
inline const topology::planned_operator* find_planned(const topology::plan& p, const std::string& key) {
  const auto found = std::find_if(p.operators.begin(), p.operators.end(), [&](const auto& op) { return op.key() == key; });
  return found == p.operators.end() ? nullptr : &*found;
}

}  // namespace weir::runtime
