// A node's status as JSON, as docs/control.md describes it. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "runtime/node/node_commands.hpp"
#include "runtime/node/status.hpp"

namespace weir::runtime {

nlohmann::ordered_json to_json(const partition_status& p);
nlohmann::ordered_json to_json(const operator_status& o);
nlohmann::ordered_json to_json(const topology_status& t);
nlohmann::ordered_json to_json(const journal_status& j);
nlohmann::ordered_json to_json(const operator_change& c);

}  // namespace weir::runtime
