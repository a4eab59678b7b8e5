// The test driver's own promises: undo, fresh objects, dead letters, crashes.
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include "type_names.hpp"

namespace {
using namespace std::chrono_literals;

/// Does everything that must be undone, then obeys the value.
class fallible : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "fallible", .version = "1", .istreams = {"in"}, .ostreams = {"out"}, .states = {weir::keyed<std::uint64_t>("seen")}};
  }
  void initialize(weir::context& ctx) override {
    seen_ = ctx.state<std::uint64_t>("seen");
    out_ = ctx.ostream("out");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    ++member_;
    out_.produce(r.key, std::to_string(++seen_[r.key]) + " member " + std::to_string(member_));
    ctx.set_timer(r.key, r.time + 10s);
    if (r.value == "throw") throw std::runtime_error("told to");
    if (r.value == "later") throw weir::retry_later("not yet");
    if (r.value == "flush") fail_in_flush_ = true;
  }
  void process_timer(weir::context&, const weir::timer& t) override {
    if (t.key == "bad timer") throw std::string("timer fails");
    out_.produce(t.key, "timer");
  }
  void flush(weir::context&) override {
    if (fail_in_flush_) throw std::runtime_error("flush fails");
  }
  void close(weir::context& ctx) override { ctx.log(weir::level::info, "closed"); }

 private:
  int member_ = 0;
  bool fail_in_flush_ = false;
  weir::keyed_state<std::uint64_t> seen_;
  weir::ostream out_;
};

std::vector<std::string> lines(weir::test_driver& driver) {
  std::vector<std::string> all;
  for (const auto& r : driver.received("out")) all.push_back(r.key + ": " + r.value);
  return all;
}
using texts = std::vector<std::string>;
}  // namespace

TEST_CASE("a failed step leaves nothing behind, not even members", "[sdk][driver]") {
  auto driver = weir::test_driver::of<fallible>();
  driver.send("in", "a", "");
  CHECK_THROWS_WITH(driver.frame({{"in", "a", ""}, {"in", "b", "throw"}}), "process_record of " + named<fallible>() + ": told to");
  CHECK(lines(driver) == texts{"a: 1 member 1"});
  CHECK(driver.state<std::uint64_t>("seen", "a") == 1);
  CHECK_FALSE(driver.state<std::uint64_t>("seen", "b").has_value());
  CHECK(driver.timers() == 1);
  driver.send("in", "a", "");
  CHECK(lines(driver) == texts{"a: 2 member 1"});
}

TEST_CASE("skip gives the frame that a run without the bad records gives", "[sdk][driver]") {
  auto driver = weir::test_driver::of<fallible>();
  driver.on_error(weir::on_error::skip);
  driver.frame({{"in", "a", ""}, {"in", "b", "throw"}, {"in", "b", ""}, {"in", "c", "throw"}, {"in", "a", ""}});
  CHECK(lines(driver) == texts{"a: 1 member 1", "b: 1 member 2", "a: 2 member 3"});
  CHECK(driver.received("dead-letters").empty());
  CHECK(driver.timers() == 2);
}

TEST_CASE("dead_letter keeps the record with its error, timers too", "[sdk][driver]") {
  auto driver = weir::test_driver::of<fallible>();
  driver.on_error(weir::on_error::dead_letter);
  driver.frame({{"in", "b", "throw", weir::event_time(3s)}, {"in", "bad timer", ""}, {"in", "good timer", ""}});
  CHECK(driver.received("dead-letters") == std::vector<weir::owned_record>{{"b", "throw", weir::event_time(3s), "told to"}});
  lines(driver);
  driver.advance_watermark(weir::event_time(10s));
  CHECK(driver.received("dead-letters") == std::vector<weir::owned_record>{{"bad timer", "", weir::event_time(10s), "timer fails"}});
  CHECK(lines(driver) == texts{"good timer: timer"});
  CHECK(driver.timers() == 0);
}

TEST_CASE("an error in flush fails the step whatever on_error says", "[sdk][driver]") {
  auto driver = weir::test_driver::of<fallible>();
  driver.on_error(weir::on_error::skip);
  CHECK_THROWS_WITH(driver.send("in", "a", "flush"), "flush of " + named<fallible>() + ": flush fails");
  CHECK(lines(driver).empty());
  driver.send("in", "a", "");
  CHECK(lines(driver).size() == 1);
}

