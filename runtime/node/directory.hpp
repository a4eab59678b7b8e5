// The node's directory: which operators a data directory holds, with their logs, wiring and states. Kept as state of log 0, so that it recovers like any
// other state. Deploying a plan compares it with what is there; what does not fit is refused with what differs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/log/frame.hpp"
#include "runtime/log/log_image.hpp"
#include "runtime/node/deployment.hpp"
#include "runtime/node/streams.hpp"
#include "runtime/operator/conversions.hpp"
#include "runtime/operator/partition_options.hpp"
#include "topology/plan.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

/// One version of a state. Several may hold values at once: each is converted when it is first accessed.
struct directory_state {
  std::uint16_t id = 0;  ///< In frames; never reused within an operator, or within a chain.
  std::string name;
  std::uint32_t version = 1;
  std::uint32_t scope = 0;
  std::uint32_t value = 0;
  std::uint32_t value_size = 0;
  std::string schema;
  bool current = true;  ///< What the class declares now; else a former version, or a later one.
  state_form form() const { return {version, value, value == WEIR_VALUE_FIXED ? value_size : 0, schema}; }
  friend bool operator==(const directory_state&, const directory_state&) = default;
};

struct directory_wire {
  std::string name;  ///< Of the istream or ostream.
  std::string stream;
  std::uint32_t grouping = 0;  ///< istreams.
  bool inlined = false;        ///< The stream has no log; its operators are one chain.
  friend bool operator==(const directory_wire&, const directory_wire&) = default;
};

/// A topology as it was submitted, and what commands made of it since.
struct directory_topology {
  std::string file;               ///< Of the manifest; what its relative paths count from.
  std::string manifest;           ///< The effective one.
  std::set<std::string> stopped;  ///< Operators.
  std::set<std::string> paused;
  friend bool operator==(const directory_topology&, const directory_topology&) = default;
};

/// New code that an operator runs on trial: until then its first error brings back the generation before.
struct directory_trial {
  std::uint32_t back_to = 0;  ///< A generation; 0: there is no trial.
  std::int64_t until_ns = 0;  ///< Realtime.
  friend bool operator==(const directory_trial&, const directory_trial&) = default;
};

/// How often in a row the process ended in an operator's step, and how it did the last time.
struct directory_deaths {
  static constexpr std::uint32_t careful_after = 2;            ///< Then it gets its records one by one.
  static constexpr std::uint32_t quarantined_after = 3;        ///< Then it is not started any more.
  static constexpr std::int64_t settled_ns = 600'000'000'000;  ///< A process that lives so long has got over what it died of before.

  std::uint32_t count = 0;  ///< 0: the rest says nothing.
  std::int32_t cause = 0;   ///< As step_slot::cause.
  step_place place = step_place::unknown;
  std::uint64_t log = 0;  ///< Of the partition.
  std::uint64_t lsn = 0;  ///< Its last frame.
  record_position record;
  bool quarantined() const noexcept { return count >= quarantined_after; }
  friend bool operator==(const directory_deaths&, const directory_deaths&) = default;
};

/// A record that a partition is never given, since it died of it.
struct directory_pass {
  record_position record;
  std::string cause;
  friend bool operator==(const directory_pass&, const directory_pass&) = default;
};

struct directory_entry {
  std::string topology;
  std::string name;
  operator_code code;
  std::uint64_t first_log = 0;  ///< Partition i has log first_log + i; ids are never reused. In a chain all have the head's.
  std::uint32_t parallelism = 1;
  std::uint32_t generation = 1;
  std::vector<directory_wire> istreams;
  std::vector<directory_wire> ostreams;
  std::vector<directory_state> states;
  std::map<std::uint64_t, std::uint64_t> starts;  ///< By input log: behind which LSN it begins, where that is not the earliest.
  std::map<std::uint32_t, operator_code> former;  ///< The code of earlier generations.
  bool by_hand = false;                           ///< Its code is not that of the manifest: it was deployed or rolled back since the last submit.
  directory_trial trial;
  std::uint32_t start = WEIR_START_RECOVERED;  ///< Why the next objects are made: a new generation that has not begun yet, or none.

  directory_deaths deaths;
  std::map<std::uint64_t, directory_pass> passes;  ///< By partition's log: the last one.

