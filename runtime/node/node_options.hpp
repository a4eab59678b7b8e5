// What a node is made from, and what it tells of its way. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "runtime/core/core.hpp"
#include "runtime/core/executor.hpp"
#include "runtime/log/journal.hpp"
#include "runtime/node/module_keeper.hpp"
#include "runtime/node/node_commands.hpp"
#include "runtime/node/step_marks.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/seam/clock.hpp"
#include "runtime/seam/files.hpp"
#include "runtime/seam/random.hpp"
#include "runtime/stream/log_actor.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

/// Everything a node touches outside itself.
struct environment {
  files* file_system = nullptr;
  clock* time = nullptr;
  random_source* random = nullptr;
  worker_factory* workers = nullptr;
  bool threads = true;
  const module_keeper* keeper = nullptr;  ///< Where modules are copied to before they are loaded; null: they stay as they are anyway.
  std::function<bool()> turn = {};        ///< Without threads: lets something go on while a command waits; false when nothing does.
  step_marks* marks = nullptr;            ///< Of the data directory; null: it is not known which operator a process died of.
};

struct node_options {
  journal_options journal;
  wait_strategy wait = wait_strategy::spin;
  step_limits steps;
  log_limits logs;
  std::int64_t stuck_ns = 10'000'000'000;                       ///< An operator's call that lasts longer is stuck.
  std::size_t modules_max = 256;                                ///< That may be loaded; none is ever unloaded.
  std::vector<command_target> paused;                           ///< Are paused before they run; stay so.
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

}  // namespace weir::runtime
