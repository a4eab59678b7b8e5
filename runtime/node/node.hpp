// A node: one data directory, its journal, its cores, and the actors of the topologies it runs. Boot order: lock and recover the directory, see what is to run,
// write the epoch, and only then start actors. With threads for a process; without any for a simulation, which then drives cores, workers and journal.
//
// Who may touch what: commands wait for each other (command_mutex_) and own the directory, the plan and the manifests. What others read while commands run (the
// table of partitions, what partitions said) is behind mutex_, held for moments; the table itself is immutable and replaced as a whole, and the journal's
// callbacks, of which there is one at a time, keep the one they saw last until its version changes. Decisions are frames of log 0, durable before actors act
// on them.
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
#include <thread>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/core/executor.hpp"
#include "runtime/core/readiness.hpp"
#include "runtime/log/journal.hpp"
#include "runtime/node/directory.hpp"
#include "runtime/node/hosted.hpp"
#include "runtime/node/module_keeper.hpp"
#include "runtime/node/node_commands.hpp"
#include "runtime/node/node_events.hpp"
#include "runtime/node/node_options.hpp"
#include "runtime/node/rates.hpp"
#include "runtime/node/stuck.hpp"
#include "runtime/operator/conversions.hpp"
#include "runtime/operator/module.hpp"
#include "topology/plan.hpp"

namespace weir::runtime {

class node final : public node_commands, private journal_listener, private node_events {
 public:
  /// Runs a plan to its end. What the data directory holds must fit it.
  static result<std::unique_ptr<node>> start(const topology::plan& p, module_set& modules, const environment& around, node_options options);
  /// Stays up, with what its data directory says: all that was submitted, as it was left. Uses these cores. A topology that cannot be started (its module is
  /// gone) is failed, and says why; the others run.
  static result<std::unique_ptr<node>> serve(std::span<const int> cores, module_set& modules, const environment& around, node_options options);
  ~node() override;  ///< Stops everything where it is; what is durable stays. No command may be under way.

  /// Waits until everything has ended, drained or failed, at most `milliseconds`. A node that serves ends by drain() or failure only.
  run_state wait(int milliseconds);
  run_state state() const;
  /// Sources stop; what is under way goes through, until drained or failed. Waits for a command under way, which hurries; later ones are refused.
  void drain();
  std::vector<error> failures() const;  ///< Why partitions stopped; what several say alike is there once.
  node_progress progress() const;
  /// To be called now and then, by one thread: says which calls of operators became stuck, and which returned after all. An error once a drain waits for one.
  result<void> watch_calls();
  const recovered_journal& recovered() const noexcept { return recovered_; }

  // node_commands
  result<difference> submit(std::span<const manifest_source> manifests, const submit_options& options) override;
  result<std::string> get(const std::string& topology) const override;
  std::vector<std::string> list() const override;
  result<void> stop(const command_target& what, const stop_options& options) override;
  result<void> start(const command_target& what) override;
  result<void> pause(const command_target& what) override;
  result<void> resume(const command_target& what, const resume_options& options) override;
  result<void> remove(const std::string& topology, const stop_options& options) override;
  result<deploy_report> deploy(const command_target& what, const std::string& artifact, const deploy_options& options) override;
  result<deploy_report> rollback(const command_target& what, std::optional<std::uint32_t> to, const std::string& by) override;
  result<deployment_history> history(const command_target& what) const override;
  result<publish_receipt> publish_to(const std::string& stream, publish_batch batch) override;
  node_status status() const override;
  std::vector<stream_status> streams() const override;
  result<read_page> read_stream(const std::string& stream, const read_request& what) const override;
  result<log_lines> lines(const command_target& what, std::uint64_t from) const override;
  result<state_answer> look_at_state(const command_target& what, const state_question& question) override;
  result<dead_letters_page> dead_letters(const command_target& what, const read_request& request) const override;
  result<std::uint64_t> drop_dead_letters(const command_target& what, std::span<const record_position> which) override;
  result<replay_report> replay_dead_letters(const command_target& what) override;

  /// Brings back the code before what failed on trial. A thread does it, where there are threads; a simulation now and then, but not while a command waits.
  void end_failed_trials();

  // -- for a simulation ---------------------------------------------------------------------------------------------------------------------
  const std::vector<std::unique_ptr<core>>& cores() const noexcept { return cores_; }
  journal& log() noexcept { return *journal_; }
  /// Lets every actor quit, as far as that goes without threads: run the cores until they are idle before destroying the node.
  void quit_actors();
  std::size_t partitions() const { return hosts()->size(); }
  /// Where records for the external stream wait, or why there is no such place or nothing is taken there.
  result<std::shared_ptr<intake>> intake_for(const std::string& stream) const;

 private:
  using keys = std::set<std::string>;  ///< Operators: "topology/operator".
  using logs = std::set<std::uint64_t>;
  using codes = std::map<std::string, operator_code>;  ///< By operator.
  struct submission;

  node(module_set& modules, const environment& around, node_options options);

