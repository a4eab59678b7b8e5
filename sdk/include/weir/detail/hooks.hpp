// The functions of weir_operator_info for a class: what the host calls, and the loop over a frame's records, so that the hot path stays inside the module.
// They run in whatever thread the host calls them; of one object never two at once.
#pragma once

#include <weir/abi.h>
#include <weir/detail/outcome.hpp>
#include <weir/detail/stored_metadata.hpp>
#include <weir/operator.hpp>

#include <cstdint>
#include <type_traits>

namespace weir::detail {

/// Whether a class overrides a hook. A hook that is not accessible, or overloaded, is the class's own.
template <class Op>
inline constexpr bool overrides_poll = !requires {
  requires std::is_same_v<decltype(&Op::poll), decltype(&stream_operator::poll)>;
};
template <class Op>
inline constexpr bool overrides_process_record = !requires {
  requires std::is_same_v<decltype(&Op::process_record), decltype(&stream_operator::process_record)>;
};

/// The metadata of a class, made on the first call. Throws what metadata() throws; then the next call tries again.
/// Hidden, so that two versions of a class in two modules have two.
template <class Op>
[[gnu::visibility("hidden")]] const stored_metadata& metadata_of() {
  static const stored_metadata stored([] {
    stream_operator* const made = new Op();  // Not as the owner's initialiser: there g++ 12 leaks the memory when the constructor throws.
    const struct owner {
      stream_operator* made;
      ~owner() { delete made; }
    } object{made};
    metadata declared = object.made->metadata();
    if (declared.istreams.empty() && overrides_poll<Op>) return declared;
    if (overrides_poll<Op>)
      throw usage_error("metadata: the operator declares istreams and overrides poll(), which is for sources; it can be one or the other");
    if (!declared.istreams.empty() && !overrides_process_record<Op>) throw usage_error("metadata: the operator declares istreams but has no process_record()");
    return declared;
  }());
  return stored;
}

/// What the host holds as `void*`.
struct hooks {
  hooks(const stored_metadata& metadata, stream_operator* made) noexcept : ctx(metadata), object(made) {}
  ~hooks() { delete object; }
  hooks(const hooks&) = delete;
  hooks& operator=(const hooks&) = delete;

  static context& enter(void* self, weir_context* raw) noexcept {
    context& entered = static_cast<hooks*>(self)->ctx;
    entered.binding_.raw = raw;
    return entered;
  }
  static stream_operator& of(void* self) noexcept { return *static_cast<hooks*>(self)->object; }

  static void destroy(void* self) noexcept { delete static_cast<hooks*>(self); }
  static void initialize(void* self, weir_context* raw, weir_outcome* out) noexcept {
    guarded(out, [&] { of(self).initialize(enter(self, raw)); });
  }
  static void flush(void* self, weir_context* raw, weir_outcome* out) noexcept {
    guarded(out, [&] { of(self).flush(enter(self, raw)); });
  }
  static void close(void* self, weir_context* raw, weir_outcome* out) noexcept {
    guarded(out, [&] { of(self).close(enter(self, raw)); });
  }
  static void poll(void* self, weir_context* raw, weir_outcome* out) noexcept {
    guarded(out, [&] {
      const poll_result result = of(self).poll(enter(self, raw));
      out->poll = result.raw();
      out->poll_until = result.until();
      out->poll_fd = result.fd();
    });
  }
  static void process_durable(void* self, weir_context* raw, std::uint64_t token, weir_outcome* out) noexcept {
    guarded(out, [&] { of(self).process_durable(enter(self, raw), token); });
  }
  static void process_timer(void* self, weir_context* raw, const weir_timer* due, weir_outcome* out) noexcept {
    guarded(out, [&] {
      timer t;
      t.kind = due->kind == WEIR_TIMER_EVENT ? timer_kind::event : timer_kind::processing;
      t.key = access::key(due->key.data, due->key.size, due->key.hash);
      t.subkey = {due->subkey, due->subkey_size};
      t.at = event_time(std::chrono::nanoseconds(due->time));
      of(self).process_timer(enter(self, raw), t);
    });
  }
  /// Op is the exact class of the object: where it is final (or the compiler sees it anyway) process_record is called directly.
  template <class Op>
  static void process(void* self, weir_context* raw, const weir_input* in, weir_outcome* out) noexcept {
    out->processed = 0;
    guarded(out, [&] {
      context& entered = enter(self, raw);
      Op& exact = static_cast<Op&>(of(self));
      record r;
      const char* const bytes = in->bytes ? in->bytes : "";  // Where all keys and values are empty there may be none; no data means no key to the host.
      r.istream = in->istream;
      r.position = {in->log, in->lsn, 0};
      for (std::uint32_t i = 0; i < in->count; ++i) {
        const std::uint32_t index = in->selection ? in->selection[i] : in->first + i;
        present(*raw, *in, bytes, index, r);
        call(exact, entered, r);
        out->processed = i + 1;
        if (raw->yield != 0) break;
      }
    });
  }

  context ctx;
  stream_operator* object;

 private:
  static void present(weir_context& raw, const weir_input& in, const char* bytes, std::uint32_t index, record& r) noexcept {
    const weir_slot& slot = in.slots[index];
    const std::size_t key = index == 0 ? 0 : round8(in.slots[index - 1].value_end);
    const std::size_t value = round8(slot.key_end);
    raw.current_time = slot.time;
    raw.current_key = {bytes + key, slot.key_end - key, slot.hash};
    r.key = access::key(bytes + key, slot.key_end - key, slot.hash);
    r.value = {bytes + value, slot.value_end - value};
    r.time = event_time(std::chrono::nanoseconds(slot.time));
    r.late = slot.time < raw.watermark;
    r.position.index = in.index_base + index;
  }
  template <class Op>
  static void call(Op& exact, context& entered, const record& r) {
    if constexpr (requires { exact.process_record(entered, r); }) {
      exact.process_record(entered, r);
    } else {
      static_cast<stream_operator&>(exact).process_record(entered, r);
    }
  }
};

/// What the host needs to know of a class; `name` is kept as it is.
template <class Op>
weir_operator_info operator_info(const char* name) noexcept {
  static_assert(std::is_base_of_v<stream_operator, Op>, "an operator derives publicly from weir::stream_operator");
  static_assert(!std::is_abstract_v<Op>, "an operator must override metadata()");
  static_assert(std::is_default_constructible_v<Op>, "an operator needs a public constructor without arguments; its settings come from ctx.config()");
  return {sizeof(weir_operator_info),
          name,
          [](weir_outcome* out) noexcept -> const weir_metadata_info* {
            const weir_metadata_info* info = nullptr;
            guarded(out, [&] { info = &metadata_of<Op>().info(); });
            return info;
          },
          [](weir_outcome* out) noexcept -> void* {
            void* made = nullptr;
            guarded(out, [&] {
              const stored_metadata& metadata = metadata_of<Op>();
              stream_operator* object = new Op();
              try {
                made = new hooks(metadata, object);
              } catch (...) {
                delete object;
                throw;
              }
            });
            return made;
          },
          &hooks::destroy,
          &hooks::initialize,
          &hooks::process<Op>,
          &hooks::process_timer,
          overrides_poll<Op> ? &hooks::poll : nullptr,
          &hooks::flush,
          &hooks::close,
          &hooks::process_durable};
}

}  // namespace weir::detail
