// Redeploys and rollbacks in a test: state of other versions is converted when it is accessed.
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

namespace {
using namespace std::chrono_literals;

struct seen {
  std::uint64_t count;
  std::int64_t last;
};

/// Counts; version 1 of the state is a number.
class count_1 : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "count",
            .version = "1",
            .istreams = {"in"},
            .ostreams = {"out"},
            .states = {weir::keyed<std::uint64_t>("count"), weir::per_partition<std::uint64_t>("total")}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<std::uint64_t>("count");
    total_ = ctx.partition_state<std::uint64_t>("total");
    ctx.produce_record("out", "start", static_cast<int>(ctx.start()));
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    ctx.produce_record("out", r.key, ++count_[r.key]);
    ++total_[""];
    ctx.set_timer(r.key, weir::event_time(1h));
  }
  void process_timer(weir::context& ctx, const weir::timer& t) override { ctx.produce_record("out", t.key, "1"); }
  void close(weir::context& ctx) override { ctx.log(weir::level::info, "closed"); }

 private:
  weir::keyed_state<std::uint64_t> count_;
  weir::partition_state<std::uint64_t> total_;
};

/// Version 2 also remembers when.
class count_2 : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "count",
            .version = "2",
            .istreams = {"in"},
            .ostreams = {"out", "more"},
            .states = {weir::keyed<seen>("count", 2).from<std::uint64_t>(1, up).to<std::uint64_t>(1, [](const seen& s) { return s.count; }),
                       weir::per_partition<weir::bytes>("total", 2)
                           .from<std::uint64_t>(1, [](std::uint64_t n) { return std::to_string(n); })
                           .to<std::uint64_t>(1, [](const std::string& text) -> std::uint64_t { return std::stoull(text); })}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<seen>("count");
    total_ = ctx.partition_state<weir::bytes>("total");
    ctx.produce_record("out", "start", static_cast<int>(ctx.start()));
    if (broken) throw std::runtime_error("broken");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (r.value == "erase") {
      ctx.produce_record("out", r.key, count_.erase(r.key) ? "erased" : "nothing");
      return;
    }
    if (r.value == "walk") {
      count_.for_each(r.key, [&](std::string_view, const seen& s) { ctx.produce_record("out", r.key, s.count); });
      return;
    }
    ctx.produce_record("out", r.key, ++count_[r.key].count);
  }
  void process_timer(weir::context& ctx, const weir::timer& t) override { ctx.produce_record("out", t.key, "2"); }
  static inline bool broken = false;

 private:
  static seen up(std::uint64_t n) {
    if (n == 13) throw std::runtime_error("13 cannot be converted");
    return {n, -1};
  }
  weir::keyed_state<seen> count_;
  weir::partition_state<weir::bytes> total_;
};

/// Another form under the same version.
class count_wrong : public count_1 {
 public:
  weir::metadata metadata() const override {
    return {.name = "count",
            .version = "3",
            .istreams = {"in"},
            .ostreams = {"out"},
            .states = {weir::keyed<std::uint32_t>("count"), weir::per_partition<std::uint64_t>("total")}};
  }
};

class count_without : public count_1 {
 public:
  weir::metadata metadata() const override {
    return {.name = "count", .version = "3", .istreams = {"in"}, .ostreams = {"out"}, .states = {weir::keyed<std::uint64_t>("count")}};
  }
};

std::vector<std::string> lines(weir::test_driver& driver) {
  std::vector<std::string> all;
  for (const auto& r : driver.received("out")) all.push_back(r.key + " " + r.value);
  return all;
}
using texts = std::vector<std::string>;
const std::string deployed = "start " + std::to_string(WEIR_START_DEPLOYED);
const std::string rolled_back = "start " + std::to_string(WEIR_START_ROLLED_BACK);
}  // namespace

TEST_CASE("a redeploy keeps state and timers, and converts values on their first access", "[sdk][versions]") {
  auto driver = weir::test_driver::of<count_1>();
  for (const char* key : {"a", "a", "b", "b", "b"}) driver.send("in", key, "");
  lines(driver);
  driver.redeploy<count_2>();
  CHECK(driver.logged().back().text == "closed");
  driver.send("in", "a", "");
  driver.send("in", "b", "walk");
  driver.send("in", "b", "erase");
  driver.send("in", "b", "erase");
  CHECK(lines(driver) == texts{deployed, "a 3", "b 3", "b erased", "b nothing"});
  CHECK(driver.state<seen>("count", "a")->last == -1);
  CHECK(driver.partition_state<weir::bytes>("total", "") == "5");
  driver.advance_watermark(weir::event_time(2h));
  CHECK(lines(driver) == texts{"a 2", "b 2"});
}

