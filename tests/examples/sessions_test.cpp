#include "examples/sessions/sessions.cpp"  // NOLINT(bugprone-suspicious-include): an example is one file

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
rows values(test_driver& driver, const char* ostream) {
  rows all;
  for (const auto& record : driver.received(ostream)) all.push_back(record.value);
  return all;
}
}  // namespace

TEST_CASE("4,191 clicks out of order become the expected sessions, whatever the parallelism", "[examples][sessions]") {
  const int partitions = GENERATE(1, 2, 3);
  run_weir weir("sessions");
  weir.parallelism(partitions);
  INFO("parallelism " << partitions);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(run_weir::sorted(run_weir::lines(weir.read(weir.out("sessions.csv")))) ==
        run_weir::lines(run_weir::read(run_weir::source() / "examples/sessions/expected.csv")));
  CHECK(weir.read(weir.out("late.ndjson")).empty());
}

TEST_CASE("clicks less than the gap apart are one session, which ends when the watermark has passed the gap", "[examples][sessions]") {
  auto driver = test_driver::of<sessions>();
  driver.send("clicks", "ann", "/", at(0min));
  driver.send("clicks", "ann", "/", at(29min));
  driver.send("clicks", "bob", "/", at(29min));
  driver.crash_and_recover();
  driver.send("clicks", "ann", "/", at(59min));
  driver.advance_watermark(at(58min));
  CHECK(values(driver, "sessions").empty());
  driver.advance_watermark(at(59min));
  CHECK(values(driver, "sessions") == rows{"ann,2024-03-01T00:00:00Z,2024-03-01T00:29:00Z,2", "bob,2024-03-01T00:29:00Z,2024-03-01T00:29:00Z,1"});
  driver.advance_watermark(event_time::max());
  CHECK(values(driver, "sessions") == rows{"ann,2024-03-01T00:59:00Z,2024-03-01T00:59:00Z,1"});
  CHECK(driver.timers() == 0);
}

TEST_CASE("a click that comes out of order joins two sessions to one", "[examples][sessions]") {
  auto driver = test_driver::of<sessions>();
  driver.send("clicks", "ann", "/", at(0min));
  driver.send("clicks", "ann", "/", at(50min));
  CHECK(driver.timers() == 2);
  driver.send("clicks", "ann", "/", at(25min));
  CHECK(driver.timers() == 1);
  driver.advance_watermark(event_time::max());
  CHECK(values(driver, "sessions") == rows{"ann,2024-03-01T00:00:00Z,2024-03-01T00:50:00Z,3"});
}

TEST_CASE("a click whose session is over goes to late, one that is late but not so much does not", "[examples][sessions]") {
  auto driver = test_driver::of<sessions>({{"gap", "10min"}});
  driver.advance_watermark(at(60min));
  driver.send("clicks", "ann", "/a", at(50min));
  driver.send("clicks", "ann", "/b", at(51min));
  driver.send("clicks", "ann", "/c", at(42min));
  CHECK(values(driver, "late") == rows{"/a"});
  driver.advance_watermark(event_time::max());
  CHECK(values(driver, "sessions") == rows{"ann,2024-03-01T00:42:00Z,2024-03-01T00:51:00Z,2"});
  CHECK_THROWS_WITH(test_driver::of<sessions>({{"gap", "0s"}}), Catch::Contains("with.gap"));
}