  // node.cpp
  result<void> open();
  result<void> boot(const topology::plan& p);
  result<void> boot(std::span<const int> cores);
  result<void> begin(frame_ptr admin, std::span<const int> cores);
  void run_threads();
  void update_state();
  bool state_holds(std::uint64_t log, std::uint16_t state) const;

  // spawn.cpp
  result<void> spawn(const topology::plan& p, const keys& which, hosted_table& into);
  result<hosted> spawn_partition(const topology::plan& p, std::size_t op, std::uint32_t index);
  std::vector<hosted_input> register_inputs(const topology::plan& p, std::size_t op, std::uint32_t index, const log_image& image);
  result<partition_options> options_for(const topology::plan& p, std::size_t op, std::uint32_t index, const hosted& h, bool started);
  void describe_chain(const topology::plan& p, std::size_t op, std::uint32_t index, hosted& h);

  // wire.cpp
  result<void> wire(const topology::plan& p, const keys& which);
  void wire_partition(const topology::plan& p, std::size_t op, const hosted_table& table, std::uint32_t index, std::shared_ptr<partition_options> anew);

  // revive.cpp
  result<void> adopt(std::map<std::string, topology::manifest> manifests);
  result<frame_ptr> take_up();
  result<void> bring_up();
  result<void> wire_wanted(const keys& which);
  void keep_place_of_others();
  result<topology::plan> plan_with(const std::map<std::string, topology::manifest>& manifests, const codes& others = {});

  // topologies.cpp
  keys with_chains(const keys& which) const;
  result<void> takes_commands() const;
  result<keys> operators_of(const command_target& what) const;
  result<void> decide(const frame_ptr& admin);
  bool await(const std::function<bool()>& done, std::int64_t nanoseconds, const logs& of = {});
  result<void> check_calls(const logs& of) const;
  result<void> drain_operators(const keys& which, const stop_options& options);
  result<keys> set_wanted(const command_target& what, const std::function<void(directory_topology&, const std::string& op)>& change);
  result<void> set_paused(const command_target& what, bool paused);
  void want(const keys& which);
  void discard(const logs& gone);
  logs logs_of(const keys& which) const;
  logs wired_of(const keys& which) const;

  // submit.cpp
  result<void> read_manifests(std::span<const manifest_source> sources, submission& s) const;
  result<void> plan_submission(submission& s, const submit_options& options);
  result<void> check_deployed(const submission& s) const;
  static void replace_chains(submission& s);
  void note_submission(submission& s, const std::string& by) const;
  result<void> carry_out(submission& s);
  result<void> check_live(const submission& s) const;
  result<void> check_subscribers(const keys& going, const std::set<std::string>& with) const;
  std::string what_differs(const topology::plan& next, const topology::planned_operator& op) const;

  // deploy.cpp
  result<std::string> one_operator(const command_target& what) const;
  result<deploy_report> switch_code(const std::string& key, const operator_code& code, deployment why, const deploy_options& options);
  result<void> check_switch(const std::string& key, const topology::plan& next) const;
  std::string why_no_way_back(const topology::planned_operator& from, const topology::planned_operator& back, const codes& others) const;
  logs switch_partitions(const std::string& key);
  result<deploy_report> end_trial(const std::string& key, const std::string& why);
  void end_trials_of_last_run(frame& admin);
  void run_keeper();

  // quarantine.cpp
  void count_deaths(frame& admin);
  bool pause_at_start(const std::string& topology, const keys& which, frame& admin);
  result<void> pause_as_told(frame& admin);
  result<void> end_quarantine(const keys& which, const resume_options& options);

  // code.cpp
  result<operator_code> keep(const std::string& artifact, const std::string& class_name) const;
  void drop_unused_modules();
  topology::operator_entry entry_of(const operator_code& code) const;
  conversions conversions_of(const std::string& key, const codes& others = {}) const;
  directory_surroundings surroundings(codes others) const;
  static codes codes_of(const topology::plan& p);

  // streams.cpp
  std::vector<stream_status> streams(bool with_unused) const;

  // dead_letters.cpp
  result<void> take_letters(const log_image& node_log);
  result<stream_status> letters_of(const command_target& what) const;
  result<read_page> read_kept(stream_status stream, read_request from, const std::string& op) const;
  dropped_letters dropped_of(std::uint64_t log, const std::string& op) const;
  result<dead_letters_page> kept_letters(const stream_status& stream, const read_request& request, const std::string& op) const;
  result<std::uint64_t> mark_dropped(const command_target& what, const stream_status& stream, std::span<const record_position> which,
                                     std::map<std::uint64_t, log_letters>& logs) const;
  result<void> let_go(std::map<std::uint64_t, log_letters>& logs);
  result<void> decide_dropped(const std::map<std::uint64_t, log_letters>& logs);

  // replay.cpp
  void take_replayed();
  result<std::size_t> may_replay(const command_target& what, const stream_status& letters);
  replay_outcome replay_page(const hosted& h, std::shared_ptr<const replay_request> what);
  result<std::string> replay_partition(const command_target& what, const stream_status& letters, std::size_t istreams, dropped_letters& dropped,
                                       replay_report& report);

