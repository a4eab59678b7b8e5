#include <catch2/catch.hpp>
#include <string>
#include <weir/file.hpp>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include "operators_under_test.hpp"
#include "type_names.hpp"

namespace {
using namespace std::chrono_literals;
using under_test::at;

/// Reads lines of a file, ten bytes a poll at most.
class lines : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "lines",
            .version = "1",
            .ostreams = {"lines"},
            .states = {weir::per_partition<std::uint64_t>("offset")},
            .blocking = true,
            .config = {{"path", weir::config_type::path, weir::required, "file to read"}}};
  }
  void initialize(weir::context& ctx) override {
    lines_ = ctx.ostream("lines");
    offset_ = ctx.partition_state<std::uint64_t>("offset");
    file_ = weir::file::open(ctx, ctx.config().path("path"), weir::file::mode::read);
  }
  weir::poll_result poll(weir::context& ctx) override {
    std::uint64_t& offset = offset_["of the file"];
    const std::string text = file_.read(offset, 10);
    const auto newline = text.find('\n');
    if (newline == text.npos) return text.empty() ? weir::poll_result::ended : weir::poll_result::idle;
    if (text.starts_with("bad")) throw std::runtime_error("cannot read this");
    lines_.produce("", text.substr(0, newline), weir::event_time(std::chrono::seconds(offset)));
    ctx.emit_watermark(weir::event_time(std::chrono::seconds(offset)));
    offset += newline + 1;
    return weir::poll_result::more;
  }

 private:
  weir::file file_;
  weir::ostream lines_;
  weir::partition_state<std::uint64_t> offset_;
};

/// A source that lives by timers.
class ticks : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "ticks", .version = "1", .ostreams = {"ticks"}}; }
  void initialize(weir::context& ctx) override {
    if (ctx.start() == weir::start::created) ctx.set_timer("tick", ctx.now() + 10s);
    ctx.produce_record("ticks", "start", std::to_string(static_cast<int>(ctx.start())) + " in epoch " + std::to_string(ctx.epoch()));
  }
  void process_timer(weir::context& ctx, const weir::timer& t) override {
    ctx.produce_record("ticks", t.key, t.at.since_epoch() / 1s);
    ctx.set_timer(t.key, ctx.now() + 10s);
  }
};

class endless : public ticks {
 public:
  void process_timer(weir::context& ctx, const weir::timer& t) override { ctx.set_timer(t.key, ctx.now()); }
};
}  // namespace

TEST_CASE("an initialize that throws says so", "[sdk][source]") {
  CHECK_THROWS_WITH(weir::test_driver::of<lines>({{"path", "in.txt"}}), "initialize of " + named<lines>() + ": in.txt: no such file");
}

TEST_CASE("position and output of a source commit together", "[sdk][source]") {
  auto driver = weir::test_driver::of<lines>({{"path", "in.txt"}}, {{"in.txt", "one\ntwo\nbad\n"}});
  CHECK(driver.poll() == weir::poll_result::more);
  CHECK(driver.watermark() == at(0s));
  driver.crash_and_recover();
  CHECK(driver.poll() == weir::poll_result::more);
  CHECK(driver.watermark() == at(4s));
  const auto out = driver.received("lines");
  REQUIRE(out.size() == 2);
  CHECK(out[1] == weir::owned_record{"", "two", at(4s)});
  CHECK_THROWS_WITH(driver.poll(), "poll of " + named<lines>() + ": cannot read this");
  CHECK(driver.partition_state<std::uint64_t>("offset", "of the file") == 8);
  driver.files().write("in.txt", "one\ntwo\n12");
  driver.crash_and_recover();
  CHECK(driver.poll() == weir::poll_result::idle);
  driver.files().write("in.txt", "one\ntwo\n");
  CHECK(driver.poll() == weir::poll_result::ended);
  CHECK(driver.watermark() == weir::event_time::max());
  driver.files().write("in.txt", "one\ntwo\nmore\n");
  CHECK(driver.poll() == weir::poll_result::ended);
  CHECK(driver.received("lines").empty());
}

TEST_CASE("a source may live by timers, and a restart adds no second one", "[sdk][source]") {
  auto driver = weir::test_driver::of<ticks>();
  driver.advance_time(10s);
  driver.crash_and_recover();
  CHECK(driver.timers() == 1);
  driver.advance_time(10s);
  const auto out = driver.received("ticks");
  REQUIRE(out.size() == 4);
  CHECK(out[0].value == "0 in epoch 1");
  CHECK(out[1] == weir::owned_record{"tick", "10", at(10s)});
  CHECK(out[2].value == "1 in epoch 2");
  CHECK(out[2].time == at(10s));
  CHECK(out[3].value == "20");
  CHECK_THROWS_AS(driver.poll(), std::logic_error);
}

TEST_CASE("timers that set themselves at once are found out", "[sdk][source]") {
  auto driver = weir::test_driver::of<endless>();
  CHECK_THROWS_WITH(driver.advance_time(10s), "a million timers fired in one step: process_timer sets timers that are due at once");
}
