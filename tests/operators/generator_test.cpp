#include "operators/generator.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/operators/placed.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using weir::event_time;
using weir::test_driver;
using weir::operators::generator;

namespace {
using pairs = std::vector<std::pair<std::string, std::string>>;

/// Key and value of all records that come until the source ends or waits.
pairs all(test_driver& driver, bool crashing = false) {
  pairs found;
  while (driver.poll() == weir::poll_result::more) {
    for (const auto& record : driver.received("records")) found.emplace_back(record.key, record.value);
    if (crashing) driver.crash_and_recover();
  }
  return found;
}
pairs made(surroundings where, weir::test_config config) {
  auto driver = place_source<generator>(std::move(where), std::move(config));
  return all(driver);
}
}  // namespace

TEST_CASE("as many records come as were asked for, with keys and values of the asked kind", "[generator]") {
  const pairs records = made({}, {{"count", "5000"}, {"keys", "10"}, {"value_bytes", "13B"}});
  REQUIRE(records.size() == 5000);
  std::map<std::string, int> keys;
  std::set<std::string> values;
  for (const auto& [key, value] : records) {
    ++keys[key];
    values.insert(value);
    REQUIRE(value.size() == 13);
    REQUIRE(value.find_first_not_of("abcdefghijklmnop") == std::string::npos);
  }
  CHECK(keys.size() == 10);
  CHECK(keys.begin()->first == "k0");
  for (const auto& [key, count] : keys) CHECK((count > 350 && count < 650));
  CHECK(values.size() == 5000);
}

TEST_CASE("the same seed gives the same records, another one others", "[generator]") {
  const auto with = [](const char* seed) { return made({}, {{"count", "1000"}, {"seed", seed}}); };
  CHECK(with("7") == with("7"));
  CHECK(with("7") != with("8"));
}

TEST_CASE("after crashes the records are those of an undisturbed run", "[generator]") {
  const weir::test_config config{{"count", "20000"}};
  auto driver = test_driver::of<generator>(config);
  CHECK(all(driver, true) == made({}, config));
}

TEST_CASE("n partitions make together what one makes", "[generator]") {
  const weir::test_config config{{"count", "1000"}};
  const pairs alone = made({}, config);
  std::vector<pairs> shares;
  for (std::uint32_t p = 0; p < 3; ++p) shares.push_back(made({{}, p, 3}, config));
  CHECK(shares[0].size() + shares[1].size() + shares[2].size() == 1000);
  pairs together;
  for (std::size_t i = 0; i < 1000; ++i) together.push_back(shares[i % 3].at(i / 3));
  CHECK(together == alone);
}

TEST_CASE("keys may be left out, and values may be empty or large", "[generator]") {
  for (const auto& [key, value] : made({}, {{"count", "10"}, {"keys", "0"}, {"value_bytes", "0"}})) CHECK((key.empty() && value.empty()));
  const pairs large = made({}, {{"count", "3"}, {"value_bytes", "1MiB"}});
  REQUIRE(large.size() == 3);
  CHECK(large[2].second.size() == std::size_t{1} << 20);
}

TEST_CASE("with a rate records are due one after the other, and that is their time", "[generator]") {
  auto driver = test_driver::of<generator>({{"rate", "4"}, {"count", "6"}});
  driver.advance_time(100s);
  const auto due = [&] {
    std::vector<event_time> times;
    while (driver.poll() == weir::poll_result::more) {}
    for (const auto& record : driver.received("records")) times.push_back(record.time);
    return times;
  };
  CHECK(due() == std::vector{event_time(100s)});
  CHECK(driver.watermark() == event_time(100s));
  driver.advance_time(249ms);
  CHECK(due().empty());
  driver.advance_time(1ms);
  CHECK(due() == std::vector{event_time(100250ms)});
  driver.advance_time(600ms);
  CHECK(due() == std::vector{event_time(100500ms), event_time(100750ms)});
  CHECK(driver.watermark() == event_time(100750ms));
  driver.advance_time(10s);
  CHECK(due() == std::vector{event_time(101s), event_time(101250ms)});
  CHECK(driver.poll() == weir::poll_result::ended);
}

TEST_CASE("a generator's wrong config is refused", "[generator]") {
  CHECK_THROWS_WITH(test_driver::of<generator>({{"rate", "-1"}}), Contains("rate must not be negative"));
  CHECK_THROWS_WITH(test_driver::of<generator>({{"keys", "-1"}}), Contains("with.keys must not be negative"));
  CHECK_THROWS_WITH(test_driver::of<generator>({{"count", "-1"}}), Contains("with.count must not be negative"));
  CHECK_THROWS_WITH(test_driver::of<generator>({{"value_bytes", "2MiB"}}), Contains("at most 1MiB"));
}
