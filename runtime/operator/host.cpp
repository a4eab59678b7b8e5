#include "runtime/operator/host.hpp"

#include <fmt/core.h>

#include <string>

#include "runtime/operator/host_files.hpp"
#include "runtime/operator/partition.hpp"

namespace weir::runtime {

/// A friend of operator_partition: the functions of weir_host, by subject.
struct host_functions {
  static operator_partition& owner(weir_context* c) noexcept { return *static_cast<member_context*>(c)->chain; }
  static chain_member& member(weir_context* c) noexcept { return *static_cast<member_context*>(c)->owner; }
  /// Only the head of a chain can be a source.
  static bool source(weir_context* c) noexcept { return owner(c).source() && member(c).number == 0; }

  static std::int32_t fail(weir_context* c, std::string text) {
    chain_member& m = member(c);
    m.error_text = std::move(text);
    c->error = m.error_text.data();
    c->error_size = m.error_text.size();
    return 1;
  }

  /// Accounts for `bytes` more that the current record or timer makes its frame hold; refuses what no frame could.
  static std::int32_t charge(weir_context* c, std::uint64_t bytes) {
    operator_partition& p = owner(c);
    const step_limits& limits = p.options_.limits;
    const chain_member& m = member(c);
    const std::uint64_t own = m.lent_bytes() + bytes;
    const std::uint64_t all = p.change_bytes_ + p.other_bytes_ + own;
    if (all - p.unit_bytes_ > limits.frame_bytes_max) {
      p.too_large_ = true;
      return fail(c, fmt::format("one {} changes and produces more than {} bytes (frame_bytes_max); split it", p.in_unit_ ? "record or timer" : "step",
                                 limits.frame_bytes_max));
    }
    // A frame cannot end below the head; there it is only that what is handed over at once stays small.
    if ((m.number == 0 ? all : own) >= limits.frame_bytes_target) c->yield = 1;
    return 0;
  }

  static std::int32_t grow(weir_context* c, std::uint32_t ostream, std::size_t bytes) {
    operator_partition& p = owner(c);
    chain_member& m = member(c);
    if (ostream >= m.lent.size()) return fail(c, fmt::format("there is no ostream number {}", ostream));
    if (bytes > p.options_.limits.frame_bytes_max)
      return fail(c, fmt::format("a record of {} bytes is larger than frame_bytes_max ({})", bytes, p.options_.limits.frame_bytes_max));
    if (const std::int32_t refused = charge(c, bytes + sizeof(weir_slot)); refused != 0) return refused;
    record_batch& batch = m.outputs[ostream];
    batch.take_back(m.lent[ostream]);
    batch.reserve(1, static_cast<std::uint32_t>(bytes + 16));
    m.lent[ostream] = batch.lend();
    return 0;
  }

  // -- state --------------------------------------------------------------------------------------------------------------------------------

  /// The directory's id of a declared state, or a failure when the key is not the current one.
  static std::int32_t admit(weir_context* c, std::uint32_t state, const weir_key* key, std::uint16_t& id) {
    const chain_member& p = member(c);
    if (state >= p.options.state_ids.size()) return fail(c, fmt::format("there is no state number {}", state));
    id = p.options.state_ids[state];
    if (p.key_allowed(*key, p.options.metadata.states[state].scope)) return 0;
    return fail(c, fmt::format("state '{}': key '{}' is not the current record's; a group_by operator may only use the key it was given",
                               p.options.metadata.states[state].name, std::string_view(key->data, std::min<std::size_t>(key->size, 64))));
  }
  /// Whether an access fits how the state is declared; the C side knows no types.
  static std::int32_t fits(weir_context* c, std::uint32_t state, std::uint32_t value, std::size_t size) {
    const auto& declared = member(c).options.metadata.states[state];
    if (declared.value == value && (value != WEIR_VALUE_FIXED || declared.value_size == size)) [[likely]]
      return 0;
    if (declared.value != WEIR_VALUE_FIXED) return fail(c, fmt::format("state '{}' has values of any length: set them with state_put", declared.name));
    return fail(c, fmt::format("state '{}' has values of {} bytes, and was given one of {}", declared.name, declared.value_size, size));
  }
  static state_store::key_ref ref(const weir_key* key) noexcept { return {{key->data, key->size}, key->hash}; }

