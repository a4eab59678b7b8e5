#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <type_traits>
#include <weir/time.hpp>

using namespace std::chrono_literals;
using weir::event_time;

// Times of different clocks do not mix, and a bare number is no time.
static_assert(!std::is_convertible_v<event_time, weir::processing_time> && !std::is_constructible_v<event_time, weir::processing_time>);
static_assert(!std::is_convertible_v<std::int64_t, event_time> && !std::is_convertible_v<std::chrono::nanoseconds, event_time>);

TEST_CASE("times saturate at their ends and stay there", "[sdk][time]") {
  CHECK(event_time::min() - 1h == event_time::min());
  CHECK(event_time::min() + 1h == event_time::min());
  CHECK(event_time::max() + 1h == event_time::max());
  CHECK(event_time::max() - 1h == event_time::max());
  const event_time nearly(std::chrono::nanoseconds::max() - 1ns);
  CHECK(nearly + 1h == event_time::max());
  CHECK(nearly - std::chrono::nanoseconds::min() == event_time::max());
  CHECK(event_time(std::chrono::nanoseconds::min() + 1ns) - 1h == event_time::min());
  CHECK(event_time(0ns) - std::chrono::nanoseconds::min() == event_time::max());
  CHECK(event_time::max() - event_time::min() == std::chrono::nanoseconds::max());
  CHECK(event_time::min() - event_time::max() == std::chrono::nanoseconds::min());
}

TEST_CASE("times add, subtract and compare like numbers in between", "[sdk][time]") {
  event_time t(90s);
  t += 30s;
  CHECK(t == event_time(2min));
  t -= 1min;
  CHECK(t - event_time(30s) == 30s);
  CHECK(t < event_time(61s));
  CHECK(event_time() == event_time(0s));
  CHECK(event_time(std::chrono::sys_days(std::chrono::year(2001) / 9 / 9)).since_epoch() == 999993600s);
}
