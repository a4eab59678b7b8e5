// Kills runs of a scenario at random moments until enough of them count, lets the last one end, and compares the result with that of an undisturbed run.
#pragma once

#include <cstdint>
#include <random>

#include "tests/crash/scenario.hpp"

namespace weir::test {

/// How many kills count in all, over all scenarios: $WEIR_CRASH_KILLS, or so many that they take half a minute.
std::size_t kills_in_all();
/// The part of scenario number `index` of `scenarios`.
std::size_t kills_of(std::size_t index, std::size_t scenarios);

/// Random moments; the seed is $WEIR_CRASH_SEED, or drawn, and printed when a test fails.
class moments {
 public:
  moments();
  std::uint64_t seed() const noexcept { return seed_; }
  std::chrono::microseconds within(std::chrono::milliseconds most) {
    return std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, most.count() * 1000)(engine_));
  }
  bool one_in(int n) { return std::uniform_int_distribution<int>(1, n)(engine_) == 1; }

 private:
  std::uint64_t seed_;
  std::mt19937_64 engine_;
};

/// Fails unless the disturbed site has the undisturbed one's result.
void compare(const site& disturbed, const site& undisturbed);
/// Fails unless each line of `shown`, which a sink had put out before something went wrong, is in the result: sinks are given durable frames only, so what
/// they show stays true, also where a repetition would have come to another line.
void check_still_there(const std::vector<std::string>& shown, const site& result);

/// A kill counts when the run had put something out and what was put out is not everything. Now and then a run is killed while it still recovers; that never
/// counts. Data directories that came to their end are checked and replaced by new ones.
void kill_and_compare(const scenario& s, std::size_t kills);

}  // namespace weir::test