  /// Makes the value one of the declared version, or all of the key's where `subkey` has no data.
  static std::int32_t convert(weir_context* c, std::uint32_t state, const weir_key* key, std::string_view subkey) {
    operator_partition& p = owner(c);
    const auto* const formers = member(c).formers_of(state);
    if (formers == nullptr) return 0;
    const member_options& o = member(c).options;
    const versioned_state versions{o.metadata.states[state], o.state_ids[state], *formers};
    const auto grown = subkey.data() != nullptr ? versions.convert(p.states_, ref(key), subkey) : versions.convert_key(p.states_, ref(key));
    if (!grown) return fail(c, grown.why().message);
    p.change_bytes_ += *grown;
    return charge(c, 0);
  }
  /// Before a value is replaced or erased.
  static bool forget(weir_context* c, std::uint32_t state, const weir_key* key, std::string_view subkey) {
    operator_partition& p = owner(c);
    const auto* const formers = member(c).formers_of(state);
    if (formers == nullptr) return false;
    const member_options& o = member(c).options;
    return versioned_state{o.metadata.states[state], o.state_ids[state], *formers}.forget(p.states_, ref(key), subkey);
  }

  static std::int32_t state_find(weir_context* c, std::uint32_t state, const weir_key* key, const char* subkey, std::size_t subkey_size, const char** value,
                                 std::size_t* value_size) {
    std::uint16_t id = 0;
    if (const std::int32_t refused = admit(c, state, key, id); refused != 0) return refused;
    if (const std::int32_t failed = convert(c, state, key, {subkey, subkey_size}); failed != 0) return failed;
    const auto found = owner(c).states_.find(id, ref(key), {subkey, subkey_size});
    *value = found ? found->data() : nullptr;
    *value_size = found ? found->size() : 0;
    return 0;
  }

  static std::int32_t state_at(weir_context* c, std::uint32_t state, const weir_key* key, const char* subkey, std::size_t subkey_size, char** value) {
    std::uint16_t id = 0;
    if (const std::int32_t refused = admit(c, state, key, id); refused != 0) return refused;
    if (const std::int32_t failed = convert(c, state, key, {subkey, subkey_size}); failed != 0) return failed;
    operator_partition& p = owner(c);
    const std::uint32_t size = member(c).options.metadata.states[state].value_size;
    if (const std::int32_t refused = fits(c, state, WEIR_VALUE_FIXED, size); refused != 0) return refused;
    const std::uint64_t bytes = key->size + subkey_size + size + sizeof(change_slot);
    if (const std::int32_t refused = charge(c, bytes); refused != 0) return refused;
    p.change_bytes_ += bytes;
    *value = p.states_.at(id, ref(key), {subkey, subkey_size}, size);
    return 0;
  }

  static std::int32_t state_put(weir_context* c, std::uint32_t state, const weir_key* key, const char* subkey, std::size_t subkey_size, const char* value,
                                std::size_t value_size) {
    std::uint16_t id = 0;
    if (const std::int32_t refused = admit(c, state, key, id); refused != 0) return refused;
    if (const std::int32_t refused = fits(c, state, member(c).options.metadata.states[state].value, value_size); refused != 0) return refused;
    operator_partition& p = owner(c);
    const std::uint64_t bytes = key->size + subkey_size + value_size + sizeof(change_slot);
    if (const std::int32_t refused = charge(c, bytes); refused != 0) return refused;
    p.change_bytes_ += bytes;
    p.states_.put(id, ref(key), {subkey, subkey_size}, {value, value_size});
    forget(c, state, key, {subkey, subkey_size});
    return 0;
  }

