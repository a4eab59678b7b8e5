// What hooks are given: records and timers. Neither can be copied: their bytes belong to the runtime and are valid until the hook returns. To keep something,
// copy it: `std::string(record.value)`.
#pragma once

#include <weir/detail/sentence.hpp>
#include <weir/key.hpp>
#include <weir/state_type.hpp>
#include <weir/time.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace weir {

/// Where a record stands: unique and stable for ever, so it serves as an idempotence key for writes to the outside.
struct position {
  std::uint64_t log = 0;    ///< The log that holds it: one per operator partition.
  std::uint64_t lsn = 0;    ///< Of its frame: rises within a log.
  std::uint32_t index = 0;  ///< Within the frame.
  /// All three equal.
  friend constexpr bool operator==(const position&, const position&) = default;
  /// By log, frame, index.
  friend constexpr auto operator<=>(const position&, const position&) = default;
};

/// A record of one of the istreams, as process_record is given it.
class record {
 public:
  record() = default;
  record(const record&) = delete;
  record& operator=(const record&) = delete;

  record_key key;             ///< With its hash.
  std::string_view value;     ///< Begins at a multiple of 8 bytes.
  event_time time;            ///< As its producer set it.
  std::uint16_t istream = 0;  ///< Index in metadata().istreams.
  bool late = false;          ///< Its time lies before the operator's watermark: timers of its time have fired already.
  weir::position position{};  ///< The same in every repetition of a step.

  /// A copy of the value as a T, which is trivially copyable and holds no pointers or views. Throws std::invalid_argument where the value has not the size of a
  /// T.
  template <class T>
  T as() const {
    static_assert(detail::check_value<T>());
    if (value.size() != sizeof(T)) throw_wrong_size(detail::type_name<T>(), sizeof(T));
    std::remove_cv_t<T> copy;
    std::memcpy(&copy, value.data(), sizeof copy);
    return copy;
  }

 private:
  [[noreturn, gnu::cold, gnu::noinline]] void throw_wrong_size(std::string_view type, std::size_t size) const {
    throw std::invalid_argument(detail::sentence({"the value has ", std::to_string(value.size()), " bytes, but a ", type, " has ", std::to_string(size)}));
  }
};

/// A timer that is due, as process_timer is given it.
class timer {
 public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  timer_kind kind = timer_kind::event;  ///< Which clock moved it.
  record_key key;                       ///< As it was set with; keyed state may be used with it.
  std::string_view subkey;              ///< As it was set with.
  event_time at;  ///< When it was set for, and the time of what it produces. For a processing-time timer: the same nanoseconds of the node's clock.
};

}  // namespace weir
