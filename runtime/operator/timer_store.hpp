// The timers of one operator partition: (kind, key, sub-key) -> time, fired in order of (time, kind, key, sub-key); with the same undo and change
// tracking as state_store. Each operator of a chain has kinds of its own: those of the operator number n are 2n + WEIR_TIMER_…, below timer_ids_limit. Owned
// by one operator actor; one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/log/changes.hpp"

namespace weir::runtime {

struct due_timer {
  std::uint32_t kind = 0;  ///< WEIR_TIMER_...
  std::int64_t time = 0;
  std::string key;
  std::string subkey;
};

class timer_store {
 public:
  using savepoint = std::uint64_t;
  timer_store();
  timer_store(timer_store&&) noexcept;
  timer_store& operator=(timer_store&&) noexcept;
  ~timer_store();

  /// kind: one beyond timer_ids_limit is a bug. A million timers cost about 1 µs a set or take.
  void set(std::uint32_t kind, std::string_view key, std::string_view subkey, std::int64_t time);
  bool cancel(std::uint32_t kind, std::string_view key, std::string_view subkey);
  std::optional<std::int64_t> find(std::uint32_t kind, std::string_view key, std::string_view subkey) const;  ///< Its time, if it is set.
  /// The earliest timer of that kind, if any is at or before `limit`.
  std::optional<std::int64_t> next(std::uint32_t kind, std::int64_t limit = INT64_MAX) const;
  /// Removes the first timer in order of (time, kind, key, sub-key) among event timers at or before `watermark` and processing timers at or before `now`.
  /// Of the operator whose kinds begin with `first_id`; `out.kind` is WEIR_TIMER_….
  bool take_due(std::int64_t watermark, std::int64_t now, due_timer& out, std::uint32_t first_id = 0);

  /// As state_store's.
  savepoint set_savepoint();
  void roll_back(savepoint to);
  void take_changes(change_batch& out, std::uint32_t operators = 1);  ///< As state_store::take_changes: the id is the kind, as above.
  void apply(const change& c);
  void for_each_sorted(const std::function<void(const change&)>& f) const;  ///< By (kind, key, sub-key).
  std::uint64_t size() const noexcept;

 private:
  struct implementation;
  std::unique_ptr<implementation> self_;
};

}  // namespace weir::runtime
