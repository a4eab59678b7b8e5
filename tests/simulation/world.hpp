// A whole node in one thread from one seed: clock, files, scheduling order and randomness are simulated, and nothing else moves. At each turn the seed
// picks who goes on: a core with ready work, a worker with pending work, the journal, its background, or time. On the way the machine may lose its power,
// between two turns or inside a file call, the process may be killed, or somebody interrupts it; then the node boots on what is left, until the run ends.
// Equal seeds give equal runs, byte for byte. One thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/node/node.hpp"
#include "runtime/seam/simulated_files.hpp"
#include "tests/simulation/process_files.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/simulated_workers.hpp"
#include "tests/simulation/ticking_clock.hpp"

namespace weir::simulation {

/// How long an undisturbed run is, about: interruptions come somewhere in that length.
struct run_length {
  std::uint64_t turns = 0;
  std::uint64_t changes = 0;  ///< File calls that change something.
  std::uint64_t pages = 0;    ///< Of these, durable writes.
};

/// What a run has met: a simulation that never meets a torn tail says nothing about torn tails.
struct encounters {
  std::uint64_t interruptions = 0;      ///< That came before the end.
  std::uint64_t interrupted_boots = 0;  ///< Of these, while a node booted.
  std::uint64_t torn_tails = 0;         ///< Cut by recovery.
  std::uint64_t snapshots = 0;
  std::uint64_t recycled_segments = 0;  ///< Segments that a process gave up.
  std::uint64_t dead_letters = 0;
  encounters& operator+=(const encounters& o) noexcept;
};

struct world_options {
  int interruptions_max = 0;  ///< The seed draws from 1 to that many; 0: an undisturbed run.
  run_length length;
  std::function<bool(const std::string&)> forgets_syncs_of;  ///< A bug that the simulation must find; by path.
};

class world {
 public:
  world(const scenario& what, std::uint64_t seed, world_options options = {});
  ~world();

  /// Called while the node runs.
  void at_each_turn(std::function<void()> look) { look_ = std::move(look); }
  /// To the end of the run, through all interruptions. An error says what went wrong, and when.
  result<void> run();

  std::string output() const { return disk_.content(what_.output); }
  /// All files of the data directory, by path.
  std::map<std::string, std::string> data();
  run_length length() const noexcept { return {turns_, disk_.changes(), pages_}; }
  const encounters& met() const noexcept { return met_; }

 private:
  /// How a process ends before its time.
  enum class interruption : std::uint8_t { none, power_cut, power_cut_in_call, power_cut_in_page, kill, kill_in_call, kill_in_page, drain };
  /// What a turn may be, with how often it is picked.
  struct choice {
    enum class kind : std::uint8_t { core, worker, fill_page, write_page, background, time } what;
    std::size_t index;
    std::uint32_t weight;
  };

  result<void> prepare();
  void draw_limits();
  /// One process, from its boot to its end; true when the run has ended.
  result<bool> live(interruption how);
  result<void> boot();
  result<bool> go_on(interruption how, std::uint64_t until);
  void bury(interruption how);
  bool turn();
  void gather_choices();
  bool take(const choice& c);
  bool wait_for_timer();
  std::uint64_t up_to(std::uint64_t n) { return schedule_.next() % (n + 1); }
  /// On standard error, where WEIR_SIMULATION_TRACE is set.
  void trace(const std::string& what) const;
  error wrong(const std::string& what) const;

  const scenario& what_;
  const world_options options_;
  runtime::seeded_random schedule_;  ///< Who goes on.
  runtime::seeded_random weather_;   ///< What interruptions there are, and what they leave on the disk.
  runtime::seeded_random random_;    ///< The node's own.
  ticking_clock clock_;
  runtime::simulated_files disk_;
  topology::plan plan_;
  runtime::node_options node_options_;
  std::uint32_t core_weight_ = 1;
  std::uint32_t worker_weight_ = 1;
  std::uint32_t journal_weight_ = 1;
  std::uint32_t background_weight_ = 1;

  // One process's life.
  std::unique_ptr<process_files> files_;
  std::unique_ptr<simulated_workers> workers_;
  std::unique_ptr<runtime::node> node_;
  std::array<bool, runtime::journal::writers> page_filled_{};
  bool journal_idle_ = false;
  bool background_idle_ = false;
  std::string fatal_;
  std::vector<std::string> said_;
  std::vector<choice> choices_;

  std::uint64_t turns_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t durable_ = 0;  ///< What some process saw durable, as a sequence of the journal.
  std::function<void()> look_ = [] {};
  int lives_ = 0;
  encounters met_;
};

}  // namespace weir::simulation