  // status.cpp
  partition_status status_of(const hosted& h, const partition_description& about, const std::shared_ptr<partition_counters>& counters,
                             const hosted_table& all) const;
  void add_pace(const hosted& h, const std::shared_ptr<partition_counters>& c, const hosted_table& all, partition_status& s) const;
  void note_partition(const hosted& h, partition_status& s) const;

  // publish.cpp
  std::shared_ptr<intake> intake_of(const topology::planned_operator& op);
  void know_streams();
  void close_intakes(const std::string& why);
  bool await_intake(intake& at, const std::function<bool()>& so, std::int64_t until_ns);

  // inspect.cpp
  std::shared_ptr<operator_log> lines_of(const std::string& key);
  void note_line(std::uint64_t log, int level, const std::string& text);

  // journal_events.cpp: journal_listener
  void durable(std::span<const frame_ptr> frames) override;
  void space_freed() override;
  void waiting_for_disk(const error& why) override;
  void retained_beyond_limit(const retained_log& what) override;
  void failed(const error& why) override;
  const hosted_table& seen_by_journal();
  // node_events
  void log_ended(std::uint64_t log) override;
  void log_drained(std::uint64_t log) override;
  void partition_failed(std::uint64_t log, const error& why) override;
  void partition_runs(std::uint64_t log) override;
  void partition_waits(std::uint64_t log, const std::string& why) override;
  void partition_switched(std::uint64_t log, std::uint32_t generation, std::int64_t pause_ns) override;
  void trial_failed(std::uint64_t log, const error& why) override;
  void fatal(const error& why) override;
  void say(int level, const std::string& text) override;

  std::shared_ptr<const hosted_table> hosts() const {
    const std::lock_guard lock(mutex_);
    return hosted_;
  }
  void publish(hosted_table next);

  module_set& modules_;
  environment around_;
  node_options options_;
  std::unique_ptr<journal> journal_;
  recovered_journal recovered_;  ///< Images go to the partitions that own them; those of operators that cannot run wait here.
  std::vector<std::unique_ptr<core>> cores_;
  std::unique_ptr<actor_system> actors_;
  std::unique_ptr<worker> disk_;
  std::unique_ptr<readiness> readable_;  ///< With threads only.
  std::uint64_t epoch_ = 0;
  bool serves_ = false;
  std::atomic<bool> hurries_{false};  ///< drain() waits for the command under way.
  bool quitted_ = false;

  // The commands' own.
  mutable std::mutex command_mutex_;
  directory directory_;
  topology::plan plan_;                                  ///< Of all that is hosted.
  std::map<std::string, topology::manifest> manifests_;  ///< By topology: what plan_ is made of, where the node serves.
  std::vector<int> cpus_;                                ///< That it may use.
  logs wired_;                                           ///< Logs whose operators are wired: those that run or are paused.
  logs leaving_;                                         ///< Those of them that were told to drain, and not closed since.
  logs fresh_;                                           ///< Logs whose operators were spawned as they are to be, and not wired since.
  std::uint64_t node_lsn_ = 0;                           ///< Of the last frame of log 0.

  std::mutex letters_mutex_;  ///< Dead letters are dropped one command after another; taken before command_mutex_.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const hosted_table> hosted_ = std::make_shared<hosted_table>();
  std::atomic<std::uint64_t> hosted_version_{0};
  std::map<std::string, directory_topology> submitted_;     ///< What list(), get() and status() read.
  std::map<std::string, std::string> broken_;               ///< Topologies that could not be started, with the reason.
  std::map<std::string, std::string> streams_;              ///< Of plan_, with the operator that writes each.
  std::map<std::string, std::shared_ptr<intake>> intakes_;  ///< By external stream.
  std::map<std::uint64_t, log_letters> letters_;            ///< By log: what was dropped of its dead letters.
  std::uint64_t node_durable_ = 0;                          ///< Of log 0.
  logs ended_;
  logs drained_;
  std::vector<error> failures_;
  std::map<std::uint64_t, partition_note> notes_;
  std::map<std::string, std::shared_ptr<operator_log>> lines_;  ///< By operator.
  std::map<std::uint64_t, std::int64_t> switched_;              ///< Logs whose switch is durable, with the pause.
  std::map<std::uint64_t, std::string> trials_;                 ///< Logs that run code on trial: of which operator.
  std::map<std::string, std::string> failed_trials_;            ///< Operators whose code failed on trial, with the reason.
  bool quits_ = false;                                          ///< The keeper is to end.
  bool draining_ = false;
  run_state state_ = run_state::running;

  std::atomic<bool> disk_full_{false};  ///< The journal waits for room.
  mutable rate_window rates_;
  stuck_watch watch_;
  std::thread keeper_;

  // The journal's own: callbacks come one at a time.
  std::shared_ptr<const hosted_table> journal_table_;
  std::uint64_t journal_version_ = UINT64_MAX;
};

}  // namespace weir::runtime
