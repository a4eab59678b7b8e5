// How far a source's watermark goes while it has timers of its own to fire.
#include "tests/operator/scripted.hpp"

using namespace weir::operator_test;
using weir::event_time;

namespace {

using weir::operator_test::scripted;

event_time at(std::int64_t nanoseconds) { return event_time(std::chrono::nanoseconds(nanoseconds)); }

/// Sets timers for 10, 20 and 30, then says 25.
void set_and_say_25(weir::context& ctx) {
  for (const std::int64_t time : {30, 10, 20}) ctx.set_timer(std::to_string(time), at(time));
  ctx.emit_watermark(at(25));
}

/// Fails where the watermark during a timer is not the timer's time.
struct source : lives {
  explicit source(bool one_unit_a_step) : lives(on_error::fail, "scripted_source") {
    if (one_unit_a_step) limits.frame_bytes_target = 1;
    scripted::does.timer = [](weir::context& ctx, const weir::timer& t) {
      if (ctx.watermark() != t.at) throw std::logic_error("the watermark is not the timer's time");
    };
  }
};

std::int64_t watermark_of(const weir::runtime::step_result& r) {
  REQUIRE(r.content);
  return r.content->watermark;
}

}  // namespace

TEST_CASE("a source's timers up to its watermark fire in the step that emits it", "[operator][timers]") {
  source x(false);
  scripted::does.poll = set_and_say_25;
  x.start();
  auto r = x.step(true);
  CHECK(r.failed.empty());
  CHECK(values(r) == strings{"10 1/1", "20 1/2"});
  CHECK(watermark_of(r) == 25);
  CHECK(r.content->members.empty());
  CHECK_FALSE(x.partition->timers_due());
}

TEST_CASE("a source's watermark does not pass timers of its own for which the step has no room", "[operator][timers]") {
  const auto restart = GENERATE(values<void (lives::*)()>({&lives::start, &lives::take_over, nullptr}));
  const bool restarts = restart != nullptr;
  source x(true);
  scripted::does.poll = set_and_say_25;
  x.start();
  CHECK(watermark_of(x.step(true)) == INT64_MIN);
  scripted::does.poll = [](weir::context& ctx) { ctx.produce_record("out", "", "last"); };
  scripted::does.polled = weir::poll_result::ended;
  const auto next = [&] {
    if (restarts) (x.*restart)();
    CHECK(x.partition->timers_due());
    return x.step();
  };
  auto r = next();
  CHECK(values(r) == strings{"10 1/1"});
  CHECK(watermark_of(r) == 10);
  r = next();
  CHECK(values(r).size() == 1);
  CHECK(watermark_of(r) == 25);
  CHECK_FALSE(x.partition->timers_due());

  r = x.step(true);  // Ends.
  CHECK(values(r) == strings{"last"});
  CHECK(watermark_of(r) == 25);
  CHECK_FALSE(r.content->ended);
  if (restarts) (x.*restart)();
  CHECK(x.partition->timers_due());
  r = x.step();
  if (restarts) r = x.step(true);  // It says again that it has ended.
  CHECK(watermark_of(r) == INT64_MAX);
  CHECK(r.content->ended);
  CHECK(x.frames.back()->watermark == INT64_MAX);
  CHECK(r.failed.empty());
}

TEST_CASE("what a source emits outside of poll counts as soon as its timers allow", "[operator][timers]") {
  const bool in_flush = GENERATE(false, true);
  source x(false);
  auto& hook = in_flush ? scripted::does.flush : scripted::does.initialize;
  hook = set_and_say_25;
  x.start();
  if (in_flush) x.step();
  REQUIRE(x.frames.size() == 1);
  CHECK(x.frames[0]->watermark == INT64_MIN);
  CHECK(x.partition->timers_due());
  hook = nullptr;
  const auto r = x.step();
  CHECK(values(r) == strings{"10 1/1", "20 1/2"});
  CHECK(watermark_of(r) == 25);

  source y(false);
  (in_flush ? scripted::does.flush : scripted::does.initialize) = [](weir::context& ctx) { ctx.emit_watermark(at(25)); };
  y.start();
  if (in_flush) y.step();
  CHECK(y.frames.at(0)->watermark == 25);
}

TEST_CASE("a timer that fails keeps a source's watermark where it is", "[operator][timers][errors]") {
  lives x(on_error::fail, "scripted_source");
  scripted::does.poll = set_and_say_25;
  scripted::does.timer = [](weir::context&, const weir::timer& t) {
    if (std::string_view(t.key) == "20") throw std::runtime_error("boom");
  };
  x.start();
  auto r = x.step(true);
  CHECK(r.failed == "process_timer failed at the timer of key '20': boom");
  CHECK(watermark_of(r) == 10);
  scripted::does.timer = nullptr;
  x.start();
  r = x.step();
  CHECK(values(r) == strings{"20 1/1"});
  CHECK(watermark_of(r) == 25);
}

TEST_CASE("a watermark that a source's timer emits has the timers up to it fire, too", "[operator][timers]") {
  lives x(on_error::fail, "scripted_source");
  scripted::does.poll = set_and_say_25;
  scripted::does.timer = [](weir::context& ctx, const weir::timer& t) { ctx.emit_watermark(t.at + std::chrono::nanoseconds(12)); };
  x.start();
  const auto r = x.step(true);
  CHECK(values(r) == strings{"10 1/1", "20 1/2", "30 1/3"});
  CHECK(watermark_of(r) == 42);
}
