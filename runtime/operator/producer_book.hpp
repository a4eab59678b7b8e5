// What an external stream's partition remembers of those who number their records: by name the highest number that it has taken, and when. Bounded: who was
// not heard of for longest is forgotten. A copy in memory of what is state, for those who may not touch that. Its owner locks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace weir::runtime {

class producer_book {
 public:
  explicit producer_book(std::size_t producers_max) : producers_max_(producers_max) {}

  /// 0 where it is not known.
  std::uint64_t number_of(std::string_view producer) const {
    const auto found = producers_.find(producer);
    return found == producers_.end() ? 0 : found->second.number;
  }
  /// Whom it forgets for that.
  std::optional<std::string> note(std::string_view producer, std::uint64_t number, std::int64_t heard_ns) {
    auto found = producers_.find(producer);
    if (found == producers_.end())
      found = producers_.emplace(std::string(producer), entry{}).first;
    else
      by_age_.erase({found->second.heard_ns, found->first});
    found->second = {number, heard_ns};
    by_age_.emplace(heard_ns, found->first);
    if (producers_.size() <= producers_max_) return std::nullopt;
    // Whoever was heard of just now stays, also where the clock has gone back.
    auto oldest = by_age_.begin();
    if (oldest->second == producer) ++oldest;
    std::string forgotten(oldest->second);
    by_age_.erase(oldest);
    producers_.erase(forgotten);
    return forgotten;
  }

 private:
  struct entry {
    std::uint64_t number = 0;
    std::int64_t heard_ns = 0;
  };
  std::size_t producers_max_;
  std::map<std::string, entry, std::less<>> producers_;
  std::set<std::pair<std::int64_t, std::string_view>> by_age_;  ///< Views of the names in producers_, whose nodes do not move.
};

}  // namespace weir::runtime
