#include "runtime/operator/timer_store.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <weir/abi.h>

#include "runtime/seam/random.hpp"

using namespace weir::runtime;

namespace {

constexpr std::uint32_t event = WEIR_TIMER_EVENT;
constexpr std::uint32_t processing = WEIR_TIMER_PROCESSING;

std::vector<std::string> fired(timer_store& s, std::int64_t watermark, std::int64_t now) {
  std::vector<std::string> all;
  for (due_timer t; s.take_due(watermark, now, t);) all.push_back(std::to_string(t.time) + (t.kind == event ? "e" : "p") + t.key + "/" + t.subkey);
  return all;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("timers fire in order of time, kind, key and sub-key, at their limits", "[timers]") {
  timer_store s;
  s.set(processing, "a", "", 5);
  s.set(event, "b", "", 5);
  s.set(event, "a", "y", 5);
  s.set(event, "a", "x", 5);
  s.set(event, "z", "", 3);
  s.set(event, "late", "", 11);
  s.set(processing, "late", "", 21);
  CHECK(s.next(event) == 3);
  CHECK(s.next(processing) == 5);
  CHECK_FALSE(s.next(event, 2));
  CHECK(fired(s, 10, 20) == strings{"3ez/", "5ea/x", "5ea/y", "5eb/", "5pa/"});
  CHECK(s.size() == 2);
  CHECK(fired(s, 11, 20) == strings{"11elate/"});
  CHECK(fired(s, 11, 21) == strings{"21plate/"});
  CHECK(fired(s, INT64_MAX, INT64_MAX).empty());
}

TEST_CASE("setting a timer again moves it, and cancelling removes it", "[timers]") {
  timer_store s;
  s.set(event, "a", "", 5);
  s.set(event, "a", "", 9);
  s.set(event, "b", "", 6);
  CHECK(s.size() == 2);
  CHECK(s.cancel(event, "b", ""));
  CHECK_FALSE(s.cancel(event, "b", ""));
  CHECK_FALSE(s.cancel(processing, "a", ""));
  CHECK(fired(s, 8, 0).empty());
  CHECK(fired(s, 9, 0) == strings{"9ea/"});
}

TEST_CASE("key and sub-key of a timer are not mixed up", "[timers]") {
  timer_store s;
  s.set(event, "ab", "c", 1);
  s.set(event, "a", "bc", 2);
  CHECK(s.size() == 2);
  CHECK(s.cancel(event, "a", "bc"));
  CHECK(fired(s, 9, 0) == strings{"1eab/c"});
}

TEST_CASE("timers at the ends of time fire when their end has come", "[timers]") {
  timer_store s;
  s.set(event, "first", "", INT64_MIN);
  s.set(event, "last", "", INT64_MAX);
  CHECK(fired(s, INT64_MIN, INT64_MIN) == strings{std::to_string(INT64_MIN) + "efirst/"});
  CHECK(fired(s, INT64_MAX - 1, INT64_MAX - 1).empty());
  CHECK(s.next(event) == INT64_MAX);
}

TEST_CASE("a fired timer is a removal, and rolling back sets it again", "[timers][savepoint]") {
  timer_store s;
  s.set(event, "a", "", 5);
  change_batch first;
  s.take_changes(first);
  REQUIRE(first.count() == 1);
  CHECK(first.at(0).time == 5);
  const auto point = s.set_savepoint();
  CHECK(fired(s, 5, 0).size() == 1);
  s.set(event, "a", "", 70);
  s.roll_back(point);
  CHECK(fired(s, 5, 0) == strings{"5ea/"});
  change_batch second;
  s.take_changes(second);
  REQUIRE(second.count() == 1);
  CHECK(second.at(0).removed);
  CHECK(second.at(0).time == 0);
}

TEST_CASE("a million timers are set, moved and fired in order", "[timers]") {
  timer_store s;
  seeded_random random(5);
  std::string key(8, '\0');
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    std::copy_n(reinterpret_cast<const char*>(&i), 4, key.begin());
    s.set(i % 2, key, {}, static_cast<std::int64_t>(random.next() >> 1));
  }
  change_batch batch;
  s.take_changes(batch);
  CHECK(batch.count() == 1'000'000);
  CHECK(s.size() == 1'000'000);
  std::int64_t last = INT64_MIN;
  std::uint32_t count = 0;
  for (due_timer t; s.take_due(INT64_MAX, INT64_MAX, t); ++count) {
    if (t.time < last) FAIL("a timer fired after a later one");
    last = t.time;
  }
  CHECK(count == 1'000'000);
}
