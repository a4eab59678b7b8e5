// Power cuts, kills and interrupts at random points, page writes included: whatever was lost, every result comes out once.
#include <catch2/catch.hpp>

#include "tests/simulation/seeds.hpp"
#include "tests/simulation/world.hpp"

using namespace weir::simulation;

namespace {

bool all_seeds() { return seeds().size() >= seeds_by_default; }

encounters survive(const scenario& what) {
  world undisturbed(what, 1);
  if (const auto done = undisturbed.run(); !done) FAIL(done.why().message);
  encounters met;
  const auto all = seeds();
  for (const std::uint64_t seed : all) {
    world w(what, seed, {.interruptions_max = 3, .length = undisturbed.length()});
    const auto done = w.run();
    if (!done) FAIL(done.why().message << '\n' << replay(seed));
    if (sorted_lines(w.output()) != what.expected) FAIL("wrong results after " << w.met().interruptions << " interruptions\n" << replay(seed));
    met += w.met();
  }
  if (!all_seeds()) return met;
  CHECK(met.interruptions >= all.size());
  CHECK(met.interrupted_boots > 0);
  CHECK(met.torn_tails > 0);
  CHECK(met.snapshots > 0);
  return met;
}

}  // namespace

TEST_CASE("word_count counts every word once through crashes", "[simulation]") {
  const encounters met = survive(word_count());
  if (all_seeds()) CHECK(met.recycled_segments > 0);
}

TEST_CASE("flights gives every row once through crashes", "[simulation]") {
  survive(flights());  // Nobody reads its dead letters, so that few segments are recycled.
}

TEST_CASE("word_count counts every word once through crashes where splitter and counter are one chain", "[simulation][chain]") {
  const encounters met = survive(word_count_chained());
  if (all_seeds()) CHECK(met.recycled_segments > 0);
}

TEST_CASE("flights gives every row once through crashes where parser and board are one chain", "[simulation][chain]") { survive(flights_chained()); }
