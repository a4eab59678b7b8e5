// What actors report to the node they run in. Any core may call; each call is short and takes a lock, since these are rare.
#pragma once

#include <cstdint>
#include <string>

#include "topology/result.hpp"

namespace weir::runtime {

class node_events {
 public:
  virtual ~node_events() = default;
  virtual void log_ended(std::uint64_t log) = 0;    ///< Nothing follows in this log, durably.
  virtual void log_drained(std::uint64_t log) = 0;  ///< The node drains, and all of this log is durable and delivered.
  virtual void partition_failed(std::uint64_t log, const error& why) = 0;
  virtual void partition_runs(std::uint64_t log) = 0;                           ///< After it failed.
  virtual void partition_waits(std::uint64_t log, const std::string& why) = 0;  ///< An outage began; empty: it is over.
  virtual void fatal(const error& why) = 0;                                     ///< The node cannot go on.
  virtual void say(int level, const std::string& text) = 0;                     ///< A line for the user: WEIR_LEVEL_….
};

}  // namespace weir::runtime
