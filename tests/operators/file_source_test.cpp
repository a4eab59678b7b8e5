#include "operators/file_source.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "tests/operators/placed.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using weir::event_time;
using weir::operators::file_source;
using lines = std::vector<std::string>;

namespace {
weir::test_driver read(surroundings where, weir::test_config config) { return place_source<file_source>(std::move(where), std::move(config)); }

lines values(weir::test_driver& driver) {
  lines found;
  for (const auto& record : driver.received("lines")) {
    CHECK(record.key.empty());
    found.push_back(record.value);
  }
  return found;
}

lines all(weir::test_driver& driver) {
  lines found;
  for (;;) {
    const weir::poll_result result = driver.poll();
    for (std::string& line : values(driver)) found.push_back(std::move(line));
    if (result == weir::poll_result::ended) return found;
    REQUIRE(result == weir::poll_result::more);
  }
}

std::string numbered(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), '.') + '\n';
  return text;
}
lines numbered_lines(int count) {
  lines all;
  for (int i = 0; i < count; ++i) all.push_back("line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), '.'));
  return all;
}
}  // namespace

TEST_CASE("a line is a record, with LF, CRLF or nothing at its end", "[file_source]") {
  auto driver = read({{{"in", "one\n\ntwo\r\n\r\r\n\xff\xfe\nlast"}}}, {{"path", "in"}});
  CHECK(all(driver) == lines{"one", "", "two", "\r", "\xff\xfe", "last"});
  CHECK(driver.watermark() == event_time::max());
}

TEST_CASE("an empty file has no lines, and a newline at the end makes none", "[file_source]") {
  auto empty = read({{{"in", ""}}}, {{"path", "in"}});
  CHECK(all(empty).empty());
  auto one = read({{{"in", "one\n"}}}, {{"path", "in"}});
  CHECK(all(one) == lines{"one"});
}

TEST_CASE("files are read in the order of the list, a glob's in byte order", "[file_source]") {
  const surroundings where{{{"log-b", "b"}, {"log-a", "a1\na2\n"}, {"log-c", ""}, {"other", "o\n"}}};
  auto listed = read(where, {{"path", {"other", "log-b", "log-a"}}});
  CHECK(all(listed) == lines{"o", "b", "a1", "a2"});
  auto matched = read(where, {{"path", "log-?"}});
  CHECK(all(matched) == lines{"a1", "a2", "b"});
  auto mixed = read(where, {{"path", {"other", "log-*"}}});
  CHECK(all(mixed) == lines{"o", "a1", "a2", "b"});
}

TEST_CASE("after a crash between any two polls every line comes once", "[file_source]") {
  auto driver = read({{{"a", numbered(40000)}, {"b", ""}, {"c", "end"}}}, {{"path", {"a", "b", "c"}}});
  lines expected = numbered_lines(40000);
  expected.emplace_back("end");
  lines found;
  int polls = 0;
  for (; driver.poll() != weir::poll_result::ended; ++polls) {
    for (std::string& line : values(driver)) found.push_back(std::move(line));
    driver.crash_and_recover();
  }
  CHECK(polls > 4);
  CHECK(found == expected);
}

TEST_CASE("a line may be a mebibyte long, but not longer than line_bytes_max", "[file_source]") {
  const std::string mebibyte(std::size_t{1} << 20, 'x');
  const surroundings where{{{"in", "short\n" + mebibyte + "\nlast\n"}}};
  auto driver = read(where, {{"path", "in"}});
  CHECK(all(driver) == lines{"short", mebibyte, "last"});
  auto exact = read(where, {{"path", "in"}, {"line_bytes_max", "1MiB"}});
  CHECK(all(exact).size() == 3);
  auto strict = read(where, {{"path", "in"}, {"line_bytes_max", "1048575B"}});
  CHECK(strict.poll() == weir::poll_result::more);
  CHECK_THROWS_WITH(strict.poll(), Contains("in:2: the line is longer than line_bytes_max (1048575 bytes)"));
  auto unterminated = read({{{"in", mebibyte}}}, {{"path", "in"}, {"line_bytes_max", "1kB"}});
  CHECK_THROWS_WITH(unterminated.poll(), Contains("in:1: "));
}

TEST_CASE("a rate spreads lines over time, and they stay in order", "[file_source]") {
  auto driver = read({{{"in", "a\nb\nc\nd\ne\n"}}}, {{"path", "in"}, {"rate", "2"}});
  CHECK(driver.poll() == weir::poll_result::more);
  CHECK(values(driver) == lines{"a"});
  CHECK(driver.poll() == weir::poll_result::idle);
  driver.advance_time(499ms);
  CHECK(driver.poll() == weir::poll_result::idle);
  driver.advance_time(1ms);
  CHECK(driver.poll() == weir::poll_result::more);
  CHECK(values(driver) == lines{"b"});
  driver.crash_and_recover();
  driver.poll();
  CHECK(values(driver) == lines{"c"});
  driver.advance_time(10s);
  CHECK(driver.poll() == weir::poll_result::more);
  CHECK(values(driver) == lines{"d", "e"});
  CHECK(driver.poll() == weir::poll_result::ended);
}

TEST_CASE("n partitions share the files, each line in one of them", "[file_source]") {
  surroundings where{{{"f0", "0\n"}, {"f1", "1\n"}, {"f2", "2\n"}}, 0, 2};
  auto first = read(where, {{"path", "f*"}});
  CHECK(all(first) == lines{"0", "2"});
  where.partition = 1;
  auto second = read(where, {{"path", "f*"}});
  CHECK(all(second) == lines{"1"});
  where.partitions = 5;
  where.partition = 4;
  auto without = read(where, {{"path", "f*"}});
  CHECK(all(without).empty());
}

TEST_CASE("a wrong config is refused with its remedy", "[file_source]") {
  const surroundings where{{{"in", "x\n"}}};
  CHECK_THROWS_WITH(read(where, {}), Contains("with.path is missing"));
  CHECK_THROWS_WITH(read(where, {{"path", "none"}}), Contains("none"));
  CHECK_THROWS_WITH(read(where, {{"path", {"in", "none"}}}), Contains("none"));
  CHECK_THROWS_WITH(read(where, {{"path", "none*"}}), Contains("no file matches none*"));
  CHECK_THROWS_WITH(read(where, {{"path", {"in", "i*"}}}), Contains("names in twice"));
  CHECK_THROWS_WITH(read(where, {{"path", "in"}, {"rate", "-1"}}), Contains("rate must not be negative"));
  CHECK_THROWS_WITH(read(where, {{"path", "in"}, {"event_time_field", "a"}, {"event_time_pattern", "(b)"}}), Contains("exclude each other"));
  CHECK_THROWS_WITH(read(where, {{"path", "in"}, {"event_time_pattern", "b"}}), Contains("captures nothing"));
  CHECK_THROWS_WITH(read(where, {{"path", "in"}, {"event_time_pattern", "(b"}}), Contains("no regular expression"));
  CHECK_THROWS_WITH(read(where, {{"path", "in"}, {"event_time_field", "a"}, {"event_time_format", "%Q"}}), Contains("unknown field %Q"));
}
