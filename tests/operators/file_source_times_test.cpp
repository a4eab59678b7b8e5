// Event times and watermarks of file-source.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "operators/file_source.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "tests/operators/placed.hpp"

using namespace std::chrono_literals;
using weir::event_time;
using weir::operators::file_source;

namespace {
std::vector<event_time> times(weir::test_driver& driver) {
  std::vector<event_time> found;
  for (const auto& record : driver.received("lines")) found.push_back(record.time);
  return found;
}
event_time at(std::chrono::nanoseconds since_epoch) { return event_time(since_epoch); }
}  // namespace

TEST_CASE("a JSON field gives the time, and the watermark follows the greatest by max_delay", "[file_source]") {
  auto driver = place_source<file_source>({{{"in", "{\"t\":100}\n{\"t\":300}\n{\"t\":200}\n"}}},
                                          {{"path", "in"}, {"event_time_field", "t"}, {"event_time_format", "epoch_s"}, {"max_delay", "30s"}});
  CHECK(driver.watermark() == event_time::min());
  CHECK(driver.poll() == weir::poll_result::more);
  CHECK(times(driver) == std::vector{at(100s), at(300s), at(200s)});
  CHECK(driver.watermark() == at(270s));
  CHECK(driver.poll() == weir::poll_result::ended);
  CHECK(driver.watermark() == event_time::max());
}

TEST_CASE("a line without a readable time takes the one before, also across a crash, and is counted", "[file_source]") {
  auto driver = place_source<file_source>({{{"in", "no\n{\"t\":-7}\n{\"t\":-9}\n{\"t\":\"x\"}\n\n{\"t\":5}\n"}}},
                                          {{"path", "in"}, {"event_time_field", "t"}, {"event_time_format", "epoch_s"}, {"rate", "1"}});
  std::vector<event_time> found;
  std::vector<event_time> watermarks;
  for (int line = 0; line < 6; ++line) {
    CHECK(driver.poll() == weir::poll_result::more);
    for (const event_time time : times(driver)) found.push_back(time);
    watermarks.push_back(driver.watermark());
    driver.crash_and_recover();
  }
  CHECK(found == std::vector{at(0s), at(-7s), at(-9s), at(-9s), at(-9s), at(5s)});
  CHECK(watermarks == std::vector{event_time::min(), at(-7s), at(-7s), at(-7s), at(-7s), at(5s)});
  CHECK(driver.counter("lines_without_time") == 3);
}

TEST_CASE("a pattern's group gives the time, if it stands near the line's front", "[file_source]") {
  const std::string far(2000, 'x');
  auto driver = place_source<file_source>(
      {{{"in", "h [10/Oct/2000:13:55:36 -0700] GET\n" + far + "[11/Oct/2000:13:55:36 -0700]\n[12/Oct/2000:00:00:00 +0000]" + far + "\n"}}},
      {{"path", "in"}, {"event_time_pattern", "\\[([^\\]]+)\\]"}, {"event_time_format", "%d/%b/%Y:%T %z"}});
  driver.poll();
  const event_time first = at(std::chrono::sys_days(std::chrono::year(2000) / 10 / 10).time_since_epoch() + 20h + 55min + 36s);
  CHECK(times(driver) == std::vector{first, first, at(std::chrono::sys_days(std::chrono::year(2000) / 10 / 12).time_since_epoch())});
  CHECK(driver.counter("lines_without_time") == 1);
}

TEST_CASE("without times of its own a line's time is when it was read", "[file_source]") {
  auto driver = place_source<file_source>({{{"in", "a\nb\n"}}}, {{"path", "in"}, {"rate", "1"}});
  driver.advance_time(10s);
  driver.poll();
  CHECK(times(driver) == std::vector{at(10s)});
  driver.advance_time(5s);
  driver.poll();
  CHECK(times(driver) == std::vector{at(15s)});
  CHECK(driver.watermark() == at(15s));
  CHECK(driver.counter("lines_without_time") == 0);
}

TEST_CASE("the watermark does not fall back where a later file begins earlier", "[file_source]") {
  auto driver = place_source<file_source>({{{"a", "500\n"}, {"b", "100\n"}}},
                                          {{"path", {"a", "b"}}, {"event_time_pattern", "(.*)"}, {"event_time_format", "epoch_ms"}, {"rate", "1"}});
  driver.poll();
  driver.crash_and_recover();
  driver.poll();
  CHECK(times(driver) == std::vector{at(500ms), at(100ms)});
  CHECK(driver.watermark() == at(500ms));
}
