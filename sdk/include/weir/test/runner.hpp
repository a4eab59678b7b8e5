// Runs the steps of one operator partition as a node does: a frame is committed as a whole or not at all; after an error the object is thrown away and a fresh
// one is initialised on the undone state; then the step runs again from its beginning, and where the bad record or timer stands `on_error` applies instead of
// the hook. (Not from a savepoint behind the good ones: what the object gathered from them in its members for flush would be lost.) After retry_later the step,
// and what comes behind it, waits until the clock has moved on by the back-off. Frames are durable at once. Used by weir::test_driver; not thread-safe.
#pragma once

#include <weir/abi.h>
#include <weir/error.hpp>
#include <weir/test/host.hpp>
#include <weir/test/host_files.hpp>
#include <weir/test/object.hpp>
#include <weir/test/results.hpp>
#include <weir/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

class runner {
 public:
  runner(const weir_operator_info& info, const weir_metadata_info& metadata, test_config config, const test_files& files)
      : host(host_table(), metadata, std::move(config)), info_(&info) {
    for (const auto& [path, content] : files) host.files.write(path, content);
    run_as(info, WEIR_START_CREATED);
    drive();
    const auto unknown = object_ ? host.unknown_config() : std::vector<std::string>();
    if (!unknown.empty()) throw config_error("with." + unknown.front() + ": " + info_->class_name + " neither declares nor reads this key");
  }

  /// The records or one poll(), then all timers that are due, as one frame; at once, or behind what waits.
  void step(job todo) {
    if (!todo.inputs.empty()) ++lsn_;
    const bool only_timers = todo.inputs.empty() && !todo.poll && !todo.watermark;
    if (!only_timers || jobs_.empty()) jobs_.push_back(std::move(todo));  // Else what waits will see to the timers.
    drive();
  }
  /// Tries again what waits, once, when its time has come.
  void retry() {
    if (!outage_ || host.clock < outage_->retry_at) return;
    const outage before = *std::exchange(outage_, std::nullopt);
    drive();
    if (!outage_) host.logged.push_back({WEIR_LEVEL_INFO, "goes on after waiting: " + before.text});
  }
  /// Runs a step but for its end, and loses it as a crash would.
  void lose(const job& todo, bool flushed) {
    if (ready()) run(todo, flushed ? ending::lost_after_flush : ending::lost_before_flush);
    crash();
  }
  void crash() {
    object_.reset();
    undo();
    host.output.clear();
    host.files.crash();
    host.context()->epoch += 1;
    std::erase_if(jobs_, [](const job& j) { return j.poll; });  // Input is read again; the rest was the process's.
    tokens_.clear();
    end_process(WEIR_START_RECOVERED);
    drive();
  }
  /// Another version takes over, or on the way back the one before. Throws where its states do not fit (std::invalid_argument) and where it cannot be
  /// initialised (operator_error); then nothing has changed but that the old one has a fresh object.
  void redeploy(const weir_operator_info& next, const weir_metadata_info& metadata, std::uint32_t start) {
    if (closed_) throw std::logic_error("the operator was closed");
    const weir_operator_info* const before = info_;
    const weir_metadata_info metadata_before = host.metadata;
    const memory_host::changes changes_before = host.now;
    host.redeploy(metadata, start == WEIR_START_ROLLED_BACK);
    if (object_) {
      if (const outcome closed = object_->close(); !closed.ok()) host.logged.push_back({WEIR_LEVEL_WARNING, text("close", closed)});
      object_.reset();
    }
    run_as(next, start);
    try {
      drive();
    } catch (...) {
      host.now = changes_before;
      host.adopt(metadata_before);
      run_as(*before, WEIR_START_ROLLED_BACK);
      drive();
      throw;
    }
  }
  void close() {
    closed_ = true;
    if (!object_) return;
    const outcome closed = object_->close();
    object_.reset();
    if (!closed.ok()) throw operator_error(text("close", closed));
  }

