// What a node looks up in a plan. For commands, not for the data path.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "topology/plan.hpp"

namespace weir::runtime {

struct hosted;

/// "topology/operator"; null: the plan has none.
inline const topology::planned_operator* find_planned(const topology::plan& p, const std::string& key) {
  const auto found = std::find_if(p.operators.begin(), p.operators.end(), [&](const auto& op) { return op.key() == key; });
  return found == p.operators.end() ? nullptr : &*found;
}

/// By output of the chain's frames: whether it is compressed.
std::vector<bool> compressed_of(const topology::plan& p, const std::vector<std::size_t>& chain);

/// Sets the streams of a chain, as the plan has them now, and what its operators subscribe to.
void describe_streams(const topology::plan& p, std::size_t head, hosted& h);

}  // namespace weir::runtime
