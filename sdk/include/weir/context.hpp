// What an operator can ask and do inside a hook. Owned by the runtime, one per operator object and at one address as long as that lives; only the thread that
// runs a hook may use it, and only inside the hook.
#pragma once

#include <weir/abi.h>
#include <weir/config.hpp>
#include <weir/detail/binding.hpp>
#include <weir/error.hpp>
#include <weir/key.hpp>
#include <weir/ostream.hpp>
#include <weir/state.hpp>
#include <weir/time.hpp>
#include <weir/waker.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// Why the object was made.
enum class start : std::uint8_t {
  created,      ///< The operator is new.
  recovered,    ///< The node was started again, or the object before failed.
  deployed,     ///< By `weir deploy`.
  rolled_back,  ///< By `weir rollback` or in probation.
};

/// Of a log line.
enum class level : std::uint8_t { debug, info, warning, error };

/// A number that only grows, shown in the node's metrics. Not part of the frame: after a crash it starts again.
class counter {
 public:
  counter() = default;  ///< Bound to nothing: assign `ctx.counter(name)` in initialize().
  /// Inside hooks. Throws usage_error where it is bound to nothing.
  void add(std::int64_t by = 1) {
    if (!binding_) detail::throw_unbound("counter", "ctx.counter(name)");
    detail::check(binding_->raw, binding_->raw->host->counter_add(binding_->raw, name_.data(), name_.size(), by));
  }

 private:
  friend class context;
  counter(detail::binding* bound, std::string_view name) : binding_(bound), name_(name) {}
  detail::binding* binding_ = nullptr;
  std::string name_;
};

/// A number that goes up and down, shown in the node's metrics.
class gauge {
 public:
  gauge() = default;  ///< Bound to nothing: assign `ctx.gauge(name)` in initialize().
  /// Inside hooks. Throws usage_error where it is bound to nothing.
  void set(std::int64_t value) {
    if (!binding_) detail::throw_unbound("gauge", "ctx.gauge(name)");
    detail::check(binding_->raw, binding_->raw->host->gauge_set(binding_->raw, name_.data(), name_.size(), value));
  }

 private:
  friend class context;
  gauge(detail::binding* bound, std::string_view name) : binding_(bound), name_(name) {}
  detail::binding* binding_ = nullptr;
  std::string name_;
};

/// What a hook is given; see above. Functions throw host_error where the runtime refuses, with the reason, and usage_error for names that are not declared.
class context {
 public:
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  // -- output and state: handles to be kept as members, asked for in initialize() -------------------------------------------------------------
  // Each throws usage_error where metadata() does not declare the name, or declares it with another type.

  /// The handle of a declared ostream.
  weir::ostream ostream(std::string_view name) { return {&binding_, ostream_index(name)}; }
  /// The handle of a state declared as weir::keyed<T>(name).
  template <class T>
  keyed_state<T> state(std::string_view name) {
    static_assert(detail::check_state<T>());
    return keyed_state<T>(state_access(name, false, detail::state_value<T>::name()));
  }
  /// The handle of a state declared as weir::per_partition<T>(name).
  template <class T>
  weir::partition_state<T> partition_state(std::string_view name) {
    static_assert(detail::check_state<T>());
    return weir::partition_state<T>(state_access(name, true, detail::state_value<T>::name()));
  }

  /// ostream(name).produce(key, value): simple, but it looks the name up each time.
  template <class Value>
  void produce_record(std::string_view name, const key_argument& key, const Value& value) {
    ostream(name).produce(key, value);
  }
  /// ostream(name).produce(key, value, time), as above.
  template <class Value>
  void produce_record(std::string_view name, const key_argument& key, const Value& value, event_time time) {
    ostream(name).produce(key, value, time);
  }

  // -- time -------------------------------------------------------------------------------------------------------------------------------------

  /// Sets a timer, or moves it: (kind, key, subkey) is its identity. It survives restarts. One at or before its clock fires in the same step.
  void set_timer(const key_argument& key, event_time at, std::string_view subkey = {}) { set_timer(WEIR_TIMER_EVENT, key, at.since_epoch().count(), subkey); }
  /// As above, by the node's clock.
  void set_timer(const key_argument& key, processing_time at, std::string_view subkey = {}) {
    set_timer(WEIR_TIMER_PROCESSING, key, at.since_epoch().count(), subkey);
  }
  /// Nothing happens where there is none.
  void cancel_timer(timer_kind kind, const key_argument& key, std::string_view subkey = {}) {
    const weir_timer t{key.raw(), detail::data_of(subkey), subkey.size(), 0, static_cast<std::uint32_t>(kind)};
    detail::check(binding_.raw, binding_.raw->host->timer_cancel(binding_.raw, &t));
  }