TEST_CASE("a crash inside a step gives the same result as none", "[sdk][driver]") {
  for (const auto where : {weir::crash_point::before_flush, weir::crash_point::after_flush}) {
    auto driver = weir::test_driver::of<fallible>();
    driver.crash_in({{"in", "a", ""}, {"in", "a", ""}}, where);
    CHECK(lines(driver) == texts{"a: 1 member 1", "a: 2 member 2"});
    CHECK(driver.timers() == 1);
  }
}

TEST_CASE("close runs once, and the operator is gone", "[sdk][driver]") {
  auto driver = weir::test_driver::of<fallible>();
  driver.send("in", "a", "");
  driver.close();
  driver.close();
  REQUIRE(driver.logged().size() == 1);
  CHECK(driver.logged()[0].text == "closed");
  CHECK(driver.state<std::uint64_t>("seen", "a") == 1);
  CHECK_THROWS_AS(driver.send("in", "a", ""), std::logic_error);
}

TEST_CASE("names that the operator does not have are said", "[sdk][driver]") {
  auto driver = weir::test_driver::of<fallible>();
  CHECK_THROWS_WITH(driver.send("inn", "a", ""), "the operator has no istream 'inn'");
  CHECK_THROWS_WITH(driver.received("outt"), "received: the operator has no ostream 'outt'");
  CHECK_THROWS_WITH(driver.state<int>("sen", "a"), "the operator declares no keyed state 'sen'");
  driver.send("in", "a", "");
  CHECK_THROWS_WITH(driver.state<std::uint8_t>("seen", "a"), "state 'seen' is declared with another type");
}

namespace {
class counting : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "counting", .version = "1", .istreams = {"in", {"in2", weir::grouping::broadcast}}}; }
  void initialize(weir::context& ctx) override {
    lates_ = ctx.counter("late");
    last_ = ctx.gauge("last-index");
    CHECK(ctx.partition() == 0);
    CHECK(ctx.partitions() == 1);
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (r.late) lates_.add();
    last_.set(r.position.index);
    ctx.log(weir::level::warning, std::to_string(r.istream) + " " + std::to_string(r.position.lsn) + "." + std::to_string(r.position.index));
  }

 private:
  weir::counter lates_;
  weir::gauge last_;
};
}  // namespace

TEST_CASE("positions, istreams, lateness, metrics and log lines reach the test", "[sdk][driver]") {
  auto driver = weir::test_driver::of<counting>();
  driver.advance_watermark(weir::event_time(10s));
  driver.frame({{"in", "", "", weir::event_time(10s)}, {"in2", "", "", weir::event_time(9s)}});
  driver.send("in2", "", "", weir::event_time(11s));
  CHECK(driver.counter("late") == 1);
  CHECK(driver.counter("other") == 0);
  CHECK(driver.gauge("last-index") == 0);
  REQUIRE(driver.logged().size() == 3);
  CHECK(driver.logged()[0].text.starts_with("0 "));
  CHECK(driver.logged()[1].text.starts_with("1 "));
  CHECK(driver.logged()[1].text.ends_with(".1"));
  CHECK(driver.logged()[0].level == WEIR_LEVEL_WARNING);
}

namespace {
/// Keeps a view of the last record: the bug that the driver is there to show.
class keeper : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "keeper", .version = "1", .istreams = {"in"}}; }
  void process_record(weir::context&, const weir::record& r) override {
    addresses.push_back(r.value.data());
    CHECK(reinterpret_cast<std::uintptr_t>(r.value.data()) % 8 == 0);
  }
  static inline std::vector<const char*> addresses;
};
}  // namespace

TEST_CASE("a record's bytes are a block of their own", "[sdk][driver]") {
  keeper::addresses.clear();
  auto driver = weir::test_driver::of<keeper>();
  driver.frame({{"in", "key", "a value"}, {"in", "key", "a value"}});
  CHECK(keeper::addresses.size() == 2);
}
