// The operator's state: it lives in the runtime, survives crashes and redeploys, and is undone when a step fails. These are handles on it, valid as long as the
// operator's object, to be used inside hooks by the thread that runs them. An access costs one call into the runtime.
//
// Rules: a reference, pointer or view ends at the next access of the same state. In an operator with a group_by istream, keys are the current record's or
// timer's key (another throws host_error), so that state can be moved by key.
#pragma once

#include <weir/abi.h>
#include <weir/detail/state_access.hpp>
#include <weir/key.hpp>
#include <weir/state_type.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace weir {

/// Values of type T by key and sub-key; a key without sub-keys has the empty one.
template <class T>
class keyed_state {
  static_assert(!std::is_const_v<T> && !std::is_reference_v<T>, "weir: drop const and & from the type");

 public:
  keyed_state() = default;  ///< Bound to nothing: assign `ctx.state<T>(name)` in initialize().

  /// The value, or nullptr. Reading changes nothing.
  const T* find(const key_argument& key, std::string_view subkey = {}) const { return reinterpret_cast<const T*>(access_.find(key, subkey).data()); }
  /// The value for writing; where absent it is made of zero bytes first. Belongs to the frame's changes even when nothing is written.
  T& operator[](const key_argument& key) { return *reinterpret_cast<T*>(access_.at(key, {})); }
  /// As operator[], under a sub-key.
  T& at(const key_argument& key, std::string_view subkey = {}) { return *reinterpret_cast<T*>(access_.at(key, subkey)); }
  /// Removes the key with all its sub-keys; false where there was none.
  bool erase(const key_argument& key) { return access_.erase(key); }
  /// Removes one sub-key (the empty one too); false where there was none.
  bool erase(const key_argument& key, std::string_view subkey) { return access_.erase(key, subkey); }
  /// Calls f(std::string_view subkey, const T&) in byte order of the sub-keys, from `from` on, until f returns false (or to the end, where it returns void).
  /// f may not change this state.
  template <class F>
  void for_each(const key_argument& key, std::string_view from, F&& f) const {
    access_.for_each(key, from,
                     [&f](std::string_view subkey, std::string_view value) { return detail::visit(f, subkey, *reinterpret_cast<const T*>(value.data())); });
  }
  /// As above, of all sub-keys.
  template <class F>
  void for_each(const key_argument& key, F&& f) const {
    for_each(key, {}, f);
  }

 private:
  friend class context;
  explicit keyed_state(detail::state_access access) noexcept : access_(access) {}
  detail::state_access access_{"keyed_state", "ctx.state<T>(name)"};
};

/// Values of any length.
template <>
class keyed_state<bytes> {
 public:
  keyed_state() = default;  ///< Bound to nothing: assign `ctx.state<weir::bytes>(name)` in initialize().

  /// A view of the value, or nothing.
  std::optional<std::string_view> find(const key_argument& key, std::string_view subkey = {}) const { return detail::found(access_.find(key, subkey)); }
  /// Sets the value; the bytes are copied.
  void put(const key_argument& key, std::string_view value) { access_.put(key, {}, value); }
  /// As above, under a sub-key.
  void put(const key_argument& key, std::string_view subkey, std::string_view value) { access_.put(key, subkey, value); }
  /// Removes the key with all its sub-keys; false where there was none.
  bool erase(const key_argument& key) { return access_.erase(key); }
  /// Removes one sub-key (the empty one too); false where there was none.
  bool erase(const key_argument& key, std::string_view subkey) { return access_.erase(key, subkey); }
  /// f(std::string_view subkey, std::string_view value), as above.
  template <class F>
  void for_each(const key_argument& key, std::string_view from, F&& f) const {
    access_.for_each(key, from, [&f](std::string_view subkey, std::string_view value) { return detail::visit(f, subkey, value); });
  }
  /// As above, of all sub-keys.
  template <class F>
  void for_each(const key_argument& key, F&& f) const {
    for_each(key, {}, f);
  }

 private:
  friend class context;
  explicit keyed_state(detail::state_access access) noexcept : access_(access) {}
  detail::state_access access_{"keyed_state", "ctx.state<weir::bytes>(name)"};
};

/// Named values of type T of this partition, tied to no key.
template <class T>
class partition_state {
  static_assert(!std::is_const_v<T> && !std::is_reference_v<T>, "weir: drop const and & from the type");

 public:
  partition_state() = default;  ///< Bound to nothing: assign `ctx.partition_state<T>(name)` in initialize().

  /// The value, or nullptr.
  const T* find(std::string_view name) const { return reinterpret_cast<const T*>(access_.find("", name).data()); }
  /// The value for writing; where absent it is made of zero bytes first.
  T& operator[](std::string_view name) { return *reinterpret_cast<T*>(access_.at("", name)); }
  /// False where there was none.
  bool erase(std::string_view name) { return access_.erase("", name); }
  /// Calls f(std::string_view name, const T&) in byte order of the names, until f returns false (or to the end, where it returns void).
  template <class F>
  void for_each(F&& f) const {
    access_.for_each("", {}, [&f](std::string_view name, std::string_view value) { return detail::visit(f, name, *reinterpret_cast<const T*>(value.data())); });
  }

 private:
  friend class context;
  explicit partition_state(detail::state_access access) noexcept : access_(access) {}
  detail::state_access access_{"partition_state", "ctx.partition_state<T>(name)"};
};

/// Named values of any length.
template <>
class partition_state<bytes> {
 public:
  partition_state() = default;  ///< Bound to nothing: assign `ctx.partition_state<weir::bytes>(name)` in initialize().

  /// A view of the value, or nothing.
  std::optional<std::string_view> find(std::string_view name) const { return detail::found(access_.find("", name)); }
  /// Sets the value; the bytes are copied.
  void put(std::string_view name, std::string_view value) { access_.put("", name, value); }
  /// False where there was none.
  bool erase(std::string_view name) { return access_.erase("", name); }
  /// f(std::string_view name, std::string_view value), as above.
  template <class F>
  void for_each(F&& f) const {
    access_.for_each("", {}, [&f](std::string_view name, std::string_view value) { return detail::visit(f, name, value); });
  }

 private:
  friend class context;
  explicit partition_state(detail::state_access access) noexcept : access_(access) {}
  detail::state_access access_{"partition_state", "ctx.partition_state<weir::bytes>(name)"};
};

}  // namespace weir
