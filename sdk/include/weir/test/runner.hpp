// Runs the steps of one operator partition as a node does: a frame is committed as a whole or not at all; after an error the object is thrown away and a fresh
// one is initialised on the undone state; then the step runs again with a savepoint per record, and `on_error` decides about the record that fails.
// Used by weir::test_driver; not thread-safe.
#pragma once

#include <weir/abi.h>
#include <weir/error.hpp>
#include <weir/test/host.hpp>
#include <weir/test/host_files.hpp>
#include <weir/test/object.hpp>
#include <weir/time.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// What happens to a record or timer whose hook throws; as in the manifest.
enum class on_error : std::uint8_t { fail, skip, dead_letter };

/// A hook threw, and the operator's partition would have stopped. The step was undone, and a fresh object is there: the test can go on.
class operator_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A record that the operator produced.
struct owned_record {
  std::string key;
  std::string value;
  event_time time;
  std::string error = {};  ///< Of a dead letter: the exception's text. (In a node it is part of the value.)
  friend bool operator==(const owned_record&, const owned_record&) = default;
};

namespace testing {

class runner {
 public:
  runner(const weir_operator_info& info, const weir_metadata_info& metadata, test_config config)
      : info_(info), host(host_table(), metadata, std::move(config)) {
    start_object(WEIR_START_CREATED);
    const auto unknown = host.unknown_config();
    if (!unknown.empty()) throw config_error("with." + unknown.front() + ": " + info_.class_name + " neither declares nor reads this key");
  }

  /// The records, then all timers that are due, as one frame.
  void step(const std::vector<input_record>& inputs) {
    const auto before = host.save();
    ++lsn_;
    if (!run(inputs, false)) {
      host.restore(before);
      start_object(WEIR_START_RECOVERED);
      run(inputs, true);
    }
    commit();
  }
  std::uint32_t poll() {
    const auto before = host.save();
    const outcome polled = object_->poll();
    if (!polled.ok()) undo_and_throw(before, "poll", polled);
    if (polled.poll == WEIR_POLL_ENDED) {
      host.now.ended = true;
      host.now.watermark = INT64_MAX;
    }
    step({});
    return polled.poll;
  }
  /// Runs a step but for its end, and loses it as a crash would.
  void lose(const std::vector<input_record>& inputs, bool flushed) {
    const auto before = host.save();
    ++lsn_;
    run(inputs, false);
    if (flushed) object_->flush();
    --lsn_;
    host.restore(before);
    crash();
  }
  void crash() {
    object_.reset();
    host.output.clear();
    host.files.crash();
    host.context()->epoch += 1;
    start_object(WEIR_START_RECOVERED);
  }
  void close() {
    if (!object_) return;
    const outcome closed = object_->close();
    object_.reset();
    if (!closed.ok()) throw operator_error(text("close", closed));
  }
  bool closed() const noexcept { return !object_; }

 private:
  const weir_operator_info& info_;

 public:
  memory_host host;
  on_error policy = on_error::fail;
  std::map<std::string, std::vector<owned_record>, std::less<>> received;

  std::uint64_t lsn() const noexcept { return lsn_; }

 private:
  static constexpr int timers_per_step_max = 1000000;

  std::string text(const char* hook, const outcome& failed) const { return std::string(hook) + " of " + info_.class_name + ": " + failed.text; }

  void make_object(std::uint32_t start) {
    object_.reset();
    host.context()->start = start;
    object_ = std::make_unique<object>(info_, host);
    const auto before = host.save();
    const outcome done = object_->initialize();
    if (done.ok()) return;
    host.restore(before);
    if (done.status == WEIR_RETRY_LATER) throw retry_later(done.text);
    throw operator_error(text("initialize", done));
  }
  /// What initialize does is a frame of its own.
  void start_object(std::uint32_t start) {
    make_object(start);
    commit_frame();
  }
  [[noreturn]] void undo_and_throw(const memory_host::savepoint& to, const char* hook, const outcome& failed) {
    host.restore(to);
    dead_letters_.clear();
    start_object(WEIR_START_RECOVERED);
    if (failed.status == WEIR_RETRY_LATER) throw retry_later(failed.text);
    throw operator_error(text(hook, failed));
  }

  /// False where something failed and the policy is not `fail`: then once more, carefully.
  bool run(const std::vector<input_record>& inputs, bool carefully) {
    frame_begin_ = host.save();
    for (const input_record& record : inputs) {
      const auto letter = [&](const outcome& failed) {
        return owned_record{std::string(record.key), std::string(record.value), event_time(std::chrono::nanoseconds(record.time)), failed.text};
      };
      if (!unit(
              "process_record", carefully, [&] { return object_->process(record); }, letter))
        return false;
    }
    for (int fired = 0;; ++fired) {
      if (fired == timers_per_step_max) throw std::logic_error("a million timers fired in one step: process_timer sets timers that are due at once");
      const auto due = host.now.timers.take_due(host.now.watermark, host.clock);
      if (!due) return true;
      const auto letter = [&](const outcome& failed) { return owned_record{due->key, "", event_time(std::chrono::nanoseconds(due->time)), failed.text}; };
      if (!unit(
              "process_timer", carefully, [&] { return object_->process_timer(*due); }, letter))
        return false;
    }
  }
  template <class Hook, class Letter>
  bool unit(const char* name, bool carefully, Hook hook, Letter letter) {
    const auto before = carefully ? host.save() : memory_host::savepoint{};
    const outcome done = hook();
    if (done.ok()) return true;
    if (done.status == WEIR_RETRY_LATER || policy == on_error::fail) undo_and_throw(frame_begin_, name, done);
    if (!carefully) return false;
    host.restore(before);
    make_object(WEIR_START_RECOVERED);
    if (policy == on_error::dead_letter) dead_letters_.push_back(letter(done));
    return true;
  }

  void commit() {
    const outcome flushed = object_->flush();
    if (!flushed.ok()) undo_and_throw(frame_begin_, "flush", flushed);
    commit_frame();
  }
  void commit_frame() {
    host.normalize();
    for (std::uint32_t i = 0; i < host.output.ostreams(); ++i) {
      auto& records = received[host.metadata.ostreams[i]];
      for (std::uint32_t n = 0; n < host.output.raw()[i].count; ++n) {
        const auto one = host.output.at(i, n);
        if (one.hash != 0 && one.hash != key_hash(one.key)) throw std::logic_error("a record was produced with the hash of another key");
        records.push_back({std::string(one.key), std::string(one.value), event_time(std::chrono::nanoseconds(one.time))});
      }
    }
    for (owned_record& letter : dead_letters_) received["dead-letters"].push_back(std::move(letter));
    dead_letters_.clear();
    host.output.clear();
  }

  std::unique_ptr<object> object_;
  memory_host::savepoint frame_begin_;
  std::vector<owned_record> dead_letters_;
  std::uint64_t lsn_ = 0;
};

}  // namespace testing
}  // namespace weir
