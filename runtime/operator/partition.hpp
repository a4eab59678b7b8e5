// One operator partition without its actor: the user's object, its state, timers, input positions and watermark, and how a step turns input into one frame.
// Single-threaded: used by its operator actor on its core, or, while a blocking step runs, by that actor's worker alone.
//
// A step that meets a record's or timer's error is undone whole; a fresh object is initialised on the undone state; the step is taken again without what
// failed, to which the policy of `on_error` applies, and commits as one frame (rule 7; docs/decisions/0001-replay-without-the-bad-record.md tells why not by
// savepoints).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "runtime/log/log_image.hpp"
#include "runtime/operator/instance.hpp"
#include "runtime/operator/operator_waker.hpp"
#include "runtime/operator/state_versions.hpp"
#include "runtime/seam/clock.hpp"
#include "runtime/seam/files.hpp"
#include "runtime/stream/messages.hpp"
#include "topology/plan.hpp"

namespace weir::runtime {

class operator_partition;

/// The weir_context of a partition; host functions find their way back through it.
struct partition_context : weir_context {
  operator_partition* owner = nullptr;
};

/// A log that this partition reads, and the istreams that read it.
struct partition_input {
  std::uint64_t log = 0;
  std::vector<subscription> subscriptions;
};

struct step_limits {
  std::uint64_t frame_bytes_target = 256u << 10;  ///< A step ends beyond it.
  std::uint64_t frame_bytes_max = 16u << 20;      ///< Of what one record or timer produces and changes. A frame may be as large as both.
  std::int64_t step_ns = 200'000;                 ///< A step ends after it.
  std::int64_t blocking_step_ns = 10'000'000;     ///< The same off the cores, where hooks may wait for files.
  std::uint32_t records_per_look = 256;           ///< Records between two looks at the clock.
};

/// Read by whoever shows progress or status, written by the partition and its actor; relaxed.
struct partition_counters {
  partition_counters() = default;
  explicit partition_counters(std::size_t inputs) : input_lsns(inputs) {}
  std::atomic<std::uint64_t> records_in{0};
  std::atomic<std::uint64_t> records_out{0};
  std::atomic<std::uint64_t> skipped{0};
  std::atomic<std::uint64_t> dead_letters{0};
  std::atomic<std::uint64_t> timers_fired{0};
  std::atomic<std::uint64_t> frames{0};
  std::atomic<std::uint64_t> retries{0};  ///< Outages: steps that are taken again.
  std::atomic<std::int64_t> watermark{INT64_MIN};
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> state_keys{0};
  std::atomic<std::uint64_t> state_bytes{0};
  std::atomic<std::uint64_t> timers{0};
  std::vector<std::atomic<std::uint64_t>> input_lsns;  ///< By index in partition_options::inputs: consumed up to there.
};

struct partition_options {
  std::string name;  ///< "topology/operator partition 0", for messages.
  const weir_operator_info* info = nullptr;
  topology::operator_metadata metadata;
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  std::uint64_t log = 0;
  std::uint64_t epoch = 0;
  std::uint32_t start = WEIR_START_CREATED;
  std::uint32_t generation = 1;
  topology::error_policy on_error = topology::error_policy::fail;
  std::map<std::string, topology::config_value> config;
  std::string manifest_directory;
  std::vector<std::uint16_t> state_ids;              ///< By index in the metadata: the state's id in the node's directory.
  std::vector<std::vector<former_version>> formers;  ///< By index in the metadata: other versions of the state that the directory holds; may be shorter.
  std::vector<partition_input> inputs;
  step_limits limits;
  std::vector<state_store::normalizer> normalizers;  ///< By index in the metadata; null where values have no padding.
  files* file_system = nullptr;
  const clock* time = nullptr;
  std::function<void(int level, const std::string& text)> say;                            ///< A line for the user; any thread.
  std::shared_ptr<partition_counters> counters = std::make_shared<partition_counters>();  ///< Outlives the partition for whoever shows them.
};

/// Counters and gauges that operators name; any thread, behind a lock, since they are not for every record.
class named_metrics {
 public:
  void add(std::string_view name, std::int64_t by);
  void set(std::string_view name, std::int64_t value);
  std::map<std::string, std::int64_t, std::less<>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> values_;
};

/// What a step came to.
struct step_result {
  frame_ptr content;         ///< Null: nothing happened that must be kept.
  std::size_t consumed = 0;  ///< Deliveries, from the front, that are wholly consumed.
  bool more = false;         ///< Another step would find something to do at once.
  bool polled = false;
  std::uint32_t poll = WEIR_POLL_IDLE;
  std::int64_t poll_until = 0;
  int poll_fd = -1;
  std::vector<std::uint64_t> tokens;  ///< To be given to acknowledge() once `content` is durable.
  std::size_t acknowledged = 0;       ///< Tokens, from the front, that are done with.
  std::string failed;                 ///< Not empty: this partition must stop; `content` is what came before.
  bool misused = false;               ///< It failed for what the manifest says, and `failed` names the place there.
  std::string retry;                  ///< Not empty: nothing happened, for this reason; try again later.