TEST_CASE("a value that was erased unconverted stays erased", "[sdk][versions]") {
  auto driver = weir::test_driver::of<count_1>();
  driver.send("in", "a", "");
  driver.redeploy<count_2>();
  driver.send("in", "a", "erase");
  CHECK_FALSE(driver.state<seen>("count", "a").has_value());
}

TEST_CASE("a rollback converts back what the newer version wrote, and only that", "[sdk][versions]") {
  auto driver = weir::test_driver::of<count_1>();
  driver.send("in", "a", "");
  driver.send("in", "b", "");
  driver.redeploy<count_2>();
  driver.send("in", "a", "");
  driver.send("in", "c", "");
  lines(driver);
  driver.rollback();
  for (const char* key : {"a", "b", "c", "d"}) driver.send("in", key, "");
  CHECK(lines(driver) == texts{rolled_back, "a 3", "b 2", "c 2", "d 1"});
  CHECK_THROWS_AS(driver.rollback(), std::logic_error);
}

TEST_CASE("a conversion is undone with its step", "[sdk][versions]") {
  auto driver = weir::test_driver::of<count_1>();
  driver.send("in", "a", "");
  driver.redeploy<count_2>();
  driver.crash_in({{"in", "a", ""}}, weir::crash_point::after_flush);
  CHECK(driver.state<seen>("count", "a")->count == 2);
}

TEST_CASE("what a conversion throws is the record's error", "[sdk][versions]") {
  auto driver = weir::test_driver::of<count_1>();
  for (int i = 0; i < 13; ++i) driver.send("in", "unlucky", "");
  driver.redeploy<count_2>();
  driver.on_error(weir::on_error::dead_letter);
  driver.send("in", "unlucky", "");
  const auto letters = driver.received("dead-letters");
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].error == "state 'count': the conversion from version 1 failed: 13 cannot be converted");
}

TEST_CASE("a redeploy whose state does not fit is refused, and the old version goes on", "[sdk][versions]") {
  auto driver = weir::test_driver::of<count_1>();
  driver.send("in", "a", "");
  CHECK_THROWS_WITH(driver.redeploy<count_wrong>(),
                    "state 'count' is declared as (version 1, 4 bytes), but (version 1, 8 bytes) is held, and nothing converts it");
  CHECK_THROWS_WITH(driver.redeploy<count_without>(), "state 'total' is not declared any more");
  driver.send("in", "a", "");
  CHECK(lines(driver) == texts{"start 0", "a 1", "a 2"});
}

TEST_CASE("a redeploy whose initialize throws leaves the old version with its state", "[sdk][versions]") {
  auto driver = weir::test_driver::of<count_1>();
  driver.send("in", "a", "");
  lines(driver);
  count_2::broken = true;
  CHECK_THROWS_AS(driver.redeploy<count_2>(), weir::operator_error);
  count_2::broken = false;
  driver.send("in", "a", "");
  CHECK(lines(driver) == texts{rolled_back, "a 2"});
}

TEST_CASE("conversions that contradict each other are found without running the class", "[sdk][versions]") {
  class twice : public weir::stream_operator {
   public:
    weir::metadata metadata() const override {
      const auto same = [](std::uint64_t n) { return n; };
      return {.name = "t", .version = "1", .states = {weir::keyed<std::uint64_t>("s", 2).from<std::uint64_t>(1, same).from<std::uint64_t>(1, same)}};
    }
  };
  class itself : public weir::stream_operator {
   public:
    weir::metadata metadata() const override {
      return {.name = "t", .version = "1", .states = {weir::keyed<std::uint64_t>("s", 2).to<std::uint64_t>(2, [](std::uint64_t n) { return n; })}};
    }
  };
  CHECK_THROWS_WITH(weir::test_driver::of<twice>(), "metadata: state 's' has two conversions from version 1");
  CHECK_THROWS_WITH(weir::test_driver::of<itself>(), "metadata: state 's' converts to its own version 2");
}
