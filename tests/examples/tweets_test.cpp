#include "examples/tweets/tweets.cpp"  // NOLINT(bugprone-suspicious-include): an example is two files

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <weir/test_driver.hpp>

#include "examples/tweets/hashtags.cpp"  // NOLINT(bugprone-suspicious-include): an example is two files
#include "tests/crash/process.hpp"
#include "tests/crash/workspace.hpp"

using namespace std::chrono_literals;
using namespace weir::test;
using weir::test_driver;

namespace {

process_options command(const workspace& place) {
  return {.command = {WEIR_BINARY, "run", std::string(WEIR_SOURCE_DIR) + "/examples/tweets/topology.yaml", "--data", (place / "data").string()},
          .environment = {{"WEIR_OPERATORS", WEIR_OPERATORS},
                          {"BUILD", std::string(WEIR_BUILD_DIR) + "/examples/tweets"},
                          {"OUT", place / "out"},
                          {"INTERVAL", "1ms"}},
          .folder = place.path(),
          .out = place / "stdout",
          .err = place / "stderr"};
}

/// How often each tag was counted; every tag's lines must be tag,1 tag,2 … in this order. A last line without an end is not looked at.
std::map<std::string, int> counted(const workspace& place) {
  std::map<std::string, int> counts;
  std::string text = read_text(place / "out/counts.csv");
  text.resize(text.rfind('\n') + 1);
  for (const std::string& line : lines_of(text)) {
    const std::string tag = line.substr(0, line.find(','));
    INFO(line);
    REQUIRE(tag + ',' + std::to_string(++counts[tag]) == line);
  }
  return counts;
}

/// Whether these are the tags of the first n tweets, for some n.
bool are_those_of_some_tweets(const std::map<std::string, int>& counts) {
  auto source = test_driver::of<tweets>({{"interval", "1s"}});
  auto splitter = test_driver::of<hashtags>();
  std::map<std::string, int> tags;
  for (int made = 0; made < 20000 && tags != counts; ++made) {
    source.advance_time(1s);
    for (const auto& tweet : source.received("tweets")) splitter.send("texts", tweet.key, tweet.value);
    for (const auto& tag : splitter.received("tags")) ++tags[tag.key];
  }
  return tags == counts;
}

}  // namespace

TEST_CASE("a tweet comes each time the timer fires, and a restart adds no second timer", "[examples][tweets]") {
  auto driver = test_driver::of<tweets>({{"interval", "2s"}});
  CHECK(driver.timers() == 1);
  CHECK(driver.received("tweets").empty());
  for (int i = 0; i < 3; ++i) {
    driver.crash_and_recover();
    CHECK(driver.timers() == 1);
    driver.advance_time(1999ms);
    CHECK(driver.received("tweets").empty());
    driver.advance_time(1ms);
    CHECK(driver.received("tweets").size() == 1);
    CHECK(driver.timers() == 1);
  }
  CHECK(driver.partition_state<std::uint64_t>("made", "") == 3u);
  CHECK_THROWS_WITH(test_driver::of<tweets>({{"interval", "0s"}}), Catch::Contains("with.interval"));
}

TEST_CASE("hashtags are found anywhere in a text", "[examples][tweets]") {
  auto driver = test_driver::of<hashtags>();
  driver.send("texts", "ada", "#One,two#Three_3 ## # #\xc3\xa9 (#four)#one");
  std::vector<std::string> tags;
  for (const auto& record : driver.received("tags")) tags.push_back(record.key);
  CHECK(tags == std::vector<std::string>{"one", "three_3", "four", "one"});
}

TEST_CASE("tweets killed and started again are counted once each, until an interrupt drains them", "[examples][tweets]") {
  const workspace place;
  std::filesystem::create_directory(place / "out");
  std::size_t lines = 0;
  for (const int ending : {SIGKILL, SIGKILL, SIGKILL, SIGINT}) {
    folder_watch watch(place / "out");
    process run(command(place));
    const bool seen = watch.wait_until(run, [&] { return lines_of(read_text(place / "out/counts.csv")).size() > lines + 20; });
    INFO(read_text(place / "stderr"));
    REQUIRE(seen);
    run.signal(ending);
    REQUIRE(run.wait() == 128 + ending);
    counted(place);
    lines = lines_of(read_text(place / "out/counts.csv")).size();
  }
  CHECK(are_those_of_some_tweets(counted(place)));  // A drained run leaves nothing on the way.
}
