// What a source says about when to come back, and about having nothing to say.
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

namespace {
using namespace std::chrono_literals;

/// Does what `orders` says: p(roduce), i(dle), w(atermark), one letter after the other.
class obedient : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "obedient", .version = "1", .ostreams = {"out"}, .config = {{"idle_timeout", weir::config_type::duration, "0s", ""}}};
  }
  void initialize(weir::context& ctx) override {
    ctx.idle_timeout(ctx.config().duration("idle_timeout"));
    wakes = ctx.waker();
  }
  weir::poll_result poll(weir::context& ctx) override {
    for (const char order : orders) {
      if (order == 'p') ctx.produce_record("out", "", "");
      if (order == 'i') ctx.mark_idle();
      if (order == 'w') ctx.emit_watermark(weir::event_time(++mark_ * 1s));
    }
    return returns;
  }
  static inline std::string orders;
  static inline weir::poll_result returns = weir::poll_result::idle;
  static inline weir::waker wakes;

 private:
  int mark_ = 0;
};

class inner : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "inner", .version = "1", .istreams = {"in"}}; }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (r.value == "idle") ctx.mark_idle();
    if (r.value == "timeout") ctx.idle_timeout(1s);
    if (r.value == "waker") ctx.waker();
  }
};
}  // namespace

TEST_CASE("a source is idle from mark_idle to its next record or watermark", "[sdk][idle]") {
  auto driver = weir::test_driver::of<obedient>();
  const auto idle_after = [&](const char* orders) {
    obedient::orders = orders;
    driver.poll();
    return driver.idle();
  };
  CHECK_FALSE(idle_after(""));
  CHECK(idle_after("pi"));
  CHECK(idle_after(""));
  CHECK_FALSE(idle_after("p"));
  CHECK_FALSE(idle_after("pip"));
  CHECK(idle_after("i"));
  CHECK_FALSE(idle_after("w"));
  CHECK_FALSE(idle_after("iw"));
  CHECK(idle_after("wi"));
}

TEST_CASE("silence for idle_timeout makes a source idle", "[sdk][idle]") {
  auto driver = weir::test_driver::of<obedient>({{"idle_timeout", "2s"}});
  obedient::orders = "p";
  driver.advance_time(1s);
  driver.poll();
  driver.advance_time(1999ms);
  CHECK_FALSE(driver.idle());
  driver.advance_time(1ms);
  CHECK(driver.idle());
  driver.poll();
  CHECK_FALSE(driver.idle());
}

TEST_CASE("without idle_timeout silence is no idleness", "[sdk][idle]") {
  auto driver = weir::test_driver::of<obedient>();
  driver.advance_time(1000h);
  CHECK_FALSE(driver.idle());
}

TEST_CASE("poll says when to come back", "[sdk][idle]") {
  auto driver = weir::test_driver::of<obedient>();
  obedient::orders.clear();
  for (const auto result : {weir::poll_result::idle, weir::poll_result::idle_until(weir::processing_time(5s)), weir::poll_result::readable(7)}) {
    obedient::returns = result;
    CHECK(driver.poll() == result);
  }
  obedient::returns = weir::poll_result::idle;
  CHECK(weir::poll_result::idle_until(weir::processing_time(5s)) != weir::poll_result::idle_until(weir::processing_time(6s)));
  CHECK(weir::poll_result::readable(7) != weir::poll_result::readable(8));
  CHECK(weir::poll_result::readable(7).fd() == 7);
}

TEST_CASE("a waker works from any thread, and after its source is gone", "[sdk][idle]") {
  std::optional<weir::waker> kept;
  {
    auto driver = weir::test_driver::of<obedient>();
    CHECK_FALSE(driver.woken());
    weir::waker copy = obedient::wakes;
    std::thread([other = std::move(copy)] { other.wake(); }).join();
    CHECK(driver.woken());
    driver.poll();
    CHECK_FALSE(driver.woken());
    kept = std::exchange(obedient::wakes, {});
  }
  kept->wake();
  weir::waker().wake();
}

TEST_CASE("only sources are idle or woken by themselves", "[sdk][idle]") {
  auto driver = weir::test_driver::of<inner>();
  CHECK_THROWS_WITH(driver.send("in", "", "idle"), Catch::Contains("mark_idle is for sources"));
  CHECK_THROWS_WITH(driver.send("in", "", "timeout"), Catch::Contains("idle_timeout is for sources"));
  CHECK_THROWS_WITH(driver.send("in", "", "waker"), Catch::Contains("waker is for sources"));
}
