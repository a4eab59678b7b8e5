#include "examples/earthquakes/strongest.cpp"  // NOLINT(bugprone-suspicious-include): an example is one file

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
event_time at(std::chrono::minutes of_day) { return event_time(std::chrono::sys_days(std::chrono::year(2018) / 2 / 1) + of_day); }
rows values(test_driver& driver, const char* ostream) {
  rows all;
  for (const auto& record : driver.received(ostream)) all.push_back(record.value);
  return all;
}
rows expected(const char* file) { return run_weir::lines(run_weir::read(run_weir::source() / "examples/earthquakes" / file)); }
}  // namespace

TEST_CASE("a week of earthquakes gives the strongest of each region and hour and the alerts, whatever the parallelism", "[examples][earthquakes]") {
  const int partitions = GENERATE(1, 2, 3);
  run_weir weir("earthquakes");
  weir.parallelism(partitions);
  INFO("parallelism " << partitions);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(run_weir::sorted(run_weir::lines(weir.read(weir.out("strongest.csv")))) == expected("expected.csv"));
  CHECK(run_weir::sorted(run_weir::lines(weir.read(weir.out("alerts.csv")))) == expected("expected-alerts.csv"));
}

TEST_CASE("the strongest of an hour comes when the hour is over, the first of equals", "[examples][earthquakes]") {
  auto driver = test_driver::of<strongest>();
  driver.send("quakes", "Alaska", "2.5,a", at(61min));
  driver.send("quakes", "Alaska", "3,b", at(62min));
  driver.crash_and_recover();
  driver.send("quakes", "Alaska", "3.0,c", at(63min));
  driver.send("quakes", "Alaska", "-0.2,d", at(120min));
  driver.send("quakes", "Utah", "1,e", at(119min));
  driver.advance_watermark(at(119min));
  CHECK(values(driver, "rows").empty());
  driver.advance_watermark(at(120min));
  CHECK(values(driver, "rows") == rows{"2018-02-01 01:00,Alaska,3,b", "2018-02-01 01:00,Utah,1,e"});
  driver.advance_watermark(event_time::max());
  CHECK(values(driver, "rows") == rows{"2018-02-01 02:00,Alaska,-0.2,d"});
  CHECK(values(driver, "alerts").empty());
  CHECK(driver.timers() == 0);
}

TEST_CASE("a strong earthquake is an alert at once", "[examples][earthquakes]") {
  auto driver = test_driver::of<strongest>({{"alert_from", "4.5"}});
  driver.send("quakes", "Fiji", "4.4,a", at(61min));
  driver.send("quakes", "Fiji", "4.5,b", at(62min));
  CHECK(values(driver, "alerts") == rows{"2018-02-01 01:02,Fiji,4.5,b"});
}

TEST_CASE("what is no earthquake, or comes after its hour's row, is a dead letter", "[examples][earthquakes]") {
  auto driver = test_driver::of<strongest>();
  driver.on_error(weir::on_error::dead_letter);
  driver.send("quakes", "Fiji", "null,a", at(61min));
  driver.send("quakes", "Fiji", "4", at(61min));
  driver.advance_watermark(at(120min));
  driver.send("quakes", "Fiji", "6,late", at(119min));
  rows errors;
  for (const auto& letter : driver.received("dead-letters")) errors.push_back(letter.error);
  CHECK(errors == rows{"an earthquake without a magnitude: null,a", "an earthquake without a magnitude: 4", "an earthquake came after the row of its hour"});
  CHECK(values(driver, "alerts").empty());
}
