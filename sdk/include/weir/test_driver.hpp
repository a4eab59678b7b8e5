// Unit tests for operators, with any test framework and without a node:
//
//   auto driver = weir::test_driver::of<word_count>();
//   driver.send("words", "tree", "");
//   driver.send("words", "tree", "");
//   CHECK(driver.received("counts").back().value == "2");
//   CHECK(driver.state<std::uint64_t>("count", "tree") == 2);
//
// The operator is driven through the same C ABI, by the same code of the module, as in a node. Everything lives in memory: state, timers, files, the clock;
// nothing happens by itself. The driver is harder on operators than a node: records and state values are moved or freed as soon as their time is over, so
// references that were kept read garbage, and stop the test when it is built with -fsanitize=address. Undo copies the whole state: keep tests small.
//
// One partition; not thread-safe.
#pragma once

#include <weir/detail/hooks.hpp>
#include <weir/test/runner.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

using testing::test_config;
using testing::test_files;

/// The moment at which crash_in() kills the step.
enum class crash_point : std::uint8_t {
  before_flush,
  after_flush,  ///< Effects outside are stable, the frame is not: the worst moment for a sink.
};

/// One partition of an operator, driven by a test; see above.
class test_driver {
 public:
  /// A record for frame().
  struct input {
    std::string istream;  ///< Its name.
    std::string key;      ///< Any bytes.
    std::string value;    ///< Any bytes.
    event_time time{};    ///< The epoch, unless it is given.
  };

  /// A new partition of Op, initialised. The config is what stands under `with:`: `of<sessions>({{"gap", "30min"}, {"pages", {"/a", "/b"}}})`; the files are
  /// there before initialize() is called: `of<lines>({{"path", "in.txt"}}, {{"in.txt", "one\ntwo\n"}})`.
  /// Throws operator_error where initialize() throws, usage_error for impossible metadata, config_error for keys that the operator does not know.
  template <class Op>
  static test_driver of(test_config config = {}, const test_files& files = {}) {
    static const weir_operator_info info = detail::operator_info<Op>(name_of<Op>());
    return test_driver(info, detail::metadata_of<Op>().info(), std::move(config), files);
  }
  test_driver(const test_driver&) = delete;
  test_driver& operator=(const test_driver&) = delete;

  /// What happens when process_record or process_timer throws. Default: fail, which throws operator_error out of the call that ran the step.
  void on_error(weir::on_error policy) { runner_.policy = policy; }

  // -- steps: each is one frame. They throw operator_error where a hook throws (but for on_error), after undoing the step. Where it throws retry_later the step
  // is undone and waits: see waiting(). Frames are durable at once: process_durable() follows in a frame of its own.

  /// One record.
  void send(std::string_view istream, std::string_view key, std::string_view value, event_time time = {}) {
    frame({{std::string(istream), std::string(key), std::string(value), time}});
  }
  /// Several records that are one frame.
  void frame(const std::vector<input>& inputs) { runner_.step({.inputs = records_of(inputs)}); }
  /// The clock moves on. What waits is tried again, if its time has come; processing-time timers that are then due fire; a source whose idle_timeout is over is
  /// idle.
  void advance_time(std::chrono::nanoseconds by) {
    runner_.host.clock = (now() + by).since_epoch().count();
    runner_.retry();
    runner_.step({});
  }
  /// The watermark of the input moves on (never back); event-time timers at or before it fire.
  void advance_watermark(event_time to) { runner_.step({.watermark = to.since_epoch().count()}); }
  /// Calls poll() once. After `ended` it is not called again, and while the operator waits neither: that is `idle`.
  poll_result poll() {
    if (!runner_.host.has_poll) throw std::logic_error("poll: the operator is no source, or a source that lives by timers");
    if (runner_.host.now.ended) return poll_result::ended;
    if (!waiting()) runner_.step({.poll = true});
    if (waiting()) return poll_result::idle;
    const testing::outcome& result = runner_.polled;
    switch (result.poll) {
      case WEIR_POLL_MORE: return poll_result::more;
      case WEIR_POLL_ENDED: return poll_result::ended;
      case WEIR_POLL_IDLE_UNTIL: return poll_result::idle_until(processing_time(std::chrono::nanoseconds(result.poll_until)));
      case WEIR_POLL_READABLE: return poll_result::readable(result.poll_fd);
      default: return poll_result::idle;
    }
  }
  /// The text of the retry_later that the operator waits for. The step that threw it, and all that come after it, are pending: they run when advance_time() has
  /// moved the clock on by the back-off, 10 ms at first, twice as long after each failure, at most 10 s.
  std::optional<std::string> waiting() const { return runner_.waits() ? std::optional(runner_.waits()->text) : std::nullopt; }

