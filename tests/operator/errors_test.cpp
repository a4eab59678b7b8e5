// What `on_error` makes of each hook's error (rule 7), and what retry_later is beside it.
#include <stdexcept>

#include "tests/operator/scripted.hpp"

using namespace weir::operator_test;
using namespace weir::runtime;

namespace {

using weir::operator_test::scripted;  // NOLINT(misc-unused-using-decls): only its static members are, which is not seen.

const char* const boom = "boom";
[[noreturn]] void fail() { throw std::runtime_error(boom); }

}  // namespace

TEST_CASE("errors of hooks that are about no record fail the partition whatever on_error says", "[operator][errors]") {
  const on_error policy = GENERATE(on_error::fail, on_error::skip, on_error::dead_letter);
  const std::string hook = GENERATE("initialize", "poll", "flush", "process_durable");
  lives x(policy, hook == "poll" ? "scripted_source" : "scripted");
  bool throws = false;
  const auto throwing = [&](const char* which) {
    return [&throws, is = hook == which](weir::context& ctx) {
      if (!throws || !is) return;
      ctx.produce_record("out", "", "of the failed step");
      fail();
    };
  };
  scripted::does.initialize = throwing("initialize");
  scripted::does.flush = throwing("flush");
  scripted::does.poll = throwing("poll");
  scripted::does.durable = [f = throwing("process_durable")](weir::context& ctx, std::uint64_t) { f(ctx); };
  x.start();
  const std::size_t frames = x.frames.size();
  throws = true;
  step_result r;
  if (hook == "initialize") {
    x.partition.reset();
    x.start();  // Its frames are those of before.
    r = x.partition->initialize();
  } else if (hook == "process_durable") {
    const durable_token token{7};
    r = x.partition->acknowledge({&token, 1});
  } else if (hook == "poll") {
    r = x.step(true);
  } else {
    r = x.step(1, {{"k", 1}});
  }
  CHECK(r.failed == hook + ": boom");
  CHECK(r.retry.empty());
  CHECK_FALSE(r.content);
  CHECK(r.consumed == 0);
  CHECK(r.acknowledged == 0);
  CHECK(x.frames.size() == frames);
  CHECK(x.skipped() == 0);
  CHECK(x.letters() == 0);

  throws = false;
  x.start();
  if (hook == "flush") CHECK(values(x.step(1, {{"k", 1}})) == strings{"k 1/1"});
}

TEST_CASE("an error of initialize while a fresh object is made for a bad record is the partition's", "[operator][errors]") {
  lives x(on_error::dead_letter);
  int objects = 0;
  scripted::does.initialize = [&](weir::context&) {
    if (++objects == 2) fail();
  };
  scripted::does.record = [](weir::context&, const weir::record& r) {
    if (std::string_view(r.key) == "bad") fail();
  };
  x.start();
  const step_result r = x.step(1, {{"good", 4}, {"bad", 5}});
  CHECK(r.failed == "initialize: boom");
  CHECK_FALSE(r.content);
  CHECK(x.letters() == 0);
}

TEST_CASE("an error of close is said, and changes nothing", "[operator][errors]") {
  const on_error policy = GENERATE(on_error::fail, on_error::skip, on_error::dead_letter);
  lives x(policy);
  scripted::does.close = [](weir::context& ctx) {
    ctx.produce_record("out", "", "never seen");
    fail();
  };
  x.start();
  REQUIRE(x.step(1, {{"k", 1}}).content);
  x.partition->close();
  CHECK(x.said == strings{"t/scripted partition 0: close: boom"});
  CHECK(x.skipped() + x.letters() == 0);
  CHECK(scripted::alive == 0);
}

TEST_CASE("after an error a fresh object goes on, and the old one is gone before", "[operator][errors]") {
  const on_error policy = GENERATE(on_error::skip, on_error::dead_letter);
  const bool of_timer = GENERATE(false, true);
  lives x(policy);
  int objects = 0;
  int most = 0;
  scripted::does.initialize = [&](weir::context&) {
    ++objects;
    most = std::max(most, scripted::alive);
  };
  scripted::does.record = [&](weir::context& ctx, const weir::record& r) {
    if (std::string_view(r.key) == "bad" && of_timer) ctx.set_timer(r.key, r.time);
    if (std::string_view(r.key) == "bad" && !of_timer) fail();
  };
  scripted::does.timer = [](weir::context&, const weir::timer&) { fail(); };
  x.start();
  CHECK(values(x.step(1, {{"a", 1}, {"b", 1}}, 2)) == strings{"a 1/1", "b 1/2"});
  // The second object knows nothing of the first frame, and all of its own.
  const strings with = values(x.step(2, {{"a", 3}, {"bad", 3}, {"b", 3}}, 4));
  CHECK(with == (of_timer ? strings{"a 2/1", "bad 1/2", "b 2/3"} : strings{"a 2/1", "b 2/2"}));
  CHECK(values(x.step(3, {{"a", 5}}, 6)) == (of_timer ? strings{"a 3/4"} : strings{"a 3/3"}));
  CHECK(objects == 2);
  CHECK(most == 1);
  CHECK(x.skipped() + x.letters() == 1);
}

TEST_CASE("retry_later undoes the step, is no error, and leaves what fails to on_error", "[operator][errors][outage]") {
  const on_error policy = GENERATE(on_error::fail, on_error::skip, on_error::dead_letter);
  const bool of_timer = GENERATE(false, true);
  lives x(policy);
  bool down = true;
  const auto ask = [&](std::string_view key) {
    if (key == "needy" && down) throw weir::retry_later("database is down");
    if (key == "bad") fail();
  };
  scripted::does.record = [&](weir::context& ctx, const weir::record& r) {
    if (of_timer)
      ctx.set_timer(r.key, r.time);
    else
      ask(r.key);
  };
  scripted::does.timer = [&](weir::context&, const weir::timer& t) { ask(t.key); };
  x.start();
  const std::vector<input_record> records{{"good", 1}, {"needy", 2}, {"bad", 3}};
  if (of_timer) REQUIRE(x.step(1, records).content);
  const std::uint64_t lsn = of_timer ? 2 : 1;
  const std::size_t frames = x.frames.size();
  const auto step = [&] { return of_timer ? x.step(lsn, {}, 9) : x.step(lsn, records); };
  for (int times = 0; times < 3; ++times) {
    const step_result r = step();
    CHECK(r.retry == "database is down");
    CHECK(r.failed.empty());
    CHECK_FALSE(r.content);
    CHECK(r.consumed == 0);
  }
  CHECK(x.frames.size() == frames);
  CHECK(x.skipped() + x.letters() == 0);
  down = false;
  const step_result r = step();
  CHECK(r.retry.empty());
  CHECK(r.failed.empty() == (policy != on_error::fail));
  CHECK(values(r) == (of_timer ? strings{"good 2/1", "needy 2/2"} : strings{"good 1/1", "needy 1/2"}));
  CHECK(x.skipped() == (policy == on_error::skip ? 1 : 0));
  CHECK(x.letters() == (policy == on_error::dead_letter ? 1 : 0));
}
