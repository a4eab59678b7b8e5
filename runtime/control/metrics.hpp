// A node's status in Prometheus' text format. docs/metrics.md lists the names; a test compares. Pure; any thread. Costs a line per partition and metric.
#pragma once

#include <string>

#include "runtime/node/status.hpp"

namespace weir::runtime {

inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const node_status& s, const std::string& version);

}  // namespace weir::runtime
