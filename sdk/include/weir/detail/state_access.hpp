// The calls behind keyed_state and partition_state: one state of one operator object, untyped. A value; used by the thread that runs the hook.
#pragma once

#include <weir/abi.h>
#include <weir/detail/binding.hpp>
#include <weir/key.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// Calls a visitor that returns bool or void.
template <class F, class... Arguments>
bool visit(F& f, Arguments&&... arguments) {
  static_assert(std::is_invocable_v<F&, Arguments...>, "for_each: the function takes (std::string_view name, value) and returns bool (false stops) or void");
  if constexpr (std::is_void_v<std::invoke_result_t<F&, Arguments...>>) {
    f(std::forward<Arguments>(arguments)...);
    return true;
  } else {
    return f(std::forward<Arguments>(arguments)...);
  }
}

inline std::optional<std::string_view> found(std::string_view value) noexcept { return value.data() ? std::optional(value) : std::nullopt; }

class state_access {
 public:
  /// Bound to nothing; the texts are for the message to those who use it so.
  constexpr state_access(const char* what, const char* how) noexcept : what_(what), how_(how) {}
  state_access(binding* bound, std::uint32_t state) noexcept : binding_(bound), state_(state) {}

  /// data() is nullptr where there is none.
  std::string_view find(const key_argument& key, std::string_view subkey) const {
    weir_context* raw = bound();
    const char* value = nullptr;
    std::size_t size = 0;
    check(raw, raw->host->state_find(raw, state_, &key.raw(), data_of(subkey), subkey.size(), &value, &size));
    return {value, size};
  }
  char* at(const key_argument& key, std::string_view subkey) {
    weir_context* raw = bound();
    char* value = nullptr;
    check(raw, raw->host->state_at(raw, state_, &key.raw(), data_of(subkey), subkey.size(), &value));
    return value;
  }
  void put(const key_argument& key, std::string_view subkey, std::string_view value) {
    weir_context* raw = bound();
    check(raw, raw->host->state_put(raw, state_, &key.raw(), data_of(subkey), subkey.size(), data_of(value), value.size()));
  }
  bool erase(const key_argument& key) { return erase(key, nullptr, 0); }
  bool erase(const key_argument& key, std::string_view subkey) { return erase(key, data_of(subkey), subkey.size()); }

  /// f(subkey, value) -> bool. What f throws passes through here, not through the runtime.
  template <class F>
  void for_each(const key_argument& key, std::string_view from, F f) const {
    struct visitor {
      F* f;
      std::exception_ptr error;
    } each{&f, nullptr};
    const weir_visit call = [](void* user, const char* subkey, std::size_t subkey_size, const char* value, std::size_t value_size) noexcept -> std::int32_t {
      auto& v = *static_cast<visitor*>(user);
      try {
        return (*v.f)(std::string_view(subkey, subkey_size), std::string_view(value, value_size)) ? 1 : 0;
      } catch (...) {
        v.error = std::current_exception();
        return 0;
      }
    };
    weir_context* raw = bound();
    const std::int32_t failed = raw->host->state_for_each(raw, state_, &key.raw(), data_of(from), from.size(), call, &each);
    if (each.error) std::rethrow_exception(each.error);
    check(raw, failed);
  }

 private:
  weir_context* bound() const {
    if (!binding_) [[unlikely]]
      throw_unbound(what_, how_);
    return binding_->raw;
  }
  bool erase(const key_argument& key, const char* subkey, std::size_t subkey_size) {
    weir_context* raw = bound();
    std::int32_t erased = 0;
    check(raw, raw->host->state_erase(raw, state_, &key.raw(), subkey, subkey_size, &erased));
    return erased != 0;
  }

  binding* binding_ = nullptr;
  std::uint32_t state_ = 0;
  const char* what_ = nullptr;
  const char* how_ = nullptr;
};

}  // namespace weir::detail
