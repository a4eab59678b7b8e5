// The second version of word_count takes over the first one's state, and gives it back.
#include "examples/word_count/word_count.cpp"     // NOLINT(bugprone-suspicious-include): an example is one file
#include "examples/word_count/word_count_v2.cpp"  // NOLINT(bugprone-suspicious-include)

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include <weir/test_driver.hpp>

using weir::event_time;
using weir::test_driver;

namespace {
std::vector<std::string> counts(test_driver& driver) {
  std::vector<std::string> all;
  for (const auto& record : driver.received("counts")) all.push_back(record.key + record.value);
  return all;
}
}  // namespace

TEST_CASE("word_count's second version goes on where the first one was, and back", "[examples][word_count][versions]") {
  const event_time noon(std::chrono::hours(12));
  auto driver = test_driver::of<word_count>();
  for (const char* word : {"a", "b", "a"}) driver.send("words", word, "");
  driver.redeploy<v2::word_count>();
  driver.send("words", "a", "", noon);
  driver.send("words", "c", "", noon);
  CHECK(counts(driver) == std::vector<std::string>{"a1", "b1", "a2", "a3", "c1"});
  CHECK(driver.state<v2::seen>("count", "a")->last == noon);
  driver.crash_and_recover();
  driver.rollback();
  for (const char* word : {"a", "b", "c"}) driver.send("words", word, "");
  CHECK(counts(driver) == std::vector<std::string>{"a4", "b2", "c2"});
}
