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
  /// Its new code runs: the frame in which it was initialised is durable. The time is that between the last step of the old code and that frame.
  virtual void partition_switched(std::uint64_t log, std::uint32_t generation, std::int64_t pause_ns) = 0;
  /// Its code on trial failed; it does nothing until it gets other code.
  virtual void trial_failed(std::uint64_t log, const error& why) = 0;
  virtual void fatal(const error& why) = 0;                  ///< The node cannot go on.
  virtual void say(int level, const std::string& text) = 0;  ///< A line for the user: WEIR_LEVEL_….
};

}  // namespace weir::runtime
