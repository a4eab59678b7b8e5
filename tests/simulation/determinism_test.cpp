// One seed is one run, byte for byte; another seed is another run with the same results. And nothing runs beside the one thread.
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/simulation/seeds.hpp"
#include "tests/simulation/world.hpp"

using namespace weir::simulation;

namespace {

const scenario& example() { return GENERATE(0, 1) == 0 ? word_count() : flights(); }

void run(world& w, std::uint64_t seed) {
  const auto done = w.run();
  if (!done) FAIL(done.why().message << '\n' << replay(seed));
}

/// The first place where two data directories differ; empty where there is none.
std::string difference(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  for (const auto& [path, content] : a) {
    const auto other = b.find(path);
    if (other == b.end()) return path + " is there only once";
    if (other->second.size() != content.size()) return path + " has two sizes";
    for (std::size_t i = 0; i < content.size(); ++i)
      if (content[i] != other->second[i]) return path + " differs at byte " + std::to_string(i);
  }
  return a.size() == b.size() ? "" : "there are more files";
}

}  // namespace

TEST_CASE("the same seed writes the same journal, byte for byte", "[simulation]") {
  const scenario& what = example();
  const int interruptions = GENERATE(0, 3);
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    INFO(what.name << ", seed " << seed << ", interruptions " << interruptions);
    const world_options options{.interruptions_max = interruptions, .length = {2'000, 200}};
    world first(what, seed, options);
    world second(what, seed, options);
    run(first, seed);
    run(second, seed);
    CHECK(first.length().turns == second.length().turns);
    CHECK_THAT(difference(first.data(), second.data()), Catch::Equals(""));
    CHECK(first.output() == second.output());
    CHECK(first.data().size() > 1);
  }
}

TEST_CASE("two seeds write two journals with the same results", "[simulation]") {
  const scenario& what = example();
  INFO(what.name);
  world first(what, 1);
  world second(what, 2);
  run(first, 1);
  run(second, 2);
  CHECK_THAT(difference(first.data(), second.data()), !Catch::Equals(""));
  CHECK(first.length().turns != second.length().turns);
  CHECK(sorted_lines(first.output()) == what.expected);
  CHECK(sorted_lines(second.output()) == what.expected);
  CHECK(what.expected.size() > 500);
}

TEST_CASE("a simulated node runs in one thread", "[simulation]") {
  const auto threads = [] {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
  };
  const auto before = threads();
  std::ptrdiff_t within = 0;
  world w(word_count(), 1);
  w.at_each_turn([&] { within = std::max<std::ptrdiff_t>(within, threads()); });
  run(w, 1);
  CHECK(before == 1);
  CHECK(within == 1);
}
