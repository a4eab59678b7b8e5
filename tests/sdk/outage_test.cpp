// retry_later: whichever hook throws it, the step is undone, waits, and comes again.
#include <catch2/catch.hpp>
#include <string>
#include <vector>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

namespace {
using namespace std::chrono_literals;

/// Needs something outside in the hook that `needs` names; leaves traces in state, output, timers and members before it asks.
class dependent : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "dependent", .version = "1", .istreams = {"in"}, .ostreams = {"out"}, .states = {weir::keyed<std::uint64_t>("seen")}};
  }
  void initialize(weir::context& ctx) override {
    seen_ = ctx.state<std::uint64_t>("seen");
    out_ = ctx.ostream("out");
    out_.produce("initialize", "");
    ask("initialize");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    out_.produce(r.key, ++seen_[r.key] * 10 + ++member_);
    ctx.set_timer(r.key, weir::event_time(10s));
    if (r.value == "token") ctx.when_durable(7);
    ask("process_record");
  }
  void process_timer(weir::context&, const weir::timer& t) override {
    out_.produce(t.key, "timer");
    ask("process_timer");
  }
  void process_durable(weir::context&, std::uint64_t token) override {
    out_.produce("durable", token);
    ask("process_durable");
  }
  void flush(weir::context&) override { ask("flush"); }

  static inline std::string needs;
  static inline int asked = 0;

 private:
  static void ask(const std::string& hook) {
    if (hook != needs) return;
    ++asked;
    throw weir::retry_later("no " + hook);
  }
  int member_ = 0;
  weir::keyed_state<std::uint64_t> seen_;
  weir::ostream out_;
};

std::vector<std::string> values(weir::test_driver& driver) {
  std::vector<std::string> all;
  for (const auto& r : driver.received("out")) all.push_back(r.key + " " + r.value);
  return all;
}
using texts = std::vector<std::string>;

/// A driver behind its initialize.
weir::test_driver started() {
  dependent::needs.clear();
  dependent::asked = 0;
  return weir::test_driver::of<dependent>();
}
}  // namespace

TEST_CASE("an outage in process_record or flush undoes the step, which comes again with all that waits behind it", "[sdk][outage]") {
  dependent::needs = GENERATE("process_record", "flush");
  const std::string hook = dependent::needs;
  auto driver = started();
  driver.on_error(weir::on_error::skip);
  values(driver);
  dependent::needs = hook;
  driver.frame({{"in", "a", ""}, {"in", "a", ""}});
  CHECK(driver.waiting() == "no " + hook);
  CHECK(values(driver).empty());
  CHECK_FALSE(driver.state<std::uint64_t>("seen", "a").has_value());
  CHECK(driver.timers() == 0);
  driver.send("in", "b", "");
  CHECK(dependent::asked == 1);
  dependent::needs.clear();
  driver.advance_time(9ms);
  CHECK(driver.waiting().has_value());
  driver.advance_time(1ms);
  CHECK_FALSE(driver.waiting().has_value());
  CHECK(values(driver) == texts{"initialize ", "a 11", "a 22", "b 13"});
  REQUIRE(driver.logged().size() == 2);
  CHECK(driver.logged()[0].text == "waiting: no " + hook);
  CHECK(driver.logged()[1].text == "goes on after waiting: no " + hook);
}

TEST_CASE("the back-off doubles from 10 ms to 10 s", "[sdk][outage]") {
  auto driver = started();
  dependent::needs = "process_record";
  driver.send("in", "a", "");
  auto delay = 10ms;
  for (int attempt = 2; attempt < 16; ++attempt) {
    driver.advance_time(delay - 1ms);
    CHECK(dependent::asked == attempt - 1);
    driver.advance_time(1ms);
    CHECK(dependent::asked == attempt);
    delay = std::min<std::chrono::milliseconds>(2 * delay, 10s);
  }
  CHECK(driver.logged().size() == 1);
}

TEST_CASE("an outage in process_timer keeps the timer", "[sdk][outage]") {
  auto driver = started();
  driver.send("in", "a", "");
  values(driver);
  dependent::needs = "process_timer";
  driver.advance_watermark(weir::event_time(20s));
  CHECK(driver.waiting() == "no process_timer");
  CHECK(driver.timers() == 1);
  dependent::needs.clear();
  driver.advance_time(10ms);
  CHECK(values(driver) == texts{"initialize ", "a timer"});
  CHECK(driver.timers() == 0);
}

TEST_CASE("an outage in initialize holds everything back", "[sdk][outage]") {
  dependent::needs = "initialize";
  auto driver = weir::test_driver::of<dependent>();
  CHECK(driver.waiting() == "no initialize");
  driver.send("in", "a", "");
  CHECK(values(driver).empty());
  dependent::needs.clear();
  driver.advance_time(10ms);
  CHECK(values(driver) == texts{"initialize ", "a 11"});
}

TEST_CASE("an outage in process_durable has the token come again", "[sdk][outage]") {
  auto driver = started();
  dependent::needs = "process_durable";
  driver.send("in", "a", "token");
  CHECK(values(driver) == texts{"initialize ", "a 11"});
  CHECK(driver.waiting() == "no process_durable");
  dependent::needs.clear();
  driver.advance_time(10ms);
  CHECK(values(driver) == texts{"initialize ", "durable 7"});
}

TEST_CASE("a crash ends an outage: what waited comes again", "[sdk][outage]") {
  auto driver = started();
  values(driver);
  dependent::needs = "process_record";
  driver.send("in", "a", "");
  dependent::needs.clear();
  driver.crash_and_recover();
  CHECK_FALSE(driver.waiting().has_value());
  CHECK(values(driver) == texts{"initialize ", "a 11"});
}

namespace {
class outage_source : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "s", .version = "1", .ostreams = {"out"}}; }
  weir::poll_result poll(weir::context& ctx) override {
    ctx.produce_record("out", "", "polled");
    if (down) throw weir::retry_later("connection refused");
    return weir::poll_result::more;
  }
  static inline bool down = false;
};
}  // namespace

TEST_CASE("an outage in poll is idle until it is over", "[sdk][outage]") {
  outage_source::down = true;
  auto driver = weir::test_driver::of<outage_source>();
  CHECK(driver.poll() == weir::poll_result::idle);
  CHECK(driver.waiting() == "connection refused");
  CHECK(driver.poll() == weir::poll_result::idle);
  outage_source::down = false;
  driver.advance_time(10ms);
  CHECK(driver.received("out").size() == 1);
  CHECK(driver.poll() == weir::poll_result::more);
  CHECK(driver.received("out").size() == 1);
}
