// kill -9 at random moments, restarts, and the result of an undisturbed run. Several scenarios share the kills that $WEIR_CRASH_KILLS asks for.
#include "tests/crash/kill_loop.hpp"

using namespace weir::test;

namespace {
constexpr std::size_t scenarios = 13;
}

TEST_CASE("word_count killed at random moments gives the result of an undisturbed run, at parallelism 1 to 4", "[crash][kill]") {
  const std::size_t index = GENERATE(0u, 1u, 2u, 3u);
  INFO("parallelism " << index + 1);
  kill_and_compare(word_count(static_cast<int>(index) + 1), kills_of(index, scenarios));
}

TEST_CASE("flights, whose rows come from timers, killed at random moments give the board of an undisturbed run", "[crash][kill]") {
  const std::size_t index = GENERATE(4u, 5u);
  const int parallelism = index == 4 ? 2 : 3;
  INFO("parallelism " << parallelism);
  kill_and_compare(flights(parallelism), kills_of(index, scenarios));
}

TEST_CASE("dead letters are each there once after kills at random moments", "[crash][kill]") {
  const workspace place;
  const scenario s = flights_with_dead_letters(2, place);
  std::filesystem::create_directory(place / "site");
  const site undisturbed(s, place / "site");
  const int status = undisturbed.run();
  INFO(undisturbed.complaints());
  REQUIRE(status == 0);
  REQUIRE(undisturbed.result()[0] == lines_of(read_text(WEIR_SOURCE_DIR "/examples/flights/expected.csv")));
  REQUIRE(undisturbed.result()[1] == sorted(bad_flights(200)));
  kill_and_compare(s, kills_of(6, scenarios));
}

TEST_CASE("three partitions that number their share of a shuffled stream leave no gap and no repeat after kills", "[crash][kill]") {
  kill_and_compare(numbered_lines(), kills_of(7, scenarios));
}

TEST_CASE("a sink a hundred times slower than its source, killed at random moments, writes every record once", "[crash][kill]") {
  kill_and_compare(slow_sink(10000), kills_of(8, scenarios));
}

TEST_CASE("sessions that clicks out of order open and merge are those of an undisturbed run after kills", "[crash][kill]") {
  kill_and_compare(sessions(2), kills_of(9, scenarios));
}

TEST_CASE("a strongest earthquake an hour and each alert once, after kills", "[crash][kill]") { kill_and_compare(earthquakes(2), kills_of(10, scenarios)); }

TEST_CASE("alerts judged by rules of their time are those of an undisturbed run after kills, however two sources race", "[crash][kill]") {
  kill_and_compare(fraud(3), kills_of(11, scenarios));
}

TEST_CASE("orders joined with the customers of their time are those of an undisturbed run after kills", "[crash][kill]") {
  kill_and_compare(enrich(2), kills_of(12, scenarios));
}
