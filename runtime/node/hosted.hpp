// What a node knows of each operator partition that it runs, or of each chain's, whose head speaks for it. Tables of these are immutable once published:
// whoever changes one copies it, so that the journal's threads and those who ask for status read theirs without waiting for commands. Plain data.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/actor.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/stream/log_actor.hpp"

namespace weir::runtime {

/// What of an operator partition changes only by command.
struct partition_description {
  std::string topology;
  std::string name;
  std::string class_name;
  std::string code;
  std::string version;
  std::uint32_t generation = 1;
  std::uint32_t partition = 0;
  int cpu = 0;
  bool by_key = false;    ///< A key's hash says which partition has it.
  bool blocking = false;  ///< Of a chain what its head is.
  std::vector<topology::operator_metadata::state> states;
  std::string key() const { return topology + "/" + name; }
};

/// One log that a partition reads.
struct hosted_input {
  std::uint64_t log = 0;
  std::uint64_t first_lsn = 1;  ///< Where the partition begins if it has no position there.
  std::shared_ptr<reader_lag> lag = std::make_shared<reader_lag>();
};

/// An operator that records are handed over to in memory: it has no actor and no log of its own.
struct inner_operator {
  std::shared_ptr<const partition_description> about;
  bool sink = false;
  std::shared_ptr<partition_counters> counters;
};

/// A stream of a chain.
struct hosted_stream {
  std::string name;
  std::string topology;
  std::string op;            ///< That writes it.
  std::uint32_t output = 0;  ///< Its number among the outputs of the chain's frames; meaningless where it is inlined.
  bool inlined = false;
  bool letters = false;
  bool used = true;  ///< Else dead letters of an operator that makes none now; there may be some of an earlier policy.
};

/// What a partition said of itself.
struct partition_note {
  std::string waits;
  std::string failed;
  std::string last_error;
};

/// What commands want of an operator, and so of its whole chain.
enum class wanted_activity : std::uint8_t { running, paused, stopped };

struct hosted {
  std::uint64_t log = 0;
  std::shared_ptr<const partition_description> about;
  actor_ref log_actor;
  actor_ref operator_actor;
  bool source = false;
  bool sink = false;
  wanted_activity wanted = wanted_activity::running;
  std::string quarantined;                                 ///< Why it is, and what can be done; empty: it is not.
  std::vector<inner_operator> below;                       ///< The other operators of its chain.
  std::string letters;                                     ///< The stream of its dead letters; of several in a chain the first.
  std::string retained;                                    ///< Its stream that is retained for longest.
  std::vector<hosted_stream> streams;                      ///< That the chain writes.
  std::vector<std::pair<std::string, std::string>> reads;  ///< What its operators subscribe to: the stream, the operator's key.
  std::vector<hosted_input> inputs;
  std::shared_ptr<intake> fed_by;  ///< Of an external stream: shared by its partitions.
  std::shared_ptr<step_mark> mark = std::make_shared<step_mark>();
  std::shared_ptr<partition_counters> counters;  ///< Shared with the partition, which its core may drop first.
  std::shared_ptr<log_counters> log_progress;    ///< The same of its log actor.
};

using hosted_table = std::map<std::uint64_t, hosted>;  ///< By log.

}  // namespace weir::runtime
