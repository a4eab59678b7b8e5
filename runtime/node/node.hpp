// A node: one data directory, its journal, its cores, and the actors of the topologies it runs. Boot order: lock and recover the directory, compare the plan
// with it, write the epoch, and only then start actors. With threads for a process; without any for a simulation, which then drives cores, workers and journal.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/core/executor.hpp"
#include "runtime/core/readiness.hpp"
#include "runtime/log/journal.hpp"
#include "runtime/node/directory.hpp"
#include "runtime/node/node_events.hpp"
#include "runtime/node/status.hpp"
#include "runtime/operator/module.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/stream/log_actor.hpp"
#include "topology/plan.hpp"

namespace weir::runtime {

/// Everything a node touches outside itself.
struct environment {
  files* file_system = nullptr;
  clock* time = nullptr;
  random_source* random = nullptr;
  worker_factory* workers = nullptr;
  bool threads = true;
};

struct node_options {
  journal_options journal;
  wait_strategy wait = wait_strategy::spin;
  step_limits steps;
  log_limits logs;
  std::function<void(int level, const std::string& text)> say;  ///< Lines for the user; any thread.
  std::function<void(const error& why)> fatal;                  ///< The journal failed: must not return where threads run (rule 8).
};

/// How far a node has come, for progress and summaries.
struct node_progress {
  std::uint64_t records_in = 0;   ///< Produced by sources.
  std::uint64_t records_out = 0;  ///< Consumed by operators without ostreams.
  std::uint64_t dead_letters = 0;
  std::uint64_t skipped = 0;
  std::uint64_t late = 0;                             ///< Records that an operator was given behind its watermark.
  std::map<std::string, std::uint64_t> late_by_name;  ///< The same by "topology/operator"; those that have some.
  journal_statistics journal;
};

enum class run_state : std::uint8_t { running, ended, drained, failed };

class node final : private journal_listener, private node_events {
 public:
  static result<std::unique_ptr<node>> start(const topology::plan& p, module_set& modules, const environment& around, node_options options);
  ~node() override;  ///< Stops everything where it is; what is durable stays.

  /// Waits until everything has ended, drained or failed, at most `milliseconds`.
  run_state wait(int milliseconds);
  run_state state() const;
  /// Sources stop; what is under way goes through. Ends in drained, or in failed.
  void drain();
  std::vector<error> failures() const;  ///< Why partitions stopped; what several say alike is there once.
  node_progress progress() const;
  node_status status() const;
  const recovered_journal& recovered() const noexcept { return recovered_; }

  // -- for a simulation ---------------------------------------------------------------------------------------------------------------------
  const std::vector<std::unique_ptr<core>>& cores() const noexcept { return cores_; }
  journal& log() noexcept { return *journal_; }
  /// Lets every actor quit, as far as that goes without threads: run the cores until they are idle before destroying the node.
  void quit_actors();

 private:
  /// What of an operator partition does not change while it runs; for status.
  struct description {
    std::string topology;
    std::string name;
    std::string class_name;
    std::string code;
    std::string version;
    std::uint32_t generation = 1;
    std::uint32_t partition = 0;
    int cpu = 0;
    std::vector<std::uint64_t> inputs;  ///< Logs.
  };
  /// An operator that records are handed over to in memory: it has no actor and no log of its own.
  struct inner_operator {
    std::shared_ptr<const description> about;
    bool sink = false;
    std::shared_ptr<partition_counters> counters;
  };
  struct hosted {
    std::uint64_t log = 0;
    std::shared_ptr<const description> about;
    std::shared_ptr<log_counters> log_progress;
    actor_ref log_actor;
    actor_ref operator_actor;
    bool source = false;
    bool sink = false;
    std::vector<inner_operator> below;             ///< The other operators of its chain.
    std::string letters;                           ///< The stream of its dead letters; of several in a chain the first.
    std::string retained;                          ///< Its stream that is retained for longest.
    std::shared_ptr<partition_counters> counters;  ///< Shared with the partition, which its core may drop first.
  };

  node(const environment& around, node_options options);
  result<void> boot(const topology::plan& p, module_set& modules);
  result<void> spawn(const topology::plan& p, module_set& modules, std::uint64_t epoch);
  void spawn_partition(const topology::plan& p, std::size_t op, std::uint32_t index, std::span<const weir_operator_info* const> infos, std::uint64_t epoch);
  void keep_streams(const topology::plan& p, const std::vector<std::size_t>& chain, log_actor_options& log, hosted& h);
  void wire(const topology::plan& p);
  core& core_of(int cpu);
  static std::shared_ptr<const description> describe(const topology::planned_operator& op, const directory_entry& entry, std::uint32_t partition,
                                                     const std::vector<partition_input>& inputs);
  partition_status status_of(const hosted& h, const description& about, const partition_counters& c) const;
  void update_state();

  // journal_listener
  void durable(std::span<const frame_ptr> frames) override;
  void space_freed() override;
  void waiting_for_disk(const error& why) override;
  void retained_beyond_limit(const retained_log& what) override;
  void failed(const error& why) override;
  // node_events
  void log_ended(std::uint64_t log) override;
  void log_drained(std::uint64_t log) override;
  void partition_failed(std::uint64_t log, const error& why) override;
  void partition_waits(std::uint64_t log, const std::string& why) override;
  void fatal(const error& why) override;
  void say(int level, const std::string& text) override;

  environment around_;
  node_options options_;
  std::unique_ptr<journal> journal_;
  recovered_journal recovered_;
  directory directory_;
  std::vector<std::unique_ptr<core>> cores_;
  std::unique_ptr<actor_system> actors_;
  std::unique_ptr<worker> disk_;
  std::unique_ptr<readiness> readable_;  ///< With threads only.
  std::vector<hosted> hosted_;           ///< One per log, that is per partition of an operator or chain; fixed once threads run.
  std::vector<std::size_t> by_log_;      ///< Log id -> index in hosted_, SIZE_MAX where there is none.
  std::map<std::pair<std::uint64_t, std::uint64_t>, log_reader> starts_;  ///< While booting: where a reader (its log) begins in an input log.
  std::uint64_t epoch_ = 0;
  bool quitted_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::uint64_t> ended_;
  std::set<std::uint64_t> drained_;
  std::vector<error> failures_;
  /// What a partition said of itself; by log.
  struct note {
    std::string waits;
    std::string failed;
    std::string last_error;
  };
  std::map<std::uint64_t, note> notes_;
  bool draining_ = false;
  run_state state_ = run_state::running;
};

}  // namespace weir::runtime
