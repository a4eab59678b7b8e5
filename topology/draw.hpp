// What the drawings share. A part of draw_*.cpp. Pure functions; any thread.
#pragma once

#include <string>

#include "topology/plan.hpp"

namespace weir::topology {

/// The name of the class, or what the metadata calls itself where it has none.
std::string class_of(const planned_operator& op);

/// "libflights.so" or "standard".
std::string module_of(const planned_operator& op);

}  // namespace weir::topology
