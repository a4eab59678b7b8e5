// One operator of a chain: the user's object behind its context, the outputs under construction, and what belongs to it alone. Most chains have one. Used by
// its operator_partition, by whatever thread that uses.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/log/frame.hpp"
#include "runtime/operator/instance.hpp"
#include "runtime/operator/member_options.hpp"

namespace weir::runtime {

class operator_partition;
struct chain_member;

/// The weir_context of a member; host functions find their way back through it.
struct member_context : weir_context {
  operator_partition* chain = nullptr;
  chain_member* owner = nullptr;
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

struct chain_member {
  /// An operator that an ostream's records are handed over to.
  struct below {
    std::uint32_t ostream = 0;
    chain_member* to = nullptr;
  };

  chain_member(member_options of, std::uint32_t place);

  /// Gives the object its windows on the outputs, and takes back what it wrote there.
  void lend_outputs();
  void take_back_outputs();
  /// Puts the outputs that go into a frame there, and makes room for the next one. The frame holds `all` bytes; a step ends at `target`.
  void hand_over_outputs(frame& f, std::uint64_t all, std::uint64_t target);
  void drop_outputs();
  void begin_attempt();
  /// The first `processed` of those it was given, with its watermark as it was then.
  void count(const weir_input& given, std::uint32_t processed) noexcept;
  /// The step is committed: what was counted shows.
  void commit();

  bool handed_over(std::size_t ostream) const noexcept { return options.outputs[ostream] == member_options::handed_over; }
  std::uint64_t kept_bytes() const noexcept;  ///< Of the outputs that go into the frame; outside of hooks.
  std::uint64_t lent_bytes() const noexcept;  ///< Of all outputs, within a hook.
  std::uint64_t lent_records() const noexcept;
  std::uint64_t produced() const noexcept;  ///< Records that go into the frame; outside of hooks.
  bool letters() const noexcept { return options.on_error == topology::error_policy::dead_letter; }
  bool key_allowed(const weir_key& key, std::uint32_t state_scope) const noexcept;
  /// Of the state's other versions; null where it has none, which costs a look.
  const std::vector<former_version>* formers_of(std::uint32_t state) const noexcept {
    return state < options.formers.size() && !options.formers[state].empty() ? &options.formers[state] : nullptr;
  }
  /// Where and what the first config key is that a class without declared config does not read; "" where it reads all. (Declared keys were checked before.)
  std::string unread_config() const;
  std::uint32_t first_timer_id() const noexcept { return 2 * number; }

  member_options options;
  const std::uint32_t number;  ///< In the chain; 0: its head.
  instance object;
  member_context context{};
  named_metrics metrics;
  chain_member* parent = nullptr;  ///< Whose records are handed over to it; null: the head.
  std::vector<below> children;
  std::vector<std::uint16_t> prefetched;  ///< Ids of the keyed states of a group_by operator: what a record's key will likely ask for.
  bool keys_bound = false;                ///< A group_by operator: keyed state and timers of the current key only.
  std::int64_t watermark = INT64_MIN;     ///< Committed.
  std::uint32_t committed_generation;     ///< As its log's last frame says; before the first one its own.

  // The step under way.
  std::int64_t step_watermark = INT64_MIN;
  std::vector<record_batch> outputs;  ///< Per ostream, dead letters last.
  std::vector<weir_batch> lent;
  std::uint32_t received = 0;  ///< Records handed over to it in this attempt.
  struct {
    std::uint64_t records = 0, late = 0, timers = 0, skipped = 0, dead_letters = 0, handed_over = 0;
  } counts;                                         ///< Of this attempt; the counters get them when it commits.
  std::set<std::string, std::less<>> config_asked;  ///< Until the first initialize() is over.
  std::string error_text;                           ///< What weir_context.error points to.

 private:
  struct share {
    std::uint32_t slots = UINT32_MAX;
    std::uint32_t bytes = UINT32_MAX;
  };
  std::vector<share> shares_;  ///< Of the frame that a step may fill, per ostream: room beyond it is lent only once the step knows that it ends.
};

}  // namespace weir::runtime
