// The timers of a test: (kind, key, sub-key) -> time, in the order in which they fire. Copies are savepoints. Not thread-safe.
#pragma once

#include <weir/abi.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

namespace weir::testing {

struct due_timer {
  std::int64_t time = 0;
  std::uint32_t kind = WEIR_TIMER_EVENT;
  std::string key;
  std::string subkey;
  friend auto operator<=>(const due_timer&, const due_timer&) = default;
};

class timers {
 public:
  void set(std::uint32_t kind, std::string_view key, std::string_view subkey, std::int64_t time) {
    cancel(kind, key, subkey);
    times_.emplace(id(kind, key, subkey), time);
    order_.insert({time, kind, std::string(key), std::string(subkey)});
  }
  void cancel(std::uint32_t kind, std::string_view key, std::string_view subkey) {
    const auto found = times_.find(id(kind, key, subkey));
    if (found == times_.end()) return;
    order_.erase({found->second, kind, std::string(key), std::string(subkey)});
    times_.erase(found);
  }
  std::optional<std::int64_t> time_of(std::uint32_t kind, std::string_view key, std::string_view subkey) const {
    const auto found = times_.find(id(kind, key, subkey));
    return found == times_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Removes and returns the first timer that is due by its clock.
  std::optional<due_timer> take_due(std::int64_t watermark, std::int64_t now) {
    for (auto one = order_.begin(); one != order_.end(); ++one) {
      if (one->time > watermark && one->time > now) break;
      if (one->time > (one->kind == WEIR_TIMER_EVENT ? watermark : now)) continue;
      due_timer due = *one;
      cancel(due.kind, due.key, due.subkey);
      return due;
    }
    return std::nullopt;
  }
  std::size_t size() const noexcept { return times_.size(); }

 private:
  using timer_id = std::tuple<std::uint32_t, std::string, std::string>;
  static timer_id id(std::uint32_t kind, std::string_view key, std::string_view subkey) { return {kind, std::string(key), std::string(subkey)}; }

  std::map<timer_id, std::int64_t> times_;
  std::set<due_timer> order_;
};

}  // namespace weir::testing