  // -- crashes ----------------------------------------------------------------------------------------------------------------------------------

  /// The process dies between two frames: a fresh object on the same state; file contents that were not synced are lost.
  void crash_and_recover() { runner_.crash(); }
  /// The process dies inside the step, which is lost and, after recovery, comes again.
  void crash_in(const std::vector<input>& inputs, crash_point where) {
    const testing::job step{.inputs = records_of(inputs)};
    runner_.lose(step, where == crash_point::after_flush);
    runner_.step(step);
  }

  // -- versions ---------------------------------------------------------------------------------------------------------------------------------

  /// Op2 takes over between two frames, as `weir deploy` does it: the old object is closed, a new one initialised (start::deployed) on the same state, timers
  /// and config. Throws std::invalid_argument where its states do not fit the live ones, operator_error where its initialize() throws; the old one goes on
  /// then.
  template <class Op2>
  void redeploy() {
    static const weir_operator_info info = detail::operator_info<Op2>(name_of<Op2>());
    const version next{&info, &detail::metadata_of<Op2>().info()};
    runner_.redeploy(info, *next.metadata, WEIR_START_DEPLOYED);
    versions_.push_back(next);
  }
  /// Back to the version before the last redeploy(), with the state as it is: values that the newer version wrote are converted by its `.to` when they are
  /// accessed. Throws std::invalid_argument where that is missing.
  void rollback() {
    if (versions_.size() < 2) throw std::logic_error("rollback: nothing was redeployed");
    const version& before = versions_[versions_.size() - 2];
    runner_.redeploy(*before.info, *before.metadata, WEIR_START_ROLLED_BACK);
    versions_.pop_back();
  }

  /// The operator ends in an orderly way: close() is called, the object goes. State and output can still be looked at.
  void close() { runner_.close(); }

  // -- what came out ----------------------------------------------------------------------------------------------------------------------------

  /// The records of an ostream since the last call, in order; "dead-letters" has those that failed under on_error::dead_letter.
  std::vector<owned_record> received(std::string_view ostream) {
    const auto found = runner_.received.find(ostream);
    if (found != runner_.received.end()) return std::exchange(found->second, {});
    if (ostream != "dead-letters") throw std::invalid_argument("received: the operator has no ostream '" + std::string(ostream) + "'");
    return {};
  }
  /// A copy of a value of a keyed state; of weir::bytes a std::string.
  template <class T>
  std::optional<T> state(std::string_view name, std::string_view key, std::string_view subkey = {}) {
    return value_of<T>(name, WEIR_STATE_KEYED, key, subkey);
  }
  /// A copy of a value of a partition state.
  template <class T>
  std::optional<T> partition_state(std::string_view name, std::string_view entry) {
    return value_of<T>(name, WEIR_STATE_PARTITION, "", entry);
  }
  /// How many timers are set.
  std::size_t timers() const { return runner_.host.now.timers.size(); }
  /// When a timer is set for (of processing-time timers: by the clock), if it is set.
  std::optional<event_time> timer(timer_kind kind, std::string_view key, std::string_view subkey = {}) const {
    const auto time = runner_.host.now.timers.time_of(static_cast<std::uint32_t>(kind), key, subkey);
    return time ? std::optional(event_time(std::chrono::nanoseconds(*time))) : std::nullopt;
  }
  /// Whether a source has marked itself idle, or its idle_timeout has.
  bool idle() const { return runner_.host.now.idle; }
  /// Whether a waker of the source was used since the last poll().
  bool woken() const { return runner_.host.waker->woken(); }
  /// Of the input, or what a source emitted.
  event_time watermark() const { return event_time(std::chrono::nanoseconds(runner_.host.now.watermark)); }
  /// The driver's clock: moved by advance_time() only.
  processing_time now() const { return processing_time(std::chrono::nanoseconds(runner_.host.clock)); }

