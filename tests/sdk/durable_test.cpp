// when_durable and process_durable: tokens of committed frames come back, in order, in a frame of their own.
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

namespace {

/// Asks for as many tokens as the value says; numbers go on from frame to frame.
class acknowledging : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "acknowledging",
            .version = "1",
            .istreams = {"in"},
            .ostreams = {"acks"},
            .states = {weir::per_partition<std::uint64_t>("next"), weir::per_partition<std::uint64_t>("acknowledged")}};
  }
  void initialize(weir::context& ctx) override {
    next_ = ctx.partition_state<std::uint64_t>("next");
    acknowledged_ = ctx.partition_state<std::uint64_t>("acknowledged");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    for (int i = 0; i < std::stoi(std::string(r.value)); ++i) ctx.when_durable(++next_[""]);
    if (r.key == "bad") throw std::runtime_error("bad");
  }
  void process_durable(weir::context& ctx, std::uint64_t token) override {
    ctx.produce_record("acks", "", token);
    ++acknowledged_[""];
    if (token == 1000) throw std::runtime_error("cannot acknowledge");
  }
  void flush(weir::context&) override { ++flushes; }
  static inline int flushes = 0;

 private:
  weir::partition_state<std::uint64_t> next_, acknowledged_;
};

std::string acks(weir::test_driver& driver) {
  std::string all;
  for (const auto& r : driver.received("acks")) all += r.value + " ";
  return all;
}
}  // namespace

TEST_CASE("tokens come back once their frame is durable, in the order of the calls", "[sdk][durable]") {
  auto driver = weir::test_driver::of<acknowledging>();
  acknowledging::flushes = 0;
  driver.frame({{"in", "", "2"}, {"in", "", "1"}});
  CHECK(acks(driver) == "1 2 3 ");
  CHECK(acknowledging::flushes == 2);
  CHECK(driver.partition_state<std::uint64_t>("acknowledged", "") == 3);
  driver.send("in", "", "0");
  CHECK(acks(driver).empty());
  CHECK(acknowledging::flushes == 3);
}

TEST_CASE("tokens of an undone record are undone", "[sdk][durable]") {
  auto driver = weir::test_driver::of<acknowledging>();
  driver.on_error(weir::on_error::skip);
  driver.frame({{"in", "", "1"}, {"in", "bad", "2"}, {"in", "", "1"}});
  CHECK(acks(driver) == "1 2 ");
}

TEST_CASE("tokens of a frame that a crash loses come with its second run only", "[sdk][durable]") {
  auto driver = weir::test_driver::of<acknowledging>();
  driver.crash_in({{"in", "", "1"}}, weir::crash_point::after_flush);
  CHECK(acks(driver) == "1 ");
  driver.crash_and_recover();
  CHECK(acks(driver).empty());
}

TEST_CASE("an error in process_durable is no record's", "[sdk][durable]") {
  auto driver = weir::test_driver::of<acknowledging>();
  driver.on_error(weir::on_error::dead_letter);
  CHECK_THROWS_WITH(driver.send("in", "", "1000"), Catch::Contains("cannot acknowledge"));
  CHECK(driver.received("dead-letters").empty());
  CHECK(acks(driver).empty());
  driver.send("in", "", "1");
  CHECK(acks(driver) == "1001 ");
}
