// A node's status as tables for people, made from what control answers; narrow enough for a terminal of 120 columns as long as names are short and nothing is
// wrong. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace weir::cli {

/// A line per operator of these topologies.
std::string operators_table(const std::vector<nlohmann::ordered_json>& topologies);

/// A line per partition of the operator, and below them what went wrong last.
std::string partitions_table(const nlohmann::ordered_json& op);

/// A line for each call of these topologies' operators that does not return, with what can be done; mostly empty.
std::string stuck_lines(const std::vector<nlohmann::ordered_json>& topologies);

/// "failed: the reason".
std::string state_text(const nlohmann::ordered_json& whole);

/// "1234", "12.3k", "1.2M": at most five characters, up to 10^15.
std::string human_count(double n);
/// "0.3 ms", "12 s", "5 min".
std::string human_time(double seconds);

}  // namespace weir::cli
