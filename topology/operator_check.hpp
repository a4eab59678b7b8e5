// Checks one operator entry against what its class declares. A part of plan.cpp. Pure functions; any thread.
#pragma once

#include <string>

#include "topology/plan.hpp"

namespace weir::topology {

/// "class 'word-count'", for messages.
std::string class_text(const operator_metadata& metadata);

/// The class itself: it declares something, with names that can be used and groupings that exist, none of them twice.
result<void> check_class(const operator_entry& entry, const operator_metadata& metadata);

/// The entry binds only istreams and ostreams that the class declares.
result<void> check_bindings(const operator_entry& entry, const operator_metadata& metadata);

/// `with` against the declared config keys: unknown, missing and wrong-typed ones. A class that declares none takes any; what it never reads is refused when it
/// runs.
result<void> check_config(const operator_entry& entry, const operator_metadata& metadata);

}  // namespace weir::topology