  static std::int32_t state_erase(weir_context* c, std::uint32_t state, const weir_key* key, const char* subkey, std::size_t subkey_size,
                                  std::int32_t* erased) {
    std::uint16_t id = 0;
    if (const std::int32_t refused = admit(c, state, key, id); refused != 0) return refused;
    operator_partition& p = owner(c);
    const std::uint64_t bytes = key->size + subkey_size + sizeof(change_slot);
    if (const std::int32_t refused = charge(c, bytes); refused != 0) return refused;
    p.change_bytes_ += bytes;
    const bool was_former = forget(c, state, key, {subkey, subkey_size});
    const bool did = subkey == nullptr ? p.states_.erase_all(id, ref(key)) : p.states_.erase(id, ref(key), {subkey, subkey_size});
    *erased = did || was_former ? 1 : 0;
    return 0;
  }

  static std::int32_t state_for_each(weir_context* c, std::uint32_t state, const weir_key* key, const char* from, std::size_t from_size, weir_visit visit,
                                     void* user) {
    std::uint16_t id = 0;
    if (const std::int32_t refused = admit(c, state, key, id); refused != 0) return refused;
    if (const std::int32_t failed = convert(c, state, key, {}); failed != 0) return failed;
    owner(c).states_.for_each(id, ref(key), {from, from_size}, [&](std::string_view subkey, std::string_view value) {
      return visit(user, subkey.data(), subkey.size(), value.data(), value.size()) != 0;
    });
    return 0;
  }

  // -- time -----------------------------------------------------------------------------------------------------------------------------------

  static std::int32_t admit_timer(weir_context* c, const weir_timer* t) {
    if (t->kind > WEIR_TIMER_PROCESSING) return fail(c, fmt::format("there is no timer kind {}", t->kind));
    if (member(c).key_allowed(t->key, WEIR_STATE_KEYED)) return 0;
    return fail(c, fmt::format("timer: key '{}' is not the current record's; a group_by operator may only use the key it was given",
                               std::string_view(t->key.data, std::min<std::size_t>(t->key.size, 64))));
  }
  static std::int32_t timer_set(weir_context* c, const weir_timer* t) {
    if (const std::int32_t refused = admit_timer(c, t); refused != 0) return refused;
    operator_partition& p = owner(c);
    const std::uint64_t bytes = t->key.size + t->subkey_size + sizeof(change_slot);
    if (const std::int32_t refused = charge(c, bytes); refused != 0) return refused;
    p.change_bytes_ += bytes;
    p.timers_.set(member(c).first_timer_id() + t->kind, {t->key.data, t->key.size}, {t->subkey, t->subkey_size}, t->time);
    return 0;
  }
  static std::int32_t timer_cancel(weir_context* c, const weir_timer* t) {
    if (const std::int32_t refused = admit_timer(c, t); refused != 0) return refused;
    operator_partition& p = owner(c);
    const std::uint64_t bytes = t->key.size + t->subkey_size + sizeof(change_slot);
    if (const std::int32_t refused = charge(c, bytes); refused != 0) return refused;
    p.change_bytes_ += bytes;
    p.timers_.cancel(member(c).first_timer_id() + t->kind, {t->key.data, t->key.size}, {t->subkey, t->subkey_size});
    return 0;
  }
  static std::int64_t now(weir_context* c) { return owner(c).options_.time->realtime_ns(); }
  static std::int32_t emit_watermark(weir_context* c, std::int64_t time) {
    operator_partition& p = owner(c);
    if (!source(c)) return fail(c, "only a source (an operator without istreams) emits watermarks; others pass on their inputs'");
    if (time > p.step_emitted_) p.step_idle_ = false;
    p.step_emitted_ = std::max(p.step_emitted_, time);
    c->watermark = p.step_emitted_;
    return 0;
  }
  static std::int32_t mark_idle(weir_context* c) {
    operator_partition& p = owner(c);
    if (!source(c)) return fail(c, "only a source (an operator without istreams) marks itself idle; others are idle when their inputs are");
    p.step_idle_ = true;
    p.idle_behind_ = member(c).counts.handed_over + member(c).lent_records();
    return 0;
  }
  static std::int32_t idle_timeout(weir_context* c, std::int64_t nanoseconds) {
    operator_partition& p = owner(c);
    if (!source(c)) return fail(c, "only a source (an operator without istreams) has an idle timeout; others are idle when their inputs are");
    p.idle_timeout_ns_ = nanoseconds;
    p.active_ns_ = p.options_.time->monotonic_ns();
    return 0;
  }
  static std::int32_t when_durable(weir_context* c, std::uint64_t token) {
    owner(c).step_tokens_.push_back({token, member(c).number});
    return 0;
  }
  static std::int32_t waker(weir_context* c, weir_waker** made) {
    operator_partition& p = owner(c);
    if (member(c).options.info->poll == nullptr) return fail(c, "only a source that overrides poll() has a waker");
    *made = p.waker_->hand_out();
    return 0;
  }

