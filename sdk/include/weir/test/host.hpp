// A node in memory for one operator partition: everything weir_host offers, for unit tests. It checks what a node checks (keys under group_by, sizes of states,
// `blocking` for files) and is stricter where that finds bugs: values move, memory is tight. What a step changes is in `changes` and can be saved and restored.
// Used by weir::test_driver; not thread-safe.
#pragma once

#include <weir/abi.h>
#include <weir/test/batches.hpp>
#include <weir/test/cells.hpp>
#include <weir/test/config.hpp>
#include <weir/test/files.hpp>
#include <weir/test/timers.hpp>

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

struct log_line {
  std::uint32_t level = WEIR_LEVEL_INFO;
  std::string text;
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
    std::vector<cells> states;
    testing::timers timers;
    std::int64_t watermark = INT64_MIN;
    bool ended = false;
  };
  struct savepoint {
    changes saved;
    std::vector<batches::mark> marks;
  };

  memory_host(const weir_host& functions, const weir_metadata_info& info, test_config given)
      : metadata(info), config(std::move(given)), output(info.ostream_count) {
    now.states.resize(info.state_count);
    context_.raw.size = sizeof(weir_context);
    context_.raw.host = &functions;
    context_.raw.ostreams = output.raw();
    context_.raw.ostream_count = output.ostreams();
    context_.raw.partitions = 1;
    context_.raw.start = WEIR_START_CREATED;
    context_.raw.epoch = 1;
    context_.raw.manifest_directory = "";
    context_.host = this;
    for (std::uint32_t i = 0; i < info.istream_count; ++i) grouped_ = grouped_ || info.istreams[i].grouping == WEIR_GROUPING_GROUP_BY;
  }
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
    for (cells& state : now.states) state.move_lent();
  }

  savepoint save() const { return {now, output.save()}; }
  void restore(savepoint to) {
    now = std::move(to.saved);
    output.restore(to.marks);
  }
  void normalize() {
    for (std::uint32_t i = 0; i < metadata.state_count; ++i) now.states[i].normalize(metadata.states[i].normalize);
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

  const weir_metadata_info& metadata;
  const test_config config;
  changes now;
  batches output;
  std::int64_t clock = 0;  ///< Nanoseconds since the epoch.
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

 private:
  hosted_context context_;
  bool grouped_ = false;
  std::string error_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace weir::testing