  memory_host host;
  on_error policy = on_error::fail;
  std::map<std::string, std::vector<owned_record>, std::less<>> received;
  outcome polled;  ///< By the last poll().

  std::uint64_t lsn() const noexcept { return lsn_; }
  const std::optional<outage>& waits() const noexcept { return outage_; }

 private:
  static constexpr int timers_per_step_max = 1000000;
  enum class ending : std::uint8_t { commit, lost_before_flush, lost_after_flush };

  std::string text(const char* hook, const outcome& failed) const { return std::string(hook) + " of " + info_->class_name + ": " + failed.text; }

  /// Records and timers of this frame whose hook threw, and what is kept of them.
  struct failures {
    std::set<std::size_t> records;
    std::set<due_timer> timers;
    std::vector<owned_record> dead_letters;
  };
  /// A hook that threw, and whether that was a record's or timer's error that `failures` holds now.
  struct failure {
    const char* hook;
    outcome how;
    bool excused = false;
  };

  void run_as(const weir_operator_info& info, std::uint32_t start) {
    info_ = &info;
    host.has_poll = info.poll != nullptr;
    for (std::uint32_t i = 0; i < host.metadata.ostream_count; ++i) received[host.metadata.ostreams[i]];
    end_process(start);
  }
  void end_process(std::uint32_t start) {
    closed_ = false;
    outage_.reset();
    retry_delay_ = 0;
    host.idle_timeout = 0;
    host.active_at = host.clock;
    host.context()->start = start;
  }
  /// Whether an object is there, or could be made.
  bool ready() {
    if (closed_) throw std::logic_error("the operator was closed, or its initialize() threw: crash_and_recover() makes a new object");
    if (object_) return true;
    object_ = std::make_unique<object>(*info_, host);
    frame_begin_ = host.save();
    const outcome done = object_->initialize();
    closed_ = !done.ok() && done.status != WEIR_RETRY_LATER;
    if (!done.ok()) return give_up({"initialize", done});
    host.context()->start = WEIR_START_RECOVERED;  // Whatever this start was, a later object takes over what is there.
    commit_frame();                                // What initialize does is a frame of its own.
    return true;
  }
  void drive() {
    if (outage_ || !ready()) return;
    while (!tokens_.empty() || !jobs_.empty()) {
      const bool acknowledges = !tokens_.empty();
      const job todo = acknowledges ? job{.tokens = tokens_} : jobs_.front();
      const auto pop = [&] {
        tokens_.erase(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(todo.tokens.size()));
        if (!acknowledges) jobs_.pop_front();
      };
      try {
        if (!run(todo, ending::commit)) return;
      } catch (...) {
        pop();
        if (!object_ && !closed_) ready();
        throw;
      }
      pop();
    }
    retry_delay_ = 0;
  }

  /// False in an outage; throws where the partition would fail.
  bool run(const job& todo, ending how) {
    if (todo.watermark) host.now.watermark = std::max(host.now.watermark, *todo.watermark);
    for (failures bad;;) {
      if (!ready()) return false;
      frame_begin_ = host.save();
      host.idle_behind = UINT64_MAX;
      std::optional<failure> failed = attempt(todo, bad);
      if (!failed && how == ending::lost_before_flush) return true;
      if (!failed) failed = check("flush", object_->flush());
      if (!failed && how == ending::lost_after_flush) return true;
      if (!failed) {
        retry_delay_ = 0;
        dead_letters_ = std::move(bad.dead_letters);
        commit_frame();
        return true;
      }
      if (!failed->excused) return give_up(*failed);
      undo();
      object_.reset();
    }
  }
  /// Undoes the frame: an outage is false, an error is thrown.
  bool give_up(const failure& failed) {
    undo();
    object_.reset();
    if (failed.how.status != WEIR_RETRY_LATER) throw operator_error(text(failed.hook, failed.how));
    retry_delay_ = std::clamp(2 * retry_delay_, first_retry, longest_retry);
    if (retry_delay_ == first_retry) host.logged.push_back({WEIR_LEVEL_WARNING, "waiting: " + failed.how.text});
    outage_ = {failed.how.text, host.clock + retry_delay_};
    return false;
  }
  void undo() {
    if (frame_begin_) host.restore(*std::exchange(frame_begin_, std::nullopt));
    dead_letters_.clear();
  }
  static std::optional<failure> check(const char* hook, outcome done) { return done.ok() ? std::nullopt : std::optional(failure{hook, std::move(done)}); }
  /// One whose error on_error may pass over.
  std::optional<failure> excuse(const char* hook, const outcome& done, failures& bad, owned_record letter) const {
    const bool excused = done.status != WEIR_RETRY_LATER && policy != on_error::fail;
    if (excused && policy == on_error::dead_letter) bad.dead_letters.push_back(std::move(letter));
    return failure{hook, done, excused};
  }