  // -- surroundings -----------------------------------------------------------------------------------------------------------------------------

  static std::int32_t config(weir_context* c, const char* name, std::size_t index, std::uint32_t* kind, const char** text, std::size_t* text_size,
                             std::size_t* count) {
    operator_partition& p = owner(c);
    chain_member& m = member(c);
    const auto& all = m.options.config;
    if (!p.initialized_ && !m.config_asked.contains(name)) m.config_asked.emplace(name);
    const auto found = all.find(name);
    *kind = WEIR_CONFIG_ABSENT;
    *text = nullptr;
    *text_size = *count = 0;
    if (found == all.end()) return 0;
    const topology::config_value& value = found->second;
    *kind = value.is_list ? WEIR_CONFIG_LIST : WEIR_CONFIG_SCALAR;
    *count = value.items.size();
    if (index >= value.items.size()) return 0;
    *text = value.items[index].data();
    *text_size = value.items[index].size();
    return 0;
  }
  static void log(weir_context* c, std::uint32_t level, const char* text, std::size_t size) {
    operator_partition& p = owner(c);
    if (const auto& lines = member(c).options.lines)
      lines->add(
          {.at_ns = p.options_.time->realtime_ns(), .level = static_cast<int>(level), .partition = p.options_.partition, .text = std::string(text, size)});
    if (p.options_.say) p.options_.say(static_cast<int>(level), fmt::format("{}: {}", member(c).options.name, std::string_view(text, size)));
  }
  static std::int32_t counter_add(weir_context* c, const char* name, std::size_t size, std::int64_t by) {
    member(c).metrics.add({name, size}, by);
    return 0;
  }
  static std::int32_t gauge_set(weir_context* c, const char* name, std::size_t size, std::int64_t value) {
    member(c).metrics.set({name, size}, value);
    return 0;
  }
  static files& file_system(weir_context* c) noexcept { return *owner(c).options_.file_system; }
};

namespace {
files& files_of(weir_context* c) noexcept { return host_functions::file_system(c); }
std::int32_t refuse(weir_context* c, std::string text) { return host_functions::fail(c, std::move(text)); }
}  // namespace

const weir_host& host_table() noexcept {
  using h = host_functions;
  using f = host_files<files_of, refuse>;
  static const weir_host table{sizeof(weir_host), h::grow,         h::state_find, h::state_at,       h::state_put, h::state_erase,  h::state_for_each,
                               h::timer_set,      h::timer_cancel, h::now,        h::emit_watermark, h::mark_idle, h::idle_timeout, h::when_durable,
                               h::waker,          h::config,       h::log,        h::counter_add,    h::gauge_set, f::open,         f::read,
                               f::write,          f::sync,         f::truncate,   f::size,           f::close,     f::glob,         f::standard_output};
  return table;
}

}  // namespace weir::runtime