  void fail(const hook_result& why, const char* hook) {
    if (why.status != WEIR_RETRY_LATER)
      failed = std::string(hook) + ": " + why.text;
    else
      retry = why.text.empty() ? std::string(hook) + " gave no reason" : why.text;
  }
};

using delivery_ptr = intrusive_ptr<const delivery_message>;

class operator_partition {
 public:
  operator_partition(partition_options options, log_image image);
  ~operator_partition();

  /// Creates and initialises the object; content is the frame of what initialize() changed.
  step_result initialize();
  /// Consumes deliveries from the front, fires due timers, polls where it is a source (and `may_poll`).
  step_result step(std::span<const delivery_ptr> deliveries, bool may_poll);
  /// Tells the object of tokens whose frames are durable, in a frame of its own.
  step_result acknowledge(std::span<const std::uint64_t> tokens);
  void close();

  bool ended() const noexcept { return ended_; }
  bool source() const noexcept { return options_.inputs.empty(); }
  bool polls() const noexcept { return options_.info->poll != nullptr && source() && !poll_over_; }
  bool timers_due() const;
  std::int64_t next_processing_timer() const;  ///< Realtime; INT64_MAX: none.
  std::int64_t idle_at() const noexcept;       ///< When a silent source becomes idle: monotonic; INT64_MAX: never.
  bool idle_due() const { return idle_at() <= options_.time->monotonic_ns(); }
  operator_waker& waker() noexcept { return *waker_; }
  const partition_options& options() const noexcept { return options_; }
  const named_metrics& metrics() const noexcept { return metrics_; }

 private:
  friend struct host_functions;

  struct input_state {
    input_position position;
    bool partial() const noexcept { return position.index != whole_frame; }
  };
  /// A record or timer whose hook threw in this step.
  struct bad_unit {
    std::optional<due_timer> timer;  ///< Else a record:
    std::uint64_t log = 0;
    std::uint64_t lsn = 0;
    std::uint32_t index = 0;
    std::string text;  ///< What the exception said.
    bool same_as(const bad_unit& o) const noexcept;
    std::string describe() const;
  };
  enum class progress : std::uint8_t { done, budget_spent, error };
  struct failure {
    hook_result hook;
    const char* hook_name = "";
    std::optional<bad_unit> unit;  ///< Set for a record or timer: on_error applies.
  };
  static constexpr std::uint64_t prefetched_cells_min = 16'384;  ///< With fewer the state is in the caches, and fetching it costs more than it saves.
  static constexpr std::size_t bad_per_step = 8;                 ///< A step ends behind so many, since each has it taken once more.

  // step.cpp
  void begin_step();
  void undo_step();
  template <class Attempt>
  step_result run_step(Attempt attempt);
  progress attempt(std::span<const delivery_ptr> deliveries, bool may_poll, step_result& out);
  progress tell_durable(std::span<const std::uint64_t> tokens, step_result& out);
  progress consume(const delivery_message& d);
  progress consume_part(const delivery_message& d, std::size_t part, std::uint32_t base, input_state& in);
  progress fire_timers();
  progress poll_source(step_result& out);
  progress run_flush();
  frame_ptr finish_frame(frame_cause cause);
  void finish_positions(frame& f);
  void finish_idleness(frame& f, std::uint64_t produced);
  bool budget_left();
  void publish();
  std::int64_t input_watermark() const;
  input_state& input(std::uint64_t log);