  std::optional<failure> attempt(const job& todo, failures& bad) {
    for (const std::uint64_t token : todo.tokens) {
      if (auto failed = check("process_durable", object_->process_durable(token))) return failed;
    }
    if (todo.poll) {
      host.waker->forget();
      polled = object_->poll();
      if (auto failed = check("poll", polled)) return failed;
      host.now.ended = polled.poll == WEIR_POLL_ENDED;
      if (host.now.ended) host.now.watermark = INT64_MAX;
    }
    for (std::size_t i = 0; i < todo.inputs.size(); ++i) {
      if (bad.records.contains(i)) continue;
      const input_record& record = todo.inputs[i];
      const outcome done = object_->process(record);
      if (done.ok()) continue;
      bad.records.insert(i);
      return excuse("process_record", done, bad, {record.key, record.value, event_time(std::chrono::nanoseconds(record.time)), done.text});
    }
    return fire_timers(bad);
  }
  std::optional<failure> fire_timers(failures& bad) {
    for (int fired = 0; fired < timers_per_step_max; ++fired) {
      const auto due = host.now.timers.take_due(host.now.watermark, host.clock);
      if (!due) return std::nullopt;
      if (bad.timers.contains(*due)) continue;
      const outcome done = object_->process_timer(*due);
      if (done.ok()) continue;
      bad.timers.insert(*due);
      return excuse("process_timer", done, bad, {due->key, "", event_time(std::chrono::nanoseconds(due->time)), done.text});
    }
    undo();
    throw std::logic_error("a million timers fired in one step: process_timer sets timers that are due at once");
  }

  /// A record or watermark ends idleness, silence for the timeout begins it.
  void decide_idleness() {
    const std::uint64_t produced = host.output.records();
    const bool raised = frame_begin_ && host.now.watermark > frame_begin_->saved.watermark;
    if (produced > 0 || raised) host.active_at = host.clock;
    if (produced > (host.idle_behind == UINT64_MAX ? 0 : host.idle_behind)) host.now.idle = false;
    const bool silent = host.idle_timeout > 0 && host.clock - host.active_at >= host.idle_timeout;
    if (silent && !host.now.ended) host.now.idle = true;
  }
  void commit_frame() {
    if (host.metadata.istream_count == 0) decide_idleness();
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
    tokens_.insert(tokens_.end(), host.now.tokens.begin(), host.now.tokens.end());
    host.now.tokens.clear();
    host.output.clear();
    frame_begin_.reset();
  }

  const weir_operator_info* info_;
  std::unique_ptr<object> object_;
  std::deque<job> jobs_;               // What waits, in order.
  std::optional<outage> outage_;       // Why.
  std::vector<std::uint64_t> tokens_;  // Of committed frames.
  std::int64_t retry_delay_ = 0;
  std::optional<memory_host::savepoint> frame_begin_;  // While a frame is under construction.
  std::vector<owned_record> dead_letters_;
  std::uint64_t lsn_ = 0;
  bool closed_ = false;
};

}  // namespace weir::testing
