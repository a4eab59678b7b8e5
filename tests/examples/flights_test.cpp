#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/examples/run_weir.hpp"

namespace {
/// The board of some flights, sorted, computed apart from the example's code. Lines that are no flights are left out.
std::vector<std::string> model(const std::string& flights) {
  std::map<std::pair<std::string, std::string>, std::array<long, 3>> days;
  for (const std::string& line : run_weir::lines(flights)) {
    const auto flight = nlohmann::json::parse(line, nullptr, false);
    if (!flight.is_object() || !flight.contains("date")) continue;
    std::string day = flight["date"].get<std::string>().substr(0, 10);
    day[4] = day[7] = '-';
    const long delay = flight["delay"].get<long>();
    auto& [count, late, sum] = days[{day, flight["origin"].get<std::string>()}];
    count += 1;
    if (delay >= 15) late += 1;
    sum += delay;
  }
  std::vector<std::string> rows;
  for (const auto& [key, totals] : days) {
    rows.push_back(key.first + ',' + key.second + ',' + std::to_string(totals[0]) + ',' + std::to_string(totals[1]) + ',' + std::to_string(totals[2]));
  }
  return run_weir::sorted(rows);
}

std::string all_flights() { return run_weir::read(run_weir::source() / "examples/data/flights.ndjson"); }
std::vector<std::string> board(const run_weir& weir) { return run_weir::sorted(run_weir::lines(weir.read(weir.out("board.csv")))); }
}  // namespace

TEST_CASE("the flights' expected board is what an independent computation gives", "[examples][flights]") {
  const auto rows = model(all_flights());
  CHECK(rows.size() == 4461);
  CHECK(run_weir::lines(run_weir::read(run_weir::source() / "examples/flights/expected.csv")) == rows);
}

TEST_CASE("20,000 flights become the expected board, whatever the parallelism", "[examples][flights]") {
  const int partitions = GENERATE(1, 2, 3, 4);
  run_weir weir("flights");
  weir.parallelism(partitions);
  INFO("parallelism " << partitions);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(board(weir) == run_weir::lines(run_weir::read(run_weir::source() / "examples/flights/expected.csv")));
  const auto summary = nlohmann::json::parse(weir.said(), nullptr, false);
  INFO(weir.said());
  REQUIRE(summary.is_object());
  for (const char* number : {"records", "frames", "syncs"}) CHECK(summary.value(number, 0) > 0);
}

TEST_CASE("lines that are no flights leave the board of the others as it is", "[examples][flights]") {
  std::string flights;
  int number = 0;
  for (const std::string& line : run_weir::lines(all_flights())) {
    if (number++ == 2000) break;
    if (number % 100 == 1) flights += "no JSON\n";
    if (number % 100 == 2) flights += "{\"date\":\"2001/01/01 10:00\",\"delay\":1,\"distance\":2,\"origin\":\"\xff\",\"destination\":\"X\"}\n";
    if (number % 100 == 3) flights += "\n{}\n";
    flights += line + '\n';
  }
  run_weir weir("flights");
  weir.input(flights);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  const auto rows = board(weir);
  CHECK(rows == model(flights));
  CHECK(rows.size() > 100);
}

TEST_CASE("no flights, no rows", "[examples][flights]") {
  run_weir weir("flights");
  weir.input("");
  const int status = weir();
  INFO(weir.complained());
  CHECK(status == 0);
  CHECK(weir.read(weir.out("board.csv")).empty());
}

TEST_CASE("a second run of the flights ends with 0 and changes nothing", "[examples][flights]") {
  run_weir weir("flights");
  REQUIRE(weir() == 0);
  const std::string before = weir.read(weir.out("board.csv"));
  REQUIRE(weir() == 0);
  CHECK(weir.read(weir.out("board.csv")) == before);
}