  template <class Hook>
  hook_result call_unit(std::int64_t watermark, Hook hook);
  hook_result renew();
  std::string unread_config() const;

  // errors.cpp
  const bad_unit* find_bad(const bad_unit& u) const noexcept;
  bool apply_policy(const bad_unit& bad, const record_batch::view& record = {});
  std::string record_letter(const bad_unit& bad, std::string_view original) const;
  std::string timer_letter(const bad_unit& bad) const;

  // context
  void lend_outputs();
  void hand_over_outputs(frame& f);
  void take_back_outputs();
  std::uint64_t output_bytes() const noexcept;
  std::uint64_t lent_records() const noexcept;
  /// Of the state's other versions; null where it has none, which costs a look.
  const std::vector<former_version>* formers_of(std::uint32_t state) const noexcept {
    return state < options_.formers.size() && !options_.formers[state].empty() ? &options_.formers[state] : nullptr;
  }
  bool key_allowed(const weir_key& key, std::uint32_t state_scope) const noexcept;

  partition_options options_;
  instance object_;
  partition_context context_{};
  state_store states_;
  timer_store timers_;
  named_metrics metrics_;
  std::vector<std::uint16_t> prefetched_;  ///< Ids of the keyed states of a group_by operator: what a record's key will likely ask for.
  bool keys_bound_ = false;                ///< A group_by operator: keyed state and timers of the current key only.

  // Committed.
  std::vector<input_state> inputs_;  ///< As options_.inputs.
  std::int64_t watermark_ = INT64_MIN;
  bool idle_ = false;
  bool ended_ = false;
  bool poll_over_ = false;            ///< poll() said ended; ended_ follows once timers and tokens are done with.
  std::size_t tokens_out_ = 0;        ///< Of committed frames, not acknowledged yet.
  std::int64_t idle_timeout_ns_ = 0;  ///< 0: none.
  std::int64_t active_ns_;            ///< Monotonic: when a source last produced a record or watermark.

  // The step under way.
  std::vector<input_state> step_inputs_;
  std::int64_t step_watermark_ = INT64_MIN;
  std::vector<record_batch> outputs_;  ///< Per ostream, dead letters last.
  std::vector<weir_batch> lent_;
  struct share {
    std::uint32_t slots = UINT32_MAX;
    std::uint32_t bytes = UINT32_MAX;
  };
  std::vector<share> shares_;  ///< Of the frame that a step may fill, per ostream: room beyond it is lent only once the step knows that it ends.
  state_store::savepoint states_before_ = 0;
  timer_store::savepoint timers_before_ = 0;
  std::uint64_t change_bytes_ = 0;
  std::uint64_t unit_bytes_ = 0;  ///< Output and change bytes when the current record or timer began.
  std::int64_t step_began_ns_ = 0;
  std::uint64_t units_done_ = 0;  ///< Records, timers and polls of this attempt.
  struct {
    std::uint64_t records = 0, timers = 0, skipped = 0, dead_letters = 0;
  } counts_;  ///< Of this attempt; the counters get them when it commits.
  bool poll_ended_ = false;
  bool step_idle_ = false;
  std::uint64_t idle_behind_ = 0;  ///< Records of the frame when it was marked idle; 0: it was not in this step.
  std::vector<std::uint64_t> step_tokens_;
  std::size_t step_acknowledged_ = 0;
  std::set<std::string, std::less<>> config_asked_;  ///< Until the first initialize() is over.
  bool initialized_ = false;
  bool in_unit_ = false;  ///< Inside process_record or process_timer.
  frame_cause cause_ = frame_cause::input;
  failure failure_;
  std::vector<bad_unit> bad_;   ///< Found so far in this step, over its attempts.
  std::size_t bad_passed_ = 0;  ///< Of these, in this attempt.
  std::string stop_;            ///< Why this partition must stop after what is committed.
  std::string error_text_;      ///< What weir_context.error points to.
  std::uint32_t records_per_call_;
  intrusive_ptr<operator_waker> waker_ = make_intrusive<operator_waker>();
};

}  // namespace weir::runtime
