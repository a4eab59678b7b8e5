// A simulation that finds nothing proves nothing: with a sync left out it must find that something is wrong, and soon.
#include <catch2/catch.hpp>

#include "tests/simulation/seeds.hpp"
#include "tests/simulation/world.hpp"

using namespace weir::simulation;

namespace {

/// The first of a hundred seeds on which something is wrong, and what; 0 where there is none.
std::pair<std::uint64_t, std::string> find_bug(const scenario& what, const std::function<bool(const std::string&)>& forgets_syncs_of) {
  world undisturbed(what, 1);
  if (const auto done = undisturbed.run(); !done) FAIL(done.why().message);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    world w(what, seed, {.interruptions_max = 3, .length = undisturbed.length(), .forgets_syncs_of = forgets_syncs_of});
    const auto done = w.run();
    if (!done) return {seed, done.why().message};
    if (sorted_lines(w.output()) != what.expected) return {seed, "wrong results"};
  }
  return {};
}

const scenario& example() { return GENERATE(0, 1) == 0 ? word_count() : flights(); }

}  // namespace

TEST_CASE("a journal that is not synced is found out", "[simulation]") {
  // Segments as they are written to, already filled; what made and filled them is synced.
  const auto [seed, what] = find_bug(example(), [](const std::string& path) { return path.ends_with(".seg"); });
  INFO(what);
  CHECK(seed != 0);
}

TEST_CASE("a file-sink whose file is not synced is found out", "[simulation]") {
  const auto [seed, what] = find_bug(example(), [](const std::string& path) { return path.starts_with("/out/"); });
  INFO(what);
  CHECK(seed != 0);
}

TEST_CASE("a snapshot that is not synced is found out", "[simulation]") {
  const auto [seed, what] = find_bug(example(), [](const std::string& path) { return path.find("/snapshots/") != std::string::npos; });
  INFO(what);
  CHECK(seed != 0);
}
