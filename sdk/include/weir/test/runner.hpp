// Runs the steps of one operator partition as a node does: a frame is committed as a whole or not at all; after an error the object is thrown away and a fresh
// one is initialised on the undone state; then the step runs again from its beginning, and where the bad record or timer stands `on_error` applies instead of
// the hook. (Not from a savepoint behind the good ones: what the object gathered from them in its members for flush would be lost.) Used by weir::test_driver;
// not thread-safe.
#pragma once

#include <weir/abi.h>
#include <weir/error.hpp>
#include <weir/test/host.hpp>
#include <weir/test/host_files.hpp>
#include <weir/test/object.hpp>
#include <weir/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
  runner(const weir_operator_info& info, const weir_metadata_info& metadata, test_config config, const test_files& files)
      : host(host_table(), metadata, std::move(config)), info_(info) {
    for (const auto& [path, content] : files) host.files.write(path, content);
    start_object(WEIR_START_CREATED);
    const auto unknown = host.unknown_config();
    if (!unknown.empty()) throw config_error("with." + unknown.front() + ": " + info_.class_name + " neither declares nor reads this key");
  }

  /// The records, then all timers that are due, as one frame.
  void step(const std::vector<input_record>& inputs) {
    ++lsn_;
    frame({&inputs, false});
  }
  /// One poll(), then all timers that are due, as one frame.
  std::uint32_t poll() { return frame({nullptr, true}); }
  /// Runs a step but for its end, and loses it as a crash would.
  void lose(const std::vector<input_record>& inputs, bool flushed) {
    std::uint32_t polled = WEIR_POLL_IDLE;
    attempt({&inputs, false}, polled);
    if (flushed) object_->flush();
    crash();
  }
  void crash() {
    object_.reset();
    undo();
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

  memory_host host;
  on_error policy = on_error::fail;
  std::map<std::string, std::vector<owned_record>, std::less<>> received;

  std::uint64_t lsn() const noexcept { return lsn_; }

 private:
  static constexpr int timers_per_step_max = 1000000;

  std::string text(const char* hook, const outcome& failed) const { return std::string(hook) + " of " + info_.class_name + ": " + failed.text; }

  /// What a frame begins with.
  struct work {
    const std::vector<input_record>* inputs;
    bool poll;
  };

  /// Records and timers of this frame whose hook threw, and what is kept of them.
  struct failures {
    std::set<std::size_t> records;
    std::set<due_timer> timers;
    std::vector<owned_record> dead_letters;
  };

  std::uint32_t frame(const work& todo) {
    std::uint32_t polled = WEIR_POLL_IDLE;
    attempt(todo, polled);
    const outcome flushed = object_->flush();
    if (!flushed.ok()) undo_and_throw("flush", flushed);
    commit_frame();
    return polled;
  }
  /// Runs the hooks of a frame until none throws that is not known to.
  void attempt(const work& todo, std::uint32_t& polled) {
    if (!object_) throw std::logic_error("the operator was closed, or its initialize() threw: crash_and_recover() makes a new object");
    frame_begin_ = host.save();
    failures bad;
    while (!run(todo, bad, polled)) {
      undo();
      start_object(WEIR_START_RECOVERED);
      frame_begin_ = host.save();
    }
    dead_letters_ = std::move(bad.dead_letters);
  }
  void undo() {
    if (frame_begin_) host.restore(*std::exchange(frame_begin_, std::nullopt));
    dead_letters_.clear();
  }

  void make_object(std::uint32_t start) {
    object_.reset();
    host.context()->start = start;
    object_ = std::make_unique<object>(info_, host);
    const auto before = host.save();
    const outcome done = object_->initialize();
    if (done.ok()) return;
    object_.reset();
    host.restore(before);
    if (done.status == WEIR_RETRY_LATER) throw retry_later(done.text);
    throw operator_error(text("initialize", done));
  }
  /// What initialize does is a frame of its own.
  void start_object(std::uint32_t start) {
    make_object(start);
    commit_frame();
  }
  [[noreturn]] void undo_and_throw(const char* hook, const outcome& failed) {
    undo();
    start_object(WEIR_START_RECOVERED);
    if (failed.status == WEIR_RETRY_LATER) throw retry_later(failed.text);
    throw operator_error(text(hook, failed));
  }

  /// False where a hook threw that is now among the bad ones: the frame is to be undone and run again without it.
  bool run(const work& todo, failures& bad, std::uint32_t& polled) {
    if (todo.poll) polled = poll_once();
    for (std::size_t i = 0; todo.inputs && i < todo.inputs->size(); ++i) {
      if (bad.records.contains(i)) continue;
      const input_record& record = (*todo.inputs)[i];
      const outcome done = object_->process(record);
      if (done.ok()) continue;
      judge("process_record", done);
      bad.records.insert(i);
      keep(bad, {std::string(record.key), std::string(record.value), event_time(std::chrono::nanoseconds(record.time)), done.text});
      return false;
    }
    for (int fired = 0; fired < timers_per_step_max; ++fired) {
      const auto due = host.now.timers.take_due(host.now.watermark, host.clock);
      if (!due) return true;
      if (bad.timers.contains(*due)) continue;
      const outcome done = object_->process_timer(*due);
      if (done.ok()) continue;
      judge("process_timer", done);
      bad.timers.insert(*due);
      keep(bad, {due->key, "", event_time(std::chrono::nanoseconds(due->time)), done.text});
      return false;
    }
    undo();
    throw std::logic_error("a million timers fired in one step: process_timer sets timers that are due at once");
  }
  void judge(const char* hook, const outcome& failed) {
    if (failed.status == WEIR_RETRY_LATER || policy == on_error::fail) undo_and_throw(hook, failed);
  }
  void keep(failures& bad, owned_record letter) const {
    if (policy == on_error::dead_letter) bad.dead_letters.push_back(std::move(letter));
  }
  std::uint32_t poll_once() {
    const outcome done = object_->poll();
    if (!done.ok()) undo_and_throw("poll", done);
    if (done.poll == WEIR_POLL_ENDED) {
      host.now.ended = true;
      host.now.watermark = INT64_MAX;
    }
    return done.poll;
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
    frame_begin_.reset();
  }

  const weir_operator_info& info_;
  std::unique_ptr<object> object_;
  std::optional<memory_host::savepoint> frame_begin_;  // While a frame is under construction.
  std::vector<owned_record> dead_letters_;
  std::uint64_t lsn_ = 0;
};

}  // namespace testing
}  // namespace weir
