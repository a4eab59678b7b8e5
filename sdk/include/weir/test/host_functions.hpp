// The functions of weir_host over memory_host, but for files: see <weir/test/host_files.hpp>.
#pragma once

#include <weir/abi.h>
#include <weir/test/host.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace weir::testing {

struct host_functions {
  using host = memory_host;
  static constexpr std::size_t frame_bytes_max = 16u << 20;

  static host& of(weir_context* raw) noexcept { return host::of(raw); }
  static std::string_view view(const weir_key* key) noexcept { return {key->data, key->size}; }

  static std::int32_t grow(weir_context* raw, std::uint32_t ostream, std::size_t bytes) {
    host& h = of(raw);
    if (bytes > frame_bytes_max)
      return h.refuse("ostream '" + std::string(h.metadata.ostreams[ostream]) + "': a record of " + std::to_string(bytes) +
                      " bytes is larger than frame_bytes_max (16777216 bytes)");
    h.output.grow(ostream, bytes);
    return 0;
  }

  // -- state ----------------------------------------------------------------------------------------------------------------------------------

  /// 0, or why this state cannot be used so.
  static std::int32_t usable(host& h, std::uint32_t state, const weir_key* key, bool writes) {
    if (state >= h.metadata.state_count) return h.refuse("state number " + std::to_string(state) + " is not declared");
    const weir_state_info& info = h.metadata.states[state];
    const std::string what = "state '" + std::string(info.name) + "'";
    if (h.stale(*key)) return h.refuse(what + ": the hash of the key '" + std::string(view(key)) + "' belongs to another key");
    if (info.scope == WEIR_STATE_KEYED && h.foreign(*key)) return h.refuse(h.foreign_text(what, *key));
    if (writes && h.iterating) return h.refuse(what + ": state cannot be changed inside for_each; collect the sub-keys and change it afterwards");
    return 0;
  }
  /// 0 once the value is one of the declared version.
  static std::int32_t converted(host& h, std::uint32_t state, const weir_key* key, std::string_view sub) {
    std::string why;
    return h.now.states[state].convert(view(key), sub, why) ? 0 : h.refuse(std::move(why));
  }
  static std::int32_t find(weir_context* raw, std::uint32_t state, const weir_key* key, const char* sub, std::size_t sub_size, const char** value,
                           std::size_t* size) {
    host& h = of(raw);
    *value = nullptr;
    *size = 0;
    if (usable(h, state, key, false) != 0 || converted(h, state, key, {sub, sub_size}) != 0) return 1;
    if (const block* found = h.now.states[state].values.find(view(key), {sub, sub_size})) {
      *value = found->data();
      *size = found->size();
    }
    return 0;
  }
  static std::int32_t at(weir_context* raw, std::uint32_t state, const weir_key* key, const char* sub, std::size_t sub_size, char** value) {
    host& h = of(raw);
    if (usable(h, state, key, true) != 0) return 1;
    if (h.metadata.states[state].value != WEIR_VALUE_FIXED)
      return h.refuse("state '" + std::string(h.metadata.states[state].name) + "' has values of varying size: put() them");
    if (converted(h, state, key, {sub, sub_size}) != 0) return 1;
    *value = h.now.states[state].values.at(view(key), {sub, sub_size}, h.metadata.states[state].value_size).data();
    return 0;
  }
  static std::int32_t put(weir_context* raw, std::uint32_t state, const weir_key* key, const char* sub, std::size_t sub_size, const char* value,
                          std::size_t size) {
    host& h = of(raw);
    if (usable(h, state, key, true) != 0) return 1;
    const weir_state_info& info = h.metadata.states[state];
    if (info.value == WEIR_VALUE_FIXED && size != info.value_size)
      return h.refuse("state '" + std::string(info.name) + "': a value of another size than declared");
    stored_state& all = h.now.states[state];
    all.values.put(view(key), {sub, sub_size}, {value, size});
    all.forget(view(key), {sub, sub_size});
    return 0;
  }
  static std::int32_t erase(weir_context* raw, std::uint32_t state, const weir_key* key, const char* sub, std::size_t sub_size, std::int32_t* erased) {
    host& h = of(raw);
    *erased = 0;
    if (usable(h, state, key, true) != 0) return 1;
    stored_state& all = h.now.states[state];
    const bool was_former = all.forget(view(key), {sub, sub_size});
    *erased = (sub ? all.values.erase(view(key), {sub, sub_size}) : all.values.erase_all(view(key))) || was_former ? 1 : 0;
    return 0;
  }
  static std::int32_t for_each(weir_context* raw, std::uint32_t state, const weir_key* key, const char* from, std::size_t from_size, weir_visit visit,
                               void* user) {
    host& h = of(raw);
    if (usable(h, state, key, false) != 0) return 1;
    if (std::string why; !h.now.states[state].convert_all(view(key), why)) return h.refuse(std::move(why));
    const bool outer = std::exchange(h.iterating, true);
    h.now.states[state].values.for_each(view(key), {from, from_size}, [&](std::string_view sub, std::string_view value) {
      return visit(user, sub.data(), sub.size(), value.data(), value.size()) != 0;
    });
    h.iterating = outer;
    return 0;
  }