  /// No record before this time is expected any more: min() at first, max() when every source has ended. In process_timer of an event timer: its time.
  event_time watermark() const noexcept { return event_time(std::chrono::nanoseconds(binding_.raw->watermark)); }
  /// Sources only: records before `time` will be late. Never goes back: an earlier one changes nothing.
  void emit_watermark(event_time time) { detail::check(binding_.raw, binding_.raw->host->emit_watermark(binding_.raw, time.since_epoch().count())); }
  /// Sources only: nothing comes for now. Until the next record or watermark, subscribers' watermarks do not wait for this source. Part of the frame, behind
  /// the records that were produced in it.
  void mark_idle() { detail::check(binding_.raw, binding_.raw->host->mark_idle(binding_.raw)); }
  /// Sources only: from now on, after so long (by the node's clock) without a record or watermark the source is marked idle by itself; zero: never, as at
  /// first. To be set in initialize().
  void idle_timeout(std::chrono::nanoseconds after) { detail::check(binding_.raw, binding_.raw->host->idle_timeout(binding_.raw, after.count())); }
  /// The node's clock; the only one to use, so that a simulation can replay the operator.
  processing_time now() const { return processing_time(std::chrono::nanoseconds(binding_.raw->host->now(binding_.raw))); }

  // -- the outside ------------------------------------------------------------------------------------------------------------------------------

  /// Has process_durable(token) called once the frame of this hook is on disk. What the token means is the operator's business; calls with equal tokens are
  /// two. Undone with the step. Costs a vector's push_back.
  void when_durable(std::uint64_t token) { detail::check(binding_.raw, binding_.raw->host->when_durable(binding_.raw, token)); }
  /// Sources with poll() only: what other threads (of the operator, or of a library that it uses) have poll() called with. The only thread-safe object.
  weir::waker waker() {
    weir_waker* made = nullptr;
    detail::check(binding_.raw, binding_.raw->host->waker(binding_.raw, &made));
    return weir::waker(made);
  }

  // -- about the operator -----------------------------------------------------------------------------------------------------------------------

  /// What stands under `with:`; to be read in initialize().
  const weir::config& config() const noexcept { return config_; }
  std::uint32_t partition() const noexcept { return binding_.raw->partition; }    ///< 0 … partitions() - 1.
  std::uint32_t partitions() const noexcept { return binding_.raw->partitions; }  ///< The operator's parallelism.
  std::uint64_t epoch() const noexcept { return binding_.raw->epoch; }            ///< Grows with every start of the node: fences off a former process.
  /// Why this object was made.
  weir::start start() const noexcept { return static_cast<weir::start>(binding_.raw->start); }

  /// A line in the node's log, with the operator's name.
  void log(level severity, std::string_view text) {
    binding_.raw->host->log(binding_.raw, static_cast<std::uint32_t>(severity), detail::data_of(text), text.size());
  }
  /// A number in the node's metrics, by operator, partition and name; made by its first add(). Keep it as a member.
  weir::counter counter(std::string_view name) { return {&binding_, name}; }
  /// As counter.
  weir::gauge gauge(std::string_view name) { return {&binding_, name}; }

  /// The C side, for helpers such as weir::file.
  weir_context* raw() const noexcept { return binding_.raw; }

 private:
  friend struct detail::hooks;
  friend class file;
  explicit context(const detail::stored_metadata& metadata) noexcept : binding_{nullptr, &metadata}, config_(&binding_) {}

  const detail::binding* shared_binding() const noexcept { return &binding_; }

  std::uint32_t ostream_index(std::string_view name) const {
    const auto& declared = binding_.metadata->declared().ostreams;
    const int index = detail::index_of(declared, name);
    if (index < 0) throw usage_error(detail::sentence({"ostream '", name, "' is not declared: metadata() has ", detail::names_of(declared), " in .ostreams"}));
    return static_cast<std::uint32_t>(index);
  }

  detail::state_access state_access(std::string_view name, bool per_partition, std::string_view type) {
    const auto& declared = binding_.metadata->declared().states;
    const int index = detail::index_of(declared, name);
    if (index < 0) throw usage_error(detail::sentence({"state '", name, "' is not declared: metadata() has ", detail::names_of(declared), " in .states"}));
    const state_spec& spec = declared[static_cast<std::size_t>(index)];
    if (spec.per_partition != per_partition || spec.type_name != type) {
      const auto form = [](bool partition) { return partition ? "per_partition<" : "keyed<"; };
      throw usage_error(detail::sentence(
          {"state '", spec.name, "' is declared as ", form(spec.per_partition), spec.type_name, "> and asked for as ", form(per_partition), type, ">"}));
    }
    return {&binding_, static_cast<std::uint32_t>(index)};
  }

  void set_timer(std::uint32_t kind, const key_argument& key, std::int64_t at, std::string_view subkey) {
    const weir_timer t{key.raw(), detail::data_of(subkey), subkey.size(), at, kind};
    detail::check(binding_.raw, binding_.raw->host->timer_set(binding_.raw, &t));
  }

  detail::binding binding_;
  weir::config config_;
};

}  // namespace weir
