// FlatBuffers tables as record values and as state. The only header of the SDK that needs FlatBuffers (its headers; the operator links nothing).
//
//   void initialize(weir::context& ctx) override { last_ = ctx.state<weir::flat<Flight>>("last"); }
//   void process_record(weir::context&, const weir::record& r) override {
//     const weir::flat<Flight> flight(r);               // throws where the value is no Flight
//     if (const Flight* before = last_.find(r.key)) …   // declared as weir::keyed<weir::flat<Flight>>("last")
//     builder_.Clear();
//     builder_.Finish(CreateFlight(builder_, flight->delay()));
//     last_.put(r.key, builder_);
//     out_.produce(r.key, weir::bytes_of(builder_));
//   }
//
// Values and states are 8-byte aligned, as tables need it; `force_align` beyond 8 is refused. Bytes that come from outside the class (record values, texts) are
// verified, those that a builder has just made are not, nor are those that come back from the state: frames have checksums.
#pragma once

#include <weir/ostream.hpp>
#include <weir/record.hpp>
#include <weir/state.hpp>
#include <weir/state_type.hpp>

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir {

/// A verified table in a record's value; also the name of such a type in states. A view: valid until the hook returns.
template <class Table>
class flat {
  static_assert(std::is_base_of_v<flatbuffers::Table, Table>, "weir::flat<T>: T is a table that flatc made (not a struct, which is a value of its own)");

 public:
  /// Verifies the whole value: some 20 ns for a small table, more with its size. Throws std::invalid_argument where it is no Table.
  explicit flat(const record& r) : flat(r.value) {}
  /// As above, of bytes that begin at a multiple of 8, as values of records and states do.
  explicit flat(std::string_view value) : table_(verified(value)) {}

  /// Of the record's bytes: valid until the hook returns.
  const Table& operator*() const noexcept { return *table_; }
  /// As operator*.
  const Table* operator->() const noexcept { return table_; }

 private:
  static const Table* verified(std::string_view value) {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
    if (reinterpret_cast<std::uintptr_t>(value.data()) % 8 != 0 || value.empty() || !verifier.VerifyBuffer<Table>(nullptr)) throw_wrong(value.size());
    return flatbuffers::GetRoot<Table>(value.data());
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void throw_wrong(std::size_t size) {
    throw std::invalid_argument(detail::sentence({"the value of ", std::to_string(size), " bytes is not a ", detail::type_name<Table>()}));
  }
  const Table* table_;
};

/// The finished table of a builder, to be produced or put; valid until the builder is used again.
inline std::string_view bytes_of(const flatbuffers::FlatBufferBuilder& finished) {
  return {reinterpret_cast<const char*>(finished.GetBufferPointer()), finished.GetSize()};
}
inline std::string_view bytes_of(const flatbuffers::DetachedBuffer& finished) noexcept {
  return {reinterpret_cast<const char*>(finished.data()), finished.size()};
}

namespace detail {

template <class Table>
struct state_value<flat<Table>> {
  static constexpr bool varying = true;
  static constexpr std::uint32_t size = 0;
  static constexpr void (*normalize)(void*) = nullptr;
  static constexpr std::string_view name() noexcept { return type_name<flat<Table>>(); }
  /// Fields may be added to a table without a new version, so its name is what identifies it.
  static constexpr std::string_view schema() noexcept { return type_name<Table>(); }
  static const Table& decode(std::string_view stored) { return *flat<Table>(stored); }
  static std::string encode(const flatbuffers::DetachedBuffer& finished) { return std::string(bytes_of(finished)); }
};

template <class Table>
const Table* table_in(std::string_view stored) noexcept {
  return stored.data() ? flatbuffers::GetRoot<Table>(stored.data()) : nullptr;
}

/// What both kinds of state share: values are found as tables, and put as finished builders or as bytes, which are verified.
template <class Table>
class flat_state {
 protected:
  explicit flat_state(state_access access) noexcept : access_(access) {}

  const Table* find_at(const key_argument& key, std::string_view subkey) const { return table_in<Table>(access_.find(key, subkey)); }
  void put_at(const key_argument& key, std::string_view subkey, const flatbuffers::FlatBufferBuilder& finished) {
    access_.put(key, subkey, bytes_of(finished));
  }
  void put_at(const key_argument& key, std::string_view subkey, const flatbuffers::DetachedBuffer& finished) { access_.put(key, subkey, bytes_of(finished)); }
  void put_at(const key_argument& key, std::string_view subkey, std::string_view bytes) {
    flat<Table>{bytes};
    access_.put(key, subkey, bytes);
  }
  template <class F>
  void for_each_at(const key_argument& key, std::string_view from, F& f) const {
    access_.for_each(key, from, [&f](std::string_view subkey, std::string_view value) { return visit(f, subkey, *table_in<Table>(value)); });
  }

  state_access access_;
};

}  // namespace detail

/// Tables by key and sub-key; see keyed_state. A table is replaced as a whole: what find() returned ends with put().
template <class Table>
class keyed_state<flat<Table>> : detail::flat_state<Table> {
  using base = detail::flat_state<Table>;

 public:
  keyed_state() : base({"keyed_state", "ctx.state<weir::flat<T>>(name)"}) {}

  /// The table, or nullptr.
  const Table* find(const key_argument& key, std::string_view subkey = {}) const { return base::find_at(key, subkey); }
  /// `value`: a finished FlatBufferBuilder or DetachedBuffer, or bytes (a record's value).
  template <class Value>
  void put(const key_argument& key, const Value& value) {
    base::put_at(key, {}, value);
  }
  /// As above, under a sub-key.
  template <class Value>
  void put(const key_argument& key, std::string_view subkey, const Value& value) {
    base::put_at(key, subkey, value);
  }
  /// Removes the key with all its sub-keys; false where there was none.
  bool erase(const key_argument& key) { return base::access_.erase(key); }
  /// Removes one sub-key (the empty one too); false where there was none.
  bool erase(const key_argument& key, std::string_view subkey) { return base::access_.erase(key, subkey); }
  /// Calls f(std::string_view subkey, const Table&) in byte order of the sub-keys, as keyed_state<T>::for_each.
  template <class F>
  void for_each(const key_argument& key, std::string_view from, F&& f) const {
    base::for_each_at(key, from, f);
  }
  /// As above, of all sub-keys.
  template <class F>
  void for_each(const key_argument& key, F&& f) const {
    base::for_each_at(key, {}, f);
  }

 private:
  friend class context;
  explicit keyed_state(detail::state_access access) noexcept : base(access) {}
};

/// Named tables of this partition; see partition_state.
template <class Table>
class partition_state<flat<Table>> : detail::flat_state<Table> {
  using base = detail::flat_state<Table>;

 public:
  partition_state() : base({"partition_state", "ctx.partition_state<weir::flat<T>>(name)"}) {}

  /// The table, or nullptr.
  const Table* find(std::string_view name) const { return base::find_at("", name); }
  /// `value`: as keyed_state's.
  template <class Value>
  void put(std::string_view name, const Value& value) {
    base::put_at("", name, value);
  }
  /// False where there was none.
  bool erase(std::string_view name) { return base::access_.erase("", name); }
  /// Calls f(std::string_view name, const Table&) in byte order of the names.
  template <class F>
  void for_each(F&& f) const {
    base::for_each_at("", {}, f);
  }

 private:
  friend class context;
  explicit partition_state(detail::state_access access) noexcept : base(access) {}
};

}  // namespace weir
