// What can be asked of a node that stays up: the interface between the node and whoever brings commands in (control). Any thread but a core's or the
// journal's; commands that change something wait for each other and return when what they decided is durable, so a caller may have to wait for seconds.
// status(), list() and get() wait for nothing. Refusals have error_code::refused, mistakes in manifests error_code::usage with file:line:column.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/node/dead_letters.hpp"
#include "runtime/node/deployment.hpp"
#include "runtime/node/state_question.hpp"
#include "runtime/node/status.hpp"
#include "runtime/node/streams.hpp"
#include "runtime/operator/operator_log.hpp"
#include "runtime/operator/publish_batch.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

/// A manifest as its user wrote it.
struct manifest_source {
  std::string text;
  std::string file;                              ///< Absolute: what places name and what relative paths in it are relative to. The node does not read it.
  std::map<std::string, std::string> variables;  ///< What ${NAME} stands for; the environment of whoever submits, or those that the text names.
};

struct submit_options {
  bool dry_run = false;       ///< Only tells the difference, with all refusals.
  bool override_all = false;  ///< Also undoes what was deployed or rolled back by hand since the last submit.
  std::string by = {};        ///< Who asks, for the history.
};

enum class change_kind : std::uint8_t { create, replace, remove, unchanged };

/// "create", "replace", "remove" or "unchanged".
const char* change_kind_name(change_kind kind) noexcept;

/// What a submit does to one operator.
struct operator_change {
  change_kind kind = change_kind::unchanged;
  std::string topology;
  std::string name;
  std::string why;  ///< For people: "config key 'speed' was 1, is 2". Empty for unchanged.
};

/// By topology, as submitted, then in the order of the data, removed operators last.
using difference = std::vector<operator_change>;

/// A topology, or one operator of it.
struct command_target {
  std::string topology;
  std::string name;  ///< Of the operator; empty: all of the topology.
};

struct stop_options {
  std::int64_t drain_timeout_ns = 30'000'000'000;  ///< Then it stops where it is: what is not consumed by then is consumed after the next start.
};

struct resume_options {
  bool skip_record = false;  ///< Passes the record that a quarantined operator died of.
};

/// What `weir deploy` asks for.
struct deploy_options {
  bool dry_run = false;                        ///< Only checks.
  std::int64_t probation_ns = 30'000'000'000;  ///< So long the first error brings the old code back.
  std::string class_name = {};                 ///< Empty: that of the code before.
  std::string by = {};                         ///< Who asks, for the history.
};

struct deploy_report {
  std::uint32_t generation = 0;         ///< What runs now, or would.
  std::vector<std::int64_t> pauses_ns;  ///< By partition, of those that run: from the last step of the old code to the first frame of the new one.
  std::string warning;                  ///< Why an error would not bring the old code back; empty: it would.
};

struct publish_receipt {
  std::uint64_t records = 0;   ///< All of the request are durable now.
  std::uint64_t repeated = 0;  ///< Of them: had been taken before.
};

class node_commands {
 public:
  virtual ~node_commands() = default;

  /// Makes each manifest's topology equal to it, all or none; topologies that no manifest names stay as they are.
  virtual result<difference> submit(std::span<const manifest_source> manifests, const submit_options& options) = 0;
  /// The effective manifest, as YAML: variables expanded, absolute artifact paths; a comment says which file it came from. Submitted from that file's folder it
  /// changes nothing.
  virtual result<std::string> get(const std::string& topology) const = 0;
  /// Names of all topologies, in order.
  virtual std::vector<std::string> list() const = 0;

  /// Stays so over restarts. What is stopped or paused keeps its place in its inputs, and so counts for their lag. Stopping what is stopped is no error.
  virtual result<void> stop(const command_target& what, const stop_options& options) = 0;
  virtual result<void> start(const command_target& what) = 0;
  virtual result<void> pause(const command_target& what) = 0;
  /// Also ends a quarantine.
  virtual result<void> resume(const command_target& what, const resume_options& options) = 0;
  /// Stops the topology and deletes its logs and state. Refused while operators of others subscribe to its streams.
  virtual result<void> remove(const std::string& topology, const stop_options& options) = 0;

  /// Hot redeploy: other code for one operator, on the state that it has, between two frames. All that can be checked is checked before. Returns when the first
  /// frame of the new code is durable in every partition; error_code::rolled_back where it failed by then. Redeploys wait for each other; one during the
  /// probation of another ends that.
  virtual result<deploy_report> deploy(const command_target& what, const std::string& artifact, const deploy_options& options) = 0;
  /// The code of an earlier generation, on the state as it is now; the one before, unless told.
  virtual result<deploy_report> rollback(const command_target& what, std::optional<std::uint32_t> to, const std::string& by) = 0;
  /// Oldest first.
  virtual result<deployment_history> history(const command_target& what) const = 0;

  /// Records for an external stream; without any it only tells whether the stream takes them. Returns when they are durable. error_code::usage where there is
  /// no such stream, refused where it takes nothing from outside or not from this number on, unreachable where it does not now: then all of the batch may be
  /// sent again, and what was taken of it is not taken twice if its producer numbers it. A producer has one request at a time under way, and sends again what
  /// was not taken before it goes on. Waits for no other command.
  virtual result<publish_receipt> publish_to(const std::string& stream, publish_batch batch) = 0;

  virtual node_status status() const = 0;

  /// By name; those of topologies that could not be started are missing. Waits for nothing.
  virtual std::vector<stream_status> streams() const = 0;
  /// A page of durable records. Reads files; waits for no command. error_code::refused where the stream has no log or the position is not there.
  virtual result<read_page> read_stream(const std::string& stream, const read_request& what) const = 0;
  /// What one operator said, and weir of it, from that line on (0: all that is kept). Waits for nothing; error_code::usage where there is no such operator.
  virtual result<log_lines> lines(const command_target& what, std::uint64_t from) const = 0;
  /// Values of an operator's state, committed or about to be, as they are between two steps. Waits for the step under way, for some seconds at most; not for
  /// commands. What partitions answer is not of one moment.
  virtual result<state_answer> look_at_state(const command_target& what, const state_question& question) = 0;
  /// A page of an operator's dead letters, without those that were dropped. As read_stream().
  virtual result<dead_letters_page> dead_letters(const command_target& what, const read_request& request) const = 0;
  /// Drops these, or all that there are now where none is named: they are not shown again and keep no segment. Subscribers of the stream get them all the same.
  /// All or none; gives how many.
  virtual result<std::uint64_t> drop_dead_letters(const command_target& what, std::span<const record_position> which) = 0;
  /// Gives the operator once more what it has now in dead letters, each once, in their order in each partition, as if it came now; these are done with then.
  /// What fails again is a new letter. Waits for all of it; where an operator stops taking them, those that it took stay taken.
  virtual result<replay_report> replay_dead_letters(const command_target& what) = 0;
};

}  // namespace weir::runtime
