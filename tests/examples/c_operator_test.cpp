#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/examples/loaded.hpp"
#include "tests/examples/run_weir.hpp"

using namespace std::chrono_literals;

namespace {
/// The rows of some flights, sorted, computed apart from the example's code.
std::vector<std::string> model(const std::string& flights) {
  std::map<std::pair<std::string, std::string>, long> longest;
  for (const std::string& line : run_weir::lines(flights)) {
    const auto flight = nlohmann::json::parse(line);
    std::string day = flight["date"].get<std::string>().substr(0, 10);
    day[4] = day[7] = '-';
    const long delay = flight["delay"].get<long>();
    if (delay < 15) continue;
    long& most = longest[{flight["origin"], day}];
    most = std::max(most, delay);
  }
  std::vector<std::string> rows;
  for (const auto& [key, delay] : longest) rows.push_back(key.first + ',' + key.second + ',' + std::to_string(delay));
  return run_weir::sorted(rows);
}

constexpr weir::event_time at(std::chrono::nanoseconds since_epoch) { return weir::event_time(since_epoch); }
}  // namespace

TEST_CASE("c_operator's expected result is what an independent computation gives", "[examples][c_operator]") {
  const auto rows = model(run_weir::read(run_weir::source() / "examples/data/flights.ndjson"));
  CHECK(rows.size() == 2042);
  CHECK(run_weir::lines(run_weir::read(run_weir::source() / "examples/c_operator/expected.csv")) == rows);
}

TEST_CASE("an operator in C gives the longest delay of every airport and day, whatever the parallelism", "[examples][c_operator]") {
  const int partitions = GENERATE(1, 3);
  run_weir weir("c_operator");
  weir.parallelism(partitions);
  INFO("parallelism " << partitions);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(run_weir::sorted(run_weir::lines(weir.read(weir.out("longest.csv")))) ==
        run_weir::lines(run_weir::read(run_weir::source() / "examples/c_operator/expected.csv")));
}

TEST_CASE("days of one airport that overlap stay apart, and survive a crash", "[examples][c_operator]") {
  loaded delays("c_operator", "longest_delay");
  delays.send("JFK", "20", at(1h));
  delays.send("JFK", "40", at(25h));
  delays.crash();
  delays.send("JFK", "30", at(2h));
  delays.send("LGA", "99", at(-1h));
  delays.watermark(at(24h));
  CHECK(delays.values("rows") == std::vector<std::string>{"1969-12-31,99", "1970-01-01,30"});
  delays.send("JFK", "50", at(3h));
  delays.watermark(at(48h));
  CHECK(delays.values("rows") == std::vector<std::string>{"1970-01-02,40"});
  CHECK(delays.timers() == 0);
}

TEST_CASE("delays below at_least give no row, and values that are no number are errors with a text", "[examples][c_operator]") {
  loaded delays("c_operator", "longest_delay", {{"at_least", "60"}});
  const std::string bad = GENERATE("", "soon", "12x", "123456789012345678901234567890");
  delays.send("JFK", "59");
  delays.send("JFK", bad);
  delays.send("LGA", "60");
  delays.watermark(weir::event_time::max());
  CHECK(delays.values("rows") == std::vector<std::string>{"1970-01-01,60"});
  CHECK(delays.errors() == std::vector<std::string>{"the value is no number of minutes"});
}

TEST_CASE("a config that makes no sense ends initialize with a text", "[examples][c_operator]") {
  CHECK_THROWS_WITH(loaded("c_operator", "longest_delay", {{"at_least", "often"}}), Catch::Contains("at_least: expected a number of minutes"));
}
