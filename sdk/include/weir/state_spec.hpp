// What an operator declares of a state: its name, version and form, and how values of other versions become this one's. Plain data, made by
// stream_operator::metadata(); any thread.
//
// A state's identity is (name, version, size or schema). Whoever changes the meaning of the bytes raises the version and says how to convert:
//
//   .states = {weir::keyed<seen>("count", 2).from<std::uint64_t>(1, up).to<std::uint64_t>(1, down)}
//
// `up` takes a value of version 1 and returns a `seen`; `down` the other way, for `weir rollback`. Each value is converted when it is first accessed, and
// belongs to that frame's changes; what is never accessed stays as it is. So conversions from every version that a data directory still holds must be kept.
// What a conversion throws is the error of the record that needed the value. Conversions get no context: the same value always converts to the same.
#pragma once

#include <weir/state_type.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

namespace detail {

/// A copyable function from stored bytes to stored bytes. (A std::function would be a tenth more for every operator's source to compile.)
class conversion {
 public:
  template <class F>
  explicit conversion(F f) : held_(new holder<F>(std::move(f))) {}
  conversion(const conversion& o) : held_(o.held_->clone()) {}
  conversion(conversion&& o) noexcept : held_(std::exchange(o.held_, nullptr)) {}
  conversion& operator=(conversion o) noexcept {
    std::swap(held_, o.held_);
    return *this;
  }
  ~conversion() { delete held_; }
  std::string operator()(std::string_view stored) const { return held_->call(stored); }

 private:
  struct holder_base {
    virtual ~holder_base() = default;
    virtual std::string call(std::string_view stored) const = 0;
    virtual holder_base* clone() const = 0;
  };
  template <class F>
  struct holder final : holder_base {
    explicit holder(F given) : f(std::move(given)) {}
    std::string call(std::string_view stored) const override { return f(stored); }
    holder_base* clone() const override { return new holder(f); }
    F f;
  };
  holder_base* held_;
};

}  // namespace detail

/// Between the declared version of a state and another one.
struct state_conversion {
  bool from;                   ///< The other version's values become this one's; else the other way, for going back.
  std::uint32_t version;       ///< The other one.
  bool varying;                ///< Whether the other one's values are of any length.
  std::uint32_t size;          ///< Bytes of the other one's fixed values.
  std::string schema;          ///< Of the other one's tables: their name.
  detail::conversion convert;  ///< Stored bytes to stored bytes.
};

/// A state, made by keyed<T> or per_partition<T>.
struct state_spec {
  std::string name;                           ///< Unique among the operator's states.
  std::uint32_t version;                      ///< To be raised when the meaning of the bytes changes.
  bool per_partition;                         ///< Else by key.
  bool varying;                               ///< weir::bytes, or a table: of any length.
  std::uint32_t size;                         ///< Bytes of a fixed value.
  void (*normalize)(void*);                   ///< Zeroes a fixed value's padding; nullptr where it has none.
  std::string_view type_name;                 ///< Two types of one size are still two types.
  std::string schema;                         ///< Of a table: its name.
  std::vector<state_conversion> conversions;  ///< As .from() and .to() added them.
};

namespace detail {

template <class T, class Derived>
struct typed_state_spec : state_spec {
  typed_state_spec(std::string called, std::uint32_t of_version, bool of_partition)
      : state_spec{
            std::move(called), of_version, of_partition, value::varying, value::size, value::normalize, value::name(), std::string(value::schema()), {}} {
    static_assert(check_state<T>());
  }

  /// f(const Old&) -> T: from the value that version `other` stored.
  template <class Old, class F>
  Derived& from(std::uint32_t other, F f) {
    static_assert(std::is_invocable_v<const F&, decltype(state_value<Old>::decode({}))>, "from<Old>(version, f): f takes the old value");
    return add<Old>(true, other,
                    detail::conversion([f = std::move(f)](std::string_view stored) { return value::encode(f(state_value<Old>::decode(stored))); }));
  }
  /// f(const T&) -> Old: what version `other` would have stored.
  template <class Old, class F>
  Derived& to(std::uint32_t other, F f) {
    static_assert(std::is_invocable_v<const F&, decltype(value::decode({}))>, "to<Old>(version, f): f takes the new value");
    return add<Old>(false, other,
                    detail::conversion([f = std::move(f)](std::string_view stored) { return state_value<Old>::encode(f(value::decode(stored))); }));
  }

 private:
  using value = state_value<T>;

  template <class Old>
  Derived& add(bool upward, std::uint32_t other, detail::conversion convert) {
    static_assert(check_state<Old>());
    using old = state_value<Old>;
    conversions.push_back({upward, other, old::varying, old::size, std::string(old::schema()), std::move(convert)});
    return static_cast<Derived&>(*this);
  }
};

}  // namespace detail

/// State by key (and sub-key): `.states = {weir::keyed<std::uint64_t>("count")}`, opened with `ctx.state<std::uint64_t>("count")`.
template <class T>
struct keyed : detail::typed_state_spec<T, keyed<T>> {
  /// Raise the version when the meaning of the bytes changes.
  explicit keyed(std::string called, std::uint32_t of_version = 1) : detail::typed_state_spec<T, keyed<T>>(std::move(called), of_version, false) {}
};

/// State of the partition as a whole: read positions, broadcast tables. Opened with `ctx.partition_state<T>(name)`.
template <class T>
struct per_partition : detail::typed_state_spec<T, per_partition<T>> {
  /// Raise the version when the meaning of the bytes changes.
  explicit per_partition(std::string called, std::uint32_t of_version = 1)
      : detail::typed_state_spec<T, per_partition<T>>(std::move(called), of_version, true) {}
};

}  // namespace weir
