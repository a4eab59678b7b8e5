#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include "operators_under_test.hpp"

namespace {
using namespace std::chrono_literals;
using under_test::at;

/// `set KIND:SECONDS[/SUBKEY]` and `cancel …` as values; writes down what fires.
class alarms : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "alarms", .version = "1", .istreams = {"in"}, .ostreams = {"fired"}}; }
  void initialize(weir::context& ctx) override { fired_ = ctx.ostream("fired"); }
  void process_record(weir::context& ctx, const weir::record& r) override { obey(ctx, r.key, r.value); }
  void process_timer(weir::context& ctx, const weir::timer& t) override {
    const std::string clock = t.kind == weir::timer_kind::event ? "event" : "processing";
    fired_.produce(t.key, clock + ":" + std::to_string(t.at.since_epoch() / 1s) + "/" + std::string(t.subkey) + " at " + seconds(ctx.watermark()));
    if (t.subkey.starts_with("again")) obey(ctx, t.key, "set event:" + std::to_string(t.at.since_epoch() / 1s + 1) + "/");
  }

 private:
  static std::string seconds(weir::event_time t) { return t == weir::event_time::min() ? "min" : std::to_string(t.since_epoch() / 1s); }
  template <class Key>
  static void obey(weir::context& ctx, const Key& key, std::string_view order) {
    const auto kind = order.find("event:") != order.npos ? weir::timer_kind::event : weir::timer_kind::processing;
    const auto colon = order.find(':'), slash = order.find('/');
    const std::chrono::seconds when(std::stoll(std::string(order.substr(colon + 1))));
    const std::string_view subkey = slash == order.npos ? std::string_view() : order.substr(slash + 1);
    if (order.starts_with("cancel")) return ctx.cancel_timer(kind, key, subkey);
    if (kind == weir::timer_kind::event) return ctx.set_timer(key, weir::event_time(when), subkey);
    ctx.set_timer(key, weir::processing_time(when), subkey);
  }
  weir::ostream fired_;
};

std::vector<std::string> fired(weir::test_driver& driver) {
  std::vector<std::string> all;
  for (const auto& r : driver.received("fired")) all.push_back(r.key + " " + r.value);
  return all;
}
using lines = std::vector<std::string>;
}  // namespace

TEST_CASE("event timers fire when the watermark reaches them, processing timers by the clock", "[sdk][timer]") {
  auto driver = weir::test_driver::of<alarms>();
  driver.frame({{"in", "a", "set event:10"}, {"in", "a", "set processing:20"}});
  driver.advance_watermark(at(9s));
  driver.advance_time(19s);
  CHECK(fired(driver).empty());
  driver.advance_watermark(at(10s));
  CHECK(fired(driver) == lines{"a event:10/ at 10"});
  driver.advance_time(1s);
  CHECK(fired(driver) == lines{"a processing:20/ at 10"});
  CHECK(driver.timers() == 0);
  CHECK(driver.now() == weir::processing_time(20s));
}

TEST_CASE("timers fire in order of time, kind, key and sub-key", "[sdk][timer]") {
  auto driver = weir::test_driver::of<alarms>();
  driver.advance_time(100s);
  driver.frame({{"in", "b", "set event:5"}, {"in", "a", "set event:5/z"}, {"in", "a", "set event:5/y"}, {"in", "c", "set event:4"}});
  driver.frame({{"in", "z", "set processing:5"}, {"in", "a", "set event:101"}});
  CHECK(fired(driver) == lines{"z processing:5/ at min"});
  driver.advance_watermark(at(200s));
  CHECK(fired(driver) == lines{"c event:4/ at 4", "a event:5/y at 5", "a event:5/z at 5", "b event:5/ at 5", "a event:101/ at 101"});
}

TEST_CASE("setting a timer again moves it, cancelling removes it, and kinds are apart", "[sdk][timer]") {
  auto driver = weir::test_driver::of<alarms>();
  driver.frame(
      {{"in", "a", "set event:10"}, {"in", "a", "set event:20"}, {"in", "b", "set event:10"}, {"in", "b", "set processing:10"}, {"in", "b", "cancel event:0"}});
  CHECK(driver.timers() == 2);
  CHECK(driver.timer(weir::timer_kind::event, "a") == at(20s));
  CHECK(driver.timer(weir::timer_kind::processing, "b") == at(10s));
  CHECK_FALSE(driver.timer(weir::timer_kind::event, "b").has_value());
}

TEST_CASE("a timer at or before its clock fires in the same step, also one that a timer sets", "[sdk][timer]") {
  auto driver = weir::test_driver::of<alarms>();
  driver.advance_watermark(at(10s));
  driver.send("in", "a", "set event:10");
  CHECK(fired(driver) == lines{"a event:10/ at 10"});
  driver.send("in", "a", "set event:3/again");
  CHECK(fired(driver) == lines{"a event:3/again at 3", "a event:4/ at 4"});
}

TEST_CASE("a timer's records carry its time", "[sdk][timer]") {
  auto driver = weir::test_driver::of<alarms>();
  driver.send("in", "a", "set event:10", at(1s));
  driver.advance_watermark(at(50s));
  CHECK(driver.received("fired").at(0).time == at(10s));
}

TEST_CASE("timers survive a crash, once", "[sdk][timer]") {
  auto driver = weir::test_driver::of<alarms>();
  driver.send("in", "a", "set event:10");
  driver.crash_and_recover();
  CHECK(driver.timers() == 1);
  driver.advance_watermark(at(10s));
  driver.crash_and_recover();
  CHECK(fired(driver).size() == 1);
  CHECK(driver.timers() == 0);
}

TEST_CASE("sessions merge whatever order their clicks come in, and end by timer", "[sdk][timer]") {
  auto driver = weir::test_driver::of<under_test::sessions>();
  driver.send("clicks", "ann", "/a", at(0min));
  driver.send("clicks", "ann", "/b", at(50min));
  CHECK(driver.timers() == 2);
  driver.crash_in({{"clicks", "ann", "/c", at(25min)}}, weir::crash_point::after_flush);
  CHECK(driver.timers() == 1);
  driver.advance_watermark(at(79min));
  CHECK(driver.received("sessions").empty());
  driver.advance_watermark(at(80min));
  const auto out = driver.received("sessions");
  REQUIRE(out.size() == 1);
  CHECK(out[0] == weir::owned_record{"ann", "3", at(80min)});
  CHECK(driver.timers() == 0);
  driver.send("clicks", "ann", "/d", at(10min));
  CHECK(driver.received("late").size() == 1);
}