  // -- timers and time ------------------------------------------------------------------------------------------------------------------------

  static std::int32_t timer_set(weir_context* raw, const weir_timer* t) {
    host& h = of(raw);
    if (h.foreign(t->key)) return h.refuse(h.foreign_text("set_timer", t->key));
    h.now.timers.set(t->kind, view(&t->key), {t->subkey, t->subkey_size}, t->time);
    return 0;
  }
  static std::int32_t timer_cancel(weir_context* raw, const weir_timer* t) {
    host& h = of(raw);
    if (h.foreign(t->key)) return h.refuse(h.foreign_text("cancel_timer", t->key));
    h.now.timers.cancel(t->kind, view(&t->key), {t->subkey, t->subkey_size});
    return 0;
  }
  static std::int64_t now(weir_context* raw) { return of(raw).clock; }
  static std::int32_t emit_watermark(weir_context* raw, std::int64_t time) {
    host& h = of(raw);
    if (h.metadata.istream_count != 0) return h.refuse("emit_watermark is for sources: an operator with istreams has the watermark of its inputs");
    if (time <= h.now.watermark) return 0;
    h.now.watermark = raw->watermark = time;
    h.now.idle = false;
    return 0;
  }
  static std::int32_t mark_idle(weir_context* raw) {
    host& h = of(raw);
    if (h.metadata.istream_count != 0) return h.refuse("mark_idle is for sources: an operator with istreams is idle when its inputs are");
    h.now.idle = true;
    h.idle_behind = h.output.records();
    return 0;
  }
  static std::int32_t idle_timeout(weir_context* raw, std::int64_t nanoseconds) {
    host& h = of(raw);
    if (h.metadata.istream_count != 0) return h.refuse("idle_timeout is for sources: an operator with istreams is idle when its inputs are");
    h.idle_timeout = nanoseconds;
    return 0;
  }
  static std::int32_t when_durable(weir_context* raw, std::uint64_t token) {
    of(raw).now.tokens.push_back(token);
    return 0;
  }
  static std::int32_t waker(weir_context* raw, weir_waker** made) {
    host& h = of(raw);
    if (!h.has_poll) return h.refuse("waker is for sources that override poll()");
    h.waker->retain(h.waker);
    *made = h.waker;
    return 0;
  }

  // -- config, log, metrics -------------------------------------------------------------------------------------------------------------------

  static std::int32_t config(weir_context* raw, const char* name, std::size_t index, std::uint32_t* kind, const char** text, std::size_t* size,
                             std::size_t* count) {
    host& h = of(raw);
    h.asked(name);
    *kind = WEIR_CONFIG_ABSENT;
    *text = nullptr;
    *size = *count = 0;
    const config_value* value = h.config.find(name);
    if (!value) return 0;
    *kind = value->is_list ? WEIR_CONFIG_LIST : WEIR_CONFIG_SCALAR;
    *count = value->items.size();
    if (index < value->items.size()) {
      *text = value->items[index].data();
      *size = value->items[index].size();
    }
    return 0;
  }
  static void log(weir_context* raw, std::uint32_t level, const char* text, std::size_t size) { of(raw).logged.push_back({level, std::string(text, size)}); }
  static std::int32_t counter_add(weir_context* raw, const char* name, std::size_t size, std::int64_t by) {
    of(raw).counters[std::string(name, size)] += by;
    return 0;
  }
  static std::int32_t gauge_set(weir_context* raw, const char* name, std::size_t size, std::int64_t value) {
    of(raw).gauges[std::string(name, size)] = value;
    return 0;
  }
};

}  // namespace weir::testing