  // -- the outside ------------------------------------------------------------------------------------------------------------------------------

  /// What weir::file reads and writes: in memory.
  testing::memory_files& files() noexcept { return runner_.host.files; }
  /// All that weir::standard_output wrote.
  const std::string& standard_output() const noexcept { return runner_.host.standard_output; }
  /// All that ctx.log() was given.
  const std::vector<testing::log_line>& logged() const noexcept { return runner_.host.logged; }
  /// Of ctx.counter(name); 0 where nothing was added.
  std::int64_t counter(std::string_view name) const { return number_in(runner_.host.counters, name); }
  /// Of ctx.gauge(name); 0 where it was never set.
  std::int64_t gauge(std::string_view name) const { return number_in(runner_.host.gauges, name); }

 private:
  test_driver(const weir_operator_info& info, const weir_metadata_info& metadata, test_config config, const test_files& files)
      : runner_(info, metadata, std::move(config), files), versions_{{&info, &metadata}} {}

  struct version {
    const weir_operator_info* info;
    const weir_metadata_info* metadata;
  };

  template <class Op>
  static const char* name_of() {
    static const std::string name(detail::type_name<Op>());
    return name.c_str();
  }
  template <class Numbers>
  static std::int64_t number_in(const Numbers& numbers, std::string_view name) {
    const auto found = numbers.find(name);
    return found == numbers.end() ? 0 : found->second;
  }

  std::vector<testing::input_record> records_of(const std::vector<input>& inputs) const {
    const weir_metadata_info& metadata = runner_.host.metadata;
    std::vector<testing::input_record> records;
    for (const input& one : inputs) {
      std::uint32_t istream = 0;
      while (istream < metadata.istream_count && metadata.istreams[istream].name != one.istream) ++istream;
      if (istream == metadata.istream_count) throw std::invalid_argument("the operator has no istream '" + one.istream + "'");
      records.push_back({static_cast<std::uint16_t>(istream), one.time.since_epoch().count(), one.key, one.value, runner_.lsn() + 1,
                         static_cast<std::uint32_t>(records.size())});
    }
    return records;
  }

  template <class T>
  std::optional<T> value_of(std::string_view name, std::uint32_t scope, std::string_view key, std::string_view subkey) {
    static_assert(detail::check_state<T>());
    const weir_metadata_info& metadata = runner_.host.metadata;
    for (std::uint32_t i = 0; i < metadata.state_count; ++i) {
      const weir_state_info& info = metadata.states[i];
      if (info.name != name || info.scope != scope) continue;
      testing::stored_state& state = runner_.host.now.states[i];
      if (std::string why; !state.convert(key, subkey, why)) throw std::runtime_error(why);
      const testing::block* value = state.values.peek(key, subkey);
      if (!value) return std::nullopt;
      if constexpr (std::is_same_v<T, bytes>) {
        if (info.value == WEIR_VALUE_BYTES) return std::string(value->view());
      } else if (info.value == WEIR_VALUE_FIXED && info.value_size == sizeof(T)) {
        T copy;
        std::memcpy(&copy, value->data(), sizeof copy);
        return copy;
      }
      throw std::invalid_argument("state '" + std::string(name) + "' is declared with another type");
    }
    throw std::invalid_argument("the operator declares no " + std::string(scope == WEIR_STATE_KEYED ? "keyed" : "partition") + " state '" + std::string(name) +
                                "'");
  }

  testing::runner runner_;
  std::vector<version> versions_;
};

}  // namespace weir
