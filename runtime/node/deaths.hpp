// Operators that the process died of. It leaves whose step it died in (step_marks.hpp); a start counts that in the directory. The last start before an operator
// is quarantined is a careful one: it gives the operator its records one by one, and so learns which of them it dies of (surface.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "runtime/node/directory.hpp"
#include "runtime/node/step_marks.hpp"

namespace weir::runtime {

/// Whether a step that the last process did not come back from is to be counted for that operator, and as what. `last_lsn`: of a log's last frame.
std::optional<directory_deaths> next_deaths(const directory_entry& e, const step_death& d, const directory& all,
                                            const std::function<std::uint64_t(std::uint64_t log)>& last_lsn);
/// What people are told of an operator's deaths.
std::string death_text(const directory& all, const directory_deaths& d);
/// Why the operators of that log do not run, and what can be done; empty: they are not quarantined.
std::string quarantine_of(const directory& all, std::uint64_t log);

}  // namespace weir::runtime
