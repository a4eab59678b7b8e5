// A record that a partition is never given, and one that gets its records one by one, so that it is known which of them the process dies of.
#include <stdexcept>

#include "tests/operator/scripted.hpp"

using namespace weir::operator_test;
using namespace weir::runtime;

namespace {

using weir::operator_test::scripted;  // NOLINT(misc-unused-using-decls): only its static members are, which is not seen.

}  // namespace

TEST_CASE("a record that is to be passed goes the way of a bad one, and stops nobody", "[operator][passed]") {
  const on_error policy = GENERATE(on_error::fail, on_error::skip, on_error::dead_letter);
  lives x(policy);
  x.pass = passed_record{1, 2, 1, "the process died of it"};
  x.start();
  CHECK(values(x.step(1, {{"a", 1}, {"b", 1}})) == strings{"a 1/1", "b 1/2"});
  REQUIRE(x.partition->options().pass);
  x.start();  // Its frames are those of before.
  const step_result r = x.step(2, {{"a", 2}, {"b", 2}, {"c", 2}});
  CHECK(r.failed.empty());
  CHECK(values(r) == strings{"a 2/1", "c 1/2"});
  CHECK(x.skipped() == (policy == on_error::dead_letter ? 0 : 1));
  CHECK(x.letters() == (policy == on_error::dead_letter ? 1 : 0));
  if (policy == on_error::dead_letter) CHECK(values(r, 1).at(0).find("the process died of it") != std::string::npos);
  CHECK_FALSE(x.partition->options().pass);
  CHECK(values(x.step(3, {{"a", 3}, {"b", 3}})) == strings{"a 3/3", "b 2/4"});
}

TEST_CASE("beside a record that fails the one that is to be passed is passed in every attempt", "[operator][passed]") {
  lives x(on_error::skip);
  scripted::does.record = [](weir::context&, const weir::record& r) {
    if (r.key == "bad") throw std::runtime_error("boom");
    REQUIRE(r.key != "poison");
  };
  x.pass = passed_record{1, 1, 1, "the process died of it"};
  x.start();
  CHECK(values(x.step(1, {{"a", 1}, {"poison", 1}, {"bad", 1}, {"b", 1}})) == strings{"a 1/1", "b 1/2"});
  CHECK(x.skipped() == 2);
}

TEST_CASE("a careful partition marks each record, timer and other hook before it is called, until it has been for long enough", "[operator][passed]") {
  step_slot slot;
  lives x(on_error::fail);
  x.mark = std::make_shared<step_mark>();
  x.mark->slot = &slot;
  x.careful_until_ns = x.clock.monotonic_ns() + 1'000'000;
  strings seen;
  const auto note = [&](weir::context&, const auto&...) {
    const step_place place = slot.place;
    CHECK(slot.running == 1);
    CHECK(step_under_way == x.mark.get());
    CHECK(std::string(x.mark->who) == "t/scripted partition 0");
    const std::string at = std::to_string(slot.input_log) + ":" + std::to_string(slot.lsn) + ":" + std::to_string(slot.index);
    seen.push_back(place == step_place::record ? at : place == step_place::timer ? "timer" : place == step_place::hook ? "hook" : "unknown");
  };
  scripted::does.initialize = note;
  scripted::does.record = [&](weir::context& ctx, const weir::record& r) {
    note(ctx);
    ctx.set_timer(r.key, r.time);
  };
  scripted::does.timer = note;
  x.start();
  x.step(1, {{"a", 1}, {"b", 2}}, 1);
  CHECK(seen == strings{"hook", "1:1:0", "1:1:1", "timer"});
  CHECK(slot.running == 0);
  CHECK(step_under_way == nullptr);
  x.clock.advance(1'000'000);
  seen.clear();
  x.step(2, {{"c", 3}, {"d", 3}});
  CHECK(seen == strings{"unknown", "unknown"});
}
