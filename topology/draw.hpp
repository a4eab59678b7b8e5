// What the drawings share. A part of draw_*.cpp. Pure functions; any thread.
#pragma once

#include <string>

#include "topology/plan.hpp"

namespace weir::topology {

/// What people call the code: a standard operator's name as in `uses`, else the name of the class.
std::string class_of(const planned_operator& op);

/// "libflights.so" or "standard".
std::string module_of(const planned_operator& op);

}  // namespace weir::topology
