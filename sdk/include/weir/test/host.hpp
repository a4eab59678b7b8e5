// A node in memory for one operator partition: everything weir_host offers, for unit tests. It checks what a node checks (keys under group_by, sizes of states,
// `blocking` for files) and is stricter where that finds bugs: values move, memory is tight. What a step changes is in `changes` and can be saved and restored.
// Used by weir::test_driver; not thread-safe.
#pragma once

#include <weir/abi.h>
#include <weir/test/batches.hpp>
#include <weir/test/config.hpp>
#include <weir/test/files.hpp>
#include <weir/test/states.hpp>
#include <weir/test/timers.hpp>
#include <weir/test/waker.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

/// What ctx.log() was given.
struct log_line {
  std::uint32_t level = WEIR_LEVEL_INFO;  ///< WEIR_LEVEL_...
  std::string text;                       ///< Without the operator's name.
};

class memory_host;

/// What operators are given as weir_context; the functions find the host behind it.
struct hosted_context {
  weir_context raw{};
  memory_host* host = nullptr;
};

class memory_host {
 public:
  /// All that a frame commits, or that an error undoes.
  struct changes {
    std::vector<stored_state> states;
    testing::timers timers;
    std::int64_t watermark = INT64_MIN;
    bool ended = false;
    bool idle = false;
    std::vector<std::uint64_t> tokens = {};  ///< Of when_durable.
  };
  struct savepoint {
    changes saved;
    std::vector<batches::mark> marks;
  };

  memory_host(const weir_host& functions, const weir_metadata_info& info, test_config given)
      : metadata(info), config(std::move(given)), output(info.ostream_count) {
    for (std::uint32_t i = 0; i < info.state_count; ++i) now.states.emplace_back(info.states[i]);
    context_.raw.size = sizeof(weir_context);
    context_.raw.host = &functions;
    context_.raw.ostreams = output.raw();
    context_.raw.ostream_count = output.ostreams();
    context_.raw.partitions = 1;
    context_.raw.start = WEIR_START_CREATED;
    context_.raw.epoch = 1;
    context_.raw.manifest_directory = "";
    context_.host = this;
    grouped_ = is_grouped();
  }
  ~memory_host() { waker->release(waker); }
  memory_host(const memory_host&) = delete;
  memory_host& operator=(const memory_host&) = delete;

  weir_context* context() noexcept { return &context_.raw; }

  /// Before a hook that is given neither record nor timer.
  void enter() noexcept {
    context_.raw.current_time = clock;
    context_.raw.current_key = {nullptr, 0, 0};
    context_.raw.watermark = now.watermark;
  }
  /// After every hook: what it was given is not there any more.
  void leave() {
    for (stored_state& state : now.states) state.move_lent();
  }

  savepoint save() const { return {now, output.save()}; }
  void restore(savepoint to) {
    now = std::move(to.saved);
    output.restore(to.marks);
  }
  void normalize() {
    for (std::uint32_t i = 0; i < metadata.state_count; ++i) now.states[i].values.normalize(metadata.states[i].normalize);
  }
  /// Another version of the operator takes over, between two frames. Throws std::invalid_argument, and changes nothing, where its states do not fit.
  void redeploy(const weir_metadata_info& next, bool going_back) {
    std::vector<stored_state> states;
    for (std::uint32_t i = 0; i < next.state_count; ++i) {
      const std::size_t known = number_of(metadata, next.states[i].name);
      const weir_state_info* const newer = going_back && known < metadata.state_count ? &metadata.states[known] : nullptr;
      states.push_back(known < metadata.state_count ? now.states[known].become(next.states[i], newer) : stored_state(next.states[i]));
    }
    for (const stored_state& state : now.states) {
      if (number_of(next, state.name()) == next.state_count) throw std::invalid_argument("state '" + state.name() + "' is not declared any more");
    }
    now.states = std::move(states);
    adopt(next);
  }
  /// Has this metadata from now on; `now` fits it already.
  void adopt(const weir_metadata_info& info) {
    metadata = info;
    output = batches(info.ostream_count);
    context_.raw.ostreams = output.raw();
    context_.raw.ostream_count = output.ostreams();
    grouped_ = is_grouped();
  }
  /// Keys of the config that are neither declared nor were asked for.
  std::vector<std::string> unknown_config() const {
    std::vector<std::string> unknown;
    for (const std::string& name : config.names()) {
      const auto declared = [&](const weir_config_info& c) { return c.name == name; };
      if (!asked_.contains(name) && std::none_of(metadata.config, metadata.config + metadata.config_count, declared)) unknown.push_back(name);
    }
    return unknown;
  }

  weir_metadata_info metadata;
  const test_config config;
  changes now;
  batches output;
  std::int64_t clock = 0;         ///< Nanoseconds since the epoch.
  std::int64_t idle_timeout = 0;  ///< 0: none.
  std::int64_t active_at = 0;     ///< When a source last produced a record or watermark.
  std::uint64_t idle_behind = 0;  ///< How many records the frame had when it marked itself idle.
  memory_waker* waker = new memory_waker;
  memory_files files;
  std::string standard_output;
  std::vector<log_line> logged;
  std::map<std::string, std::int64_t, std::less<>> counters, gauges;

  // -- for the functions of weir_host ---------------------------------------------------------------------------------------------------------

  static memory_host& of(weir_context* raw) noexcept { return *reinterpret_cast<hosted_context*>(raw)->host; }
  /// What a function returns that fails, and why.
  std::int32_t refuse(std::string why) {
    error_ = std::move(why);
    context_.raw.error = error_.data();
    context_.raw.error_size = error_.size();
    return 1;
  }
  /// Whether the key of a keyed state or timer is another than the one being processed, which state moved by key could not have.
  bool foreign(const weir_key& key) const noexcept {
    const weir_key& current = context_.raw.current_key;
    return grouped_ && (!current.data || std::string_view(current.data, current.size) != std::string_view(key.data, key.size));
  }
  std::string foreign_text(const std::string& what, const weir_key& key) const {
    const weir_key& current = context_.raw.current_key;
    return what + ": the key '" + std::string(key.data, key.size) + "' is not " +
           (current.data ? "the current key '" + std::string(current.data, current.size) + "'" : "usable here, where no record is being processed") +
           "; an operator with a group_by istream may use only the current record's key (use partition_state for what is tied to no key)";
  }
  bool stale(const weir_key& key) const noexcept { return key.hash != 0 && key.hash != key_hash({key.data, key.size}); }

  void asked(const char* name) { asked_.emplace(name); }

  bool iterating = false;  ///< Inside for_each of a state.
  bool has_poll = false;   ///< The operator is a source with poll().

 private:
  static std::size_t number_of(const weir_metadata_info& info, std::string_view state) noexcept {
    std::uint32_t i = 0;
    while (i < info.state_count && info.states[i].name != state) ++i;
    return i;
  }
  bool is_grouped() const noexcept {
    return std::any_of(metadata.istreams, metadata.istreams + metadata.istream_count, [](const auto& i) { return i.grouping == WEIR_GROUPING_GROUP_BY; });
  }

  hosted_context context_;
  bool grouped_ = false;
  std::string error_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace weir::testing
