// Calls of operators' code that do not return: an endless loop, a sleep, a lock that is never given back. A step lasts milliseconds, so one that has been under
// way for much longer is in such a call. Found by looking at what cores publish, from threads that are none. No call can be interrupted: what is known is told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/node/hosted.hpp"

namespace weir::runtime {

struct stuck_call {
  std::uint64_t log = 0;  ///< The partition's, or its chain's.
  std::string key;        ///< Whose code it is: "topology/operator".
  std::uint32_t partition = 0;
  int cpu = 0;
  std::int64_t began_ns = 0;  ///< Monotonic.
  std::int64_t lasts_ns = 0;
  bool off_core = false;              ///< A blocking operator's, on a thread of its own: its core goes on.
  std::vector<std::string> holds_up;  ///< Other operators on that core, or in its chain, which cannot go on before it returns.

  std::string who() const { return key + " partition " + std::to_string(partition); }
};

/// By log. Of a step that began before `now` - `limit_ns`; `now`: monotonic.
std::vector<stuck_call> stuck_calls(const hosted_table& all, std::int64_t now, std::int64_t limit_ns);

/// These logs and those that their partitions read: who drains needs an answer of each.
std::set<std::uint64_t> with_inputs(const hosted_table& all, std::set<std::uint64_t> logs);
/// The one that these logs' partitions stand behind: on the core of one of them, or their own.
std::optional<stuck_call> stuck_before(const hosted_table& all, const std::vector<stuck_call>& calls, const std::set<std::uint64_t>& logs);

/// "t/user partition 0 has not returned from its code for 15 s; core 1 stands still meanwhile, with t/rows".
std::string stuck_text(const stuck_call& c);
/// "0.3 s", "15 s".
std::string lasting_text(std::int64_t ns);
inline constexpr const char* stuck_end = "end the node (a second SIGTERM or kill -9 does at once; nothing that is durable is lost)";
/// What a user of a node that serves can do about it.
std::string stuck_remedy(const stuck_call& c);

/// What is to be said of them, each once. One thread.
class stuck_watch {
 public:
  static constexpr std::int64_t interval_ns = 1'000'000'000;  ///< Between two looks, unless the limit is shorter.

  struct line {
    std::uint64_t log = 0;
    bool returned = false;
    stuck_call call;
  };

  bool due(std::int64_t now, std::int64_t limit_ns) const noexcept { return now - looked_ns_ >= (limit_ns < interval_ns ? limit_ns : interval_ns); }
  /// A call is told of when two looks in a row have found it: a process that was stopped as a whole goes on first.
  std::vector<line> look(const std::vector<stuck_call>& found, std::int64_t now);
  /// How long the node has been draining, as far as this was asked.
  std::int64_t draining_ns(bool drains, std::int64_t now) noexcept;

 private:
  struct seen {
    stuck_call call;
    bool told = false;
  };
  std::map<std::uint64_t, seen> seen_;
  std::int64_t looked_ns_ = INT64_MIN / 2;
  std::int64_t drain_began_ns_ = 0;  ///< 0: not seen yet.
};

}  // namespace weir::runtime
