// Output. produce() writes the record straight into the frame under construction: no call, no allocation, unless the frame's memory has to grow.
// A handle of 32 bytes, valid as long as the operator's object, to be used inside hooks by the thread that runs them.
#pragma once

#include <weir/abi.h>
#include <weir/detail/binding.hpp>
#include <weir/error.hpp>
#include <weir/key.hpp>
#include <weir/time.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace weir {

namespace detail {
/// What produce() prints as decimal text: numbers, but neither bool nor characters, which one might expect as words and letters.
template <class N>
concept number = std::is_arithmetic_v<N> && !std::is_same_v<N, bool> && !std::is_same_v<N, char> && !std::is_same_v<N, wchar_t> &&
                 !std::is_same_v<N, char8_t> && !std::is_same_v<N, char16_t> && !std::is_same_v<N, char32_t>;
constexpr std::size_t round8(std::size_t n) noexcept { return (n + 7) & ~static_cast<std::size_t>(7); }
}  // namespace detail

/// A declared ostream; see above. Functions throw usage_error where it is bound to nothing.
class ostream {
 public:
  ostream() = default;  ///< Bound to nothing: assign `ctx.ostream(name)` in initialize().

  /// Adds a record to the frame. The time is that of the record or timer being processed; elsewhere the node's now().
  /// Throws host_error where the record does not fit a frame.
  void produce(const key_argument& key, std::string_view value) { append(key, value, bound()->current_time); }
  /// As above, with a time of its own.
  void produce(const key_argument& key, std::string_view value, event_time time) { append(key, value, time.since_epoch().count()); }
  void produce(const key_argument& key, std::nullptr_t) = delete;
  void produce(const key_argument& key, std::nullptr_t, event_time) = delete;

  /// The number as decimal text; floating-point numbers in the shortest form that reads back as the same number.
  template <detail::number N>
  void produce(const key_argument& key, N value) {
    char text[64];
    append(key, print(value, text), bound()->current_time);
  }
  /// As above, with a time of its own.
  template <detail::number N>
  void produce(const key_argument& key, N value, event_time time) {
    char text[64];
    append(key, print(value, text), time.since_epoch().count());
  }

  /// Room for a value of at most `size` bytes, 8-byte aligned, to be written in place and finished with commit(); without commit() there is no record.
  /// Ends with the next produce or reserve on the same ostream. Throws host_error where it does not fit a frame.
  char* reserve(const key_argument& key, std::size_t size) {
    weir_context* raw = bound();
    const place p = make_room(raw, key, size);
    weir_batch& batch = raw->ostreams[index_];
    write_key(batch, p, key);
    reserved_ = size;
    reserved_at_ = batch.count;
    weir_slot& slot = batch.slots[batch.count];
    slot.hash = key.raw().hash;
    slot.key_end = p.key_end;
    return batch.bytes + p.value_begin;
  }
  /// The reserved record is complete; its value is the first `size` bytes. Throws usage_error without a reserve() of at least as many directly before it.
  void commit(std::size_t size) { commit_at(size, bound()->current_time); }
  /// As above, with a time of its own.
  void commit(std::size_t size, event_time time) { commit_at(size, time.since_epoch().count()); }

 private:
  friend class context;
  ostream(detail::binding* binding, std::uint32_t index) noexcept : binding_(binding), index_(index) {}

  struct place {
    std::uint32_t key_begin, key_end, value_begin;
  };
  static constexpr std::uint32_t nothing_reserved = UINT32_MAX;

  weir_context* bound() const {
    if (!binding_) [[unlikely]]
      detail::throw_unbound("ostream", "ctx.ostream(name)");
    return binding_->raw;
  }

  template <class N>
  static std::string_view print(N value, char (&text)[64]) noexcept {
    return {text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, value).ptr - text)};
  }

  /// The host need not keep what lies behind the last record, so its gap is zeroed again.
  [[gnu::cold, gnu::noinline]] void grow(weir_context* raw, std::size_t size) const {
    detail::check(raw, raw->host->grow(raw, index_, size));
    const weir_batch& batch = raw->ostreams[index_];
    std::memset(batch.bytes + batch.size, 0, detail::round8(batch.size) - batch.size);
  }

  /// Where the next record goes. Afterwards the batch has room for it, rounded up to 8.
  place make_room(weir_context* raw, const key_argument& key, std::size_t value_size) const {
    const std::size_t key_size = key.raw().size;
    const std::size_t needed = detail::round8(key_size) + detail::round8(value_size);
    const weir_batch& batch = raw->ostreams[index_];
    const std::size_t begin = detail::round8(batch.size);
    // Sizes near SIZE_MAX wrap around in `needed`; the comparison with key and value sizes catches them.
    if (batch.count >= batch.slot_capacity || begin + needed > batch.byte_capacity || needed < key_size || needed < value_size) [[unlikely]]
      grow(raw, needed < key_size || needed < value_size ? SIZE_MAX : needed);
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + key_size), static_cast<std::uint32_t>(begin + detail::round8(key_size))};
  }

  /// Zeroes the last 8 bytes that hold `size` bytes from `begin` on, so that the gap behind them is zero after they are written.
  static void zero_gap(char* memory, std::size_t begin, std::size_t size) noexcept {
    if (size % 8 != 0) std::memset(memory + begin + detail::round8(size) - 8, 0, 8);
  }

  static void write_key(const weir_batch& batch, const place& p, const key_argument& key) noexcept {
    zero_gap(batch.bytes, p.key_begin, key.raw().size);
    if (key.raw().size != 0) std::memcpy(batch.bytes + p.key_begin, key.raw().data, key.raw().size);  // A batch without bytes yet has no memory.
  }

  void append(const key_argument& key, std::string_view value, std::int64_t time) {
    weir_context* raw = bound();
    const place p = make_room(raw, key, value.size());
    weir_batch& batch = raw->ostreams[index_];
    write_key(batch, p, key);
    zero_gap(batch.bytes, p.value_begin, value.size());
    if (!value.empty()) std::memcpy(batch.bytes + p.value_begin, value.data(), value.size());
    const std::uint32_t value_end = p.value_begin + static_cast<std::uint32_t>(value.size());
    batch.slots[batch.count] = {time, key.raw().hash, p.key_end, value_end};
    batch.count += 1;
    batch.size = value_end;
  }

  void commit_at(std::size_t size, std::int64_t time) {
    weir_batch& batch = bound()->ostreams[index_];
    if (reserved_at_ != batch.count || size > reserved_) [[unlikely]]
      throw_wrong_commit();
    weir_slot& slot = batch.slots[batch.count];
    const auto value_begin = static_cast<std::uint32_t>(detail::round8(slot.key_end));
    const std::size_t gap = detail::round8(size) - size;
    std::memset(batch.bytes + value_begin + size, 0, gap);
    slot.time = time;
    slot.value_end = value_begin + static_cast<std::uint32_t>(size);
    batch.count += 1;
    batch.size = slot.value_end;
    reserved_at_ = nothing_reserved;
  }

  [[noreturn, gnu::cold, gnu::noinline]] static void throw_wrong_commit() {
    throw usage_error("ostream::commit without a reserve() of at least as many bytes directly before it");
  }

  detail::binding* binding_ = nullptr;
  std::uint32_t index_ = 0;
  std::uint32_t reserved_at_ = nothing_reserved;  // The record's number in the batch.
  std::size_t reserved_ = 0;
};

}  // namespace weir
