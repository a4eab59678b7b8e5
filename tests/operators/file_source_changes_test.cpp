// What file-source says of files that have changed between two starts.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "operators/file_source.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "tests/operators/placed.hpp"

using Catch::Contains;
using weir::operators::file_source;

namespace {
/// Reads one line a poll and second: two of "a", one of "b".
weir::test_driver two_files() { return place_source<file_source>({{{"a", "a1\na2\n"}, {"b", "b1\n"}}}, {{"path", {"a", "[b-z]"}}, {"rate", "1"}}); }
void read_on(weir::test_driver& driver) {
  while (driver.poll() != weir::poll_result::ended) driver.advance_time(std::chrono::seconds(1));
}
std::string warnings(const weir::test_driver& driver) {
  std::string all;
  for (const auto& line : driver.logged()) all += line.level == WEIR_LEVEL_WARNING ? line.text + '\n' : "";
  return all;
}
}  // namespace

TEST_CASE("a file shorter than what was read of it is refused", "[file_source]") {
  auto driver = two_files();
  driver.poll();
  driver.files().write("a", "a");
  CHECK_THROWS_WITH(driver.crash_and_recover(), Contains("a has 1 bytes, but has been read to byte 3") && Contains("restore it"));
  driver.files().write("a", "a1\na2\n");
  driver.crash_and_recover();
  read_on(driver);
  CHECK(driver.received("lines").size() == 3);
}

TEST_CASE("a file that is gone before its end was read is refused", "[file_source]") {
  auto driver = two_files();
  driver.poll();
  SECTION("named") {
    driver.files().remove("a");
    CHECK_THROWS_WITH(driver.crash_and_recover(), Contains("a"));
  }
  SECTION("matched") {
    driver.files().remove("b");
    CHECK_THROWS_WITH(driver.crash_and_recover(), Contains("b is no longer among the files that with.path names") && Contains("byte 0"));
  }
}

TEST_CASE("what a file gains before its end is reached is read; what it gains later is reported", "[file_source]") {
  auto driver = two_files();
  driver.poll();
  driver.files().write("a", "a1\na2\na3\n");
  driver.crash_and_recover();
  read_on(driver);
  CHECK(driver.received("lines").size() == 4);
  CHECK(warnings(driver).empty());
  driver.files().write("a", "a1\na2\na3\na4\n");
  driver.crash_and_recover();
  CHECK_THAT(warnings(driver), Contains("a has grown by 3 bytes since its end was read; they are not read"));
  CHECK(driver.poll() == weir::poll_result::ended);
  CHECK(driver.received("lines").empty());
}

TEST_CASE("a file that a glob finds later is reported and not read", "[file_source]") {
  auto driver = two_files();
  driver.poll();
  driver.files().write("c", "c1\n");
  driver.crash_and_recover();
  CHECK_THAT(warnings(driver), Contains("c was not there at the first start and is not read"));
  read_on(driver);
  CHECK(driver.received("lines").size() == 3);
}

TEST_CASE("files that have been read may go", "[file_source]") {
  auto driver = two_files();
  driver.poll();
  read_on(driver);
  driver.files().remove("a");
  driver.files().remove("b");
  driver.crash_and_recover();
  CHECK(warnings(driver).empty());
  CHECK(driver.poll() == weir::poll_result::ended);
}
