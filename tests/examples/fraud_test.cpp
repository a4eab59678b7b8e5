#include "examples/fraud/fraud.cpp"  // NOLINT(bugprone-suspicious-include): an example is one file

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include <weir/test_driver.hpp>

#include "tests/examples/run_weir.hpp"

using namespace std::chrono_literals;
using weir::event_time;
using weir::test_driver;
using rows = std::vector<std::string>;

namespace {
event_time at(std::chrono::minutes of_day) { return event_time(std::chrono::sys_days(std::chrono::year(2024) / 3 / 1) + of_day); }
rows alerts(test_driver& driver) {
  driver.advance_watermark(event_time::max());
  rows all;
  for (const auto& record : driver.received("alerts")) all.push_back(record.value.substr(11));
  return all;
}
}  // namespace

TEST_CASE("a day of transactions gives the expected alerts, whatever the parallelism", "[examples][fraud]") {
  const int partitions = GENERATE(1, 2, 3);
  run_weir weir("fraud");
  weir.parallelism(partitions);
  INFO("parallelism " << partitions);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(run_weir::sorted(run_weir::lines(weir.read(weir.out("alerts.csv")))) ==
        run_weir::lines(run_weir::read(run_weir::source() / "examples/fraud/expected.csv")));
}

TEST_CASE("a card that spends more than the limit within the minutes is reported", "[examples][fraud]") {
  auto driver = test_driver::of<fraud>();
  driver.send("rules", "r", "10 100", at(0min));
  driver.send("transactions", "c1", "60", at(1min));
  driver.send("transactions", "c1", "40", at(11min));
  driver.send("transactions", "c2", "101", at(11min));
  driver.crash_and_recover();
  driver.send("transactions", "c1", "61", at(12min));
  CHECK(alerts(driver) == rows{"00:11:00Z,c2,r,101", "00:12:00Z,c1,r,101"});
  CHECK(driver.timers() == 0);
}

TEST_CASE("transactions are judged by the rules of their time, in whatever order both come", "[examples][fraud]") {
  auto driver = test_driver::of<fraud>();
  driver.send("transactions", "c", "50", at(3min));
  driver.send("transactions", "c", "50", at(1min));
  driver.send("transactions", "c", "50", at(5min));
  driver.send("transactions", "c", "500", at(7min));
  driver.send("rules", "a", "60 0", at(6min));
  driver.send("rules", "a", "60 149", at(4min));
  driver.send("rules", "a", "60 99", at(2min));
  driver.send("rules", "b", "1 1", at(7min));
  CHECK(alerts(driver) == rows{"00:03:00Z,c,a,100", "00:05:00Z,c,a,150"});
}

TEST_CASE("transactions are forgotten after the longest window", "[examples][fraud]") {
  auto driver = test_driver::of<fraud>();
  driver.send("rules", "day", "1440 100", at(0min));
  driver.send("transactions", "c", "60", at(1min));
  driver.advance_watermark(at(1min + 24h));
  CHECK(driver.timers() == 1);
  driver.advance_watermark(at(2min + 24h));
  CHECK(driver.timers() == 0);
  driver.send("transactions", "c", "60", at(2min + 24h));
  CHECK(alerts(driver).empty());
}

TEST_CASE("what is neither an amount nor a rule is an error", "[examples][fraud]") {
  auto driver = test_driver::of<fraud>();
  for (const char* text : {"", "x", "1x", "-1"}) CHECK_THROWS_WITH(driver.send("transactions", "c", text), Catch::Contains("not an amount in cents"));
  for (const char* text : {"", "1", "0 5", "1441 5", "1 -5", "1 5 x"}) CHECK_THROWS_WITH(driver.send("rules", "r", text), Catch::Contains("of a rule"));
}