  std::string key() const { return topology + "/" + name; }
  bool has_log(std::uint64_t log) const noexcept { return log >= first_log && log < first_log + parallelism; }
  /// Also its dead letters.
  bool writes(const std::string& stream) const;
  std::optional<passed_record> passed(std::uint64_t log) const;
  /// The next generation runs as `next`.
  void take(operator_code next);
  /// By index in `metadata`: the state's id in frames.
  std::vector<std::uint16_t> state_ids(const topology::operator_metadata& metadata) const;
  /// By index in `metadata`: the state's other versions.
  std::vector<std::vector<directory_state>> other_versions(const topology::operator_metadata& metadata) const;
};

/// What a submit does to one operator, for the directory: replaced only where a new generation comes of it.
struct directory_change {
  std::string key;
  bool created = false;
  bool removed = false;
};

/// What the directory cannot know itself.
struct directory_surroundings {
  /// Whether a log's state holds values under an id.
  std::function<bool(std::uint64_t log, std::uint16_t state)> holds;
  /// Whether any code that the operator `key` ran as, or is to run as, turns values of one version of a state into those of another.
  std::function<bool(const std::string& key, const std::string& state, const state_form& from, const state_form& into)> converts;
  /// The newest durable LSN of a log, for those who read from the latest on.
  std::function<std::uint64_t(std::uint64_t log)> newest;
  /// Code that was stored; of operators that are not here a plan says it all.
  std::map<std::string, operator_code> codes;
};

class directory {
 public:
  /// What log 0 says; an empty image gives an empty directory.
  static result<directory> read(const log_image& node_log, const std::string& data_directory);

  /// Makes the directory equal to the plan, or says why it cannot be (error_code::refused). Changes go into `admin`.
  result<void> reconcile(const topology::plan& p, const directory_surroundings& around, frame& admin);

  /// Makes the operators of these topologies, and of no others, equal to the plan; all or none. The effective manifests are those of `texts`, by name, whose
  /// stopped and paused operators count for nothing.
  result<std::vector<directory_change>> submit(const topology::plan& p, const std::map<std::string, directory_topology>& texts,
                                               const directory_surroundings& around, frame& admin);
  /// Makes operators that are there equal to the plan, as far as their code has changed since; all or none. What differs is for add_changes() to write.
  result<void> refresh(const topology::plan& p, const directory_surroundings& around);
  /// Writes the operators that differ from those of `before`.
  void add_changes(const directory& before, frame& admin) const;
  /// This operator begins with its newest generation now: what begins later goes on with it.
  void note_begun(const topology::planned_operator& op);
  /// Forgets a topology with all its operators.
  void remove(const std::string& topology, frame& admin);
  /// Gives an operator other code, whose metadata this is, as the next generation, and writes that into its history; the rest is for add_changes() to write.
  /// What its state needs for that must be there (error_code::refused).
  result<void> switch_code(const std::string& key, const operator_code& code, const topology::operator_metadata& metadata, const directory_surroundings& around,
                           const directory_trial& trial, const deployment& why, frame& admin);
  void note(const std::string& key, const deployment& what, frame& admin);
  /// Oldest first.
  const std::vector<deployment>& history(const std::string& key) const;
  /// To be changed; what is, add_changes() writes.
  directory_entry& at(const std::string& key) { return entries_.at(key); }
  /// Notes what commands have made of a topology.
  void set(const std::string& topology, const directory_topology& state, frame& admin);
  const std::map<std::string, directory_topology>& topologies() const noexcept { return topologies_; }

  const directory_entry& of(const topology::planned_operator& op) const;
  const std::map<std::string, directory_entry>& entries() const noexcept { return entries_; }

 private:
  void begin_at_latest(directory_entry& e, const topology::planned_operator& op, const topology::plan& p, const directory_surroundings& around) const;
  /// The highest id of a state in each chain of the plan, by the key of its head.
  std::map<std::string, std::uint16_t> last_ids(const topology::plan& p) const;
  result<directory_entry> adapt(const directory_entry& there, const topology::planned_operator& op, const topology::plan& p,
                                const directory_surroundings& around, std::uint16_t last_id) const;
  /// The states of `there` as the class declares them now, or what does not fit.
  result<std::vector<directory_state>> adapt_states(const directory_entry& there, const topology::operator_metadata& metadata,
                                                    const directory_surroundings& around, std::uint16_t last_id) const;
  void write(const directory_entry& e, frame& admin) const;
  void forget(const std::string& key, frame& admin);

  std::string data_directory_;
  std::map<std::string, directory_entry> entries_;  ///< By key().
  std::map<std::string, directory_topology> topologies_;
  std::map<std::string, std::vector<deployment>> history_;  ///< By key().
  std::uint64_t next_log_ = 1;
};

}  // namespace weir::runtime
