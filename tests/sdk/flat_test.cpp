// FlatBuffers tables as values and as state.
#include <catch2/catch.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <weir/flatbuffers.hpp>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include "sdk/order_generated.h"

namespace {

flatbuffers::DetachedBuffer order_of(const std::string& customer, std::int64_t amount) {
  flatbuffers::FlatBufferBuilder b;
  const shop::place to(1.5, 2.5);
  b.Finish(shop::CreateorderDirect(b, customer.c_str(), amount, &to));
  return b.Release();
}

/// Keeps the largest order of each customer, and all of them by number for the whole partition.
class orders : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "orders",
            .version = "1",
            .istreams = {{"orders", weir::grouping::group_by}},
            .ostreams = {"largest"},
            .states = {weir::keyed<weir::flat<shop::order>>("largest"), weir::per_partition<weir::flat<shop::order>>("all")}};
  }
  void initialize(weir::context& ctx) override {
    largest_ = ctx.state<weir::flat<shop::order>>("largest");
    all_ = ctx.partition_state<weir::flat<shop::order>>("all");
    out_ = ctx.ostream("largest");
  }
  void process_record(weir::context&, const weir::record& r) override {
    const weir::flat<shop::order> order(r);
    all_.put(order->customer()->string_view(), r.value);
    if (order->customer()->string_view() == "gone") all_.erase("gone");
    const shop::order* const before = largest_.find(r.key);
    if (before && before->amount() >= order->amount()) return;
    if (order->amount() < 0) return largest_.put(r.key, "not", std::string_view("a table"));
    builder_.Clear();
    builder_.Finish(shop::CreateorderDirect(builder_, order->customer()->c_str(), order->amount(), order->to()));
    largest_.put(r.key, builder_);
    largest_.put(r.key, "copy", builder_);
    std::uint64_t sum = 0;  // Of amounts that may be damaged: it wraps.
    largest_.for_each(r.key, [&](std::string_view, const shop::order& o) { sum += static_cast<std::uint64_t>(o.amount()); });
    all_.for_each([&](std::string_view, const shop::order& o) { sum += static_cast<std::uint64_t>(o.amount()); });
    out_.produce(r.key, sum);
    out_.produce(r.key, weir::bytes_of(builder_));
  }

 private:
  weir::keyed_state<weir::flat<shop::order>> largest_;
  weir::partition_state<weir::flat<shop::order>> all_;
  weir::ostream out_;
  flatbuffers::FlatBufferBuilder builder_;
};

std::string_view view(const flatbuffers::DetachedBuffer& b) { return weir::bytes_of(b); }
}  // namespace

TEST_CASE("tables are values and state", "[sdk][flat]") {
  auto driver = weir::test_driver::of<orders>();
  driver.send("orders", "k", view(order_of("ann", 5)));
  driver.send("orders", "k", view(order_of("bob", 4)));
  driver.send("orders", "k", view(order_of("gone", 7)));
  const auto out = driver.received("largest");
  REQUIRE(out.size() == 4);
  CHECK(out[0].value == "15");
  CHECK(out[2].value == "23");
  const weir::testing::block aligned(out[3].value);
  const weir::flat<shop::order> last(aligned.view());
  CHECK(last->customer()->str() == "gone");
  CHECK(last->to()->y() == 2.5);
  const auto stored = driver.state<weir::bytes>("largest", "k");
  REQUIRE(stored.has_value());
  CHECK(*stored == out[3].value);
}

TEST_CASE("a value that is no such table is an error, wherever it is cut or changed", "[sdk][flat]") {
  const auto good = order_of("a customer with a long name", 5);
  auto driver = weir::test_driver::of<orders>();
  driver.on_error(weir::on_error::dead_letter);
  driver.send("orders", "k", "");
  driver.send("orders", "k", "text");
  for (std::size_t size = 0; size < good.size(); ++size) driver.send("orders", "k", view(good).substr(0, size));
  CHECK(driver.received("dead-letters").size() >= good.size());
  CHECK(driver.received("largest").empty());
  // Changed bytes may still be a table, but never one that leads outside.
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char to : {'\0', '\x7f', '\xff'}) {
      std::string bytes(view(good));
      bytes[at] = to;
      driver.send("orders", "k", bytes);
    }
  }
  driver.send("orders", "other", view(order_of("ann", 5)));
  CHECK(driver.received("largest").size() >= 2);
}

TEST_CASE("bytes that are put as a table are verified", "[sdk][flat]") {
  auto driver = weir::test_driver::of<orders>();
  CHECK_THROWS_WITH(driver.send("orders", "k", view(order_of("ann", -1))), Catch::Contains("the value of 7 bytes is not a shop::order"));
}

namespace {
/// What was a number becomes a table.
class amounts : public orders {
 public:
  weir::metadata metadata() const override {
    return {.name = "orders", .version = "0", .istreams = {{"orders", weir::grouping::group_by}}, .states = {weir::keyed<std::int64_t>("last")}};
  }
  void initialize(weir::context& ctx) override { last_ = ctx.state<std::int64_t>("last"); }
  void process_record(weir::context&, const weir::record& r) override { last_[r.key] = std::stoll(std::string(r.value)); }

 private:
  weir::keyed_state<std::int64_t> last_;
};

class last_orders : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "orders",
            .version = "1",
            .istreams = {{"orders", weir::grouping::group_by}},
            .ostreams = {"out"},
            .states = {weir::keyed<weir::flat<shop::order>>("last", 2)
                           .from<std::int64_t>(1, [](std::int64_t amount) { return order_of("unknown", amount); })
                           .to<std::int64_t>(1, [](const shop::order& o) { return o.amount(); })}};
  }
  void initialize(weir::context& ctx) override { last_ = ctx.state<weir::flat<shop::order>>("last"); }
  void process_record(weir::context& ctx, const weir::record& r) override {
    const shop::order* const before = last_.find(r.key);
    ctx.produce_record("out", r.key, before ? before->customer()->str() + std::to_string(before->amount()) : "none");
    last_.put(r.key, order_of("ann", std::stoll(std::string(r.value))));
  }

 private:
  weir::keyed_state<weir::flat<shop::order>> last_;
};
}  // namespace

TEST_CASE("values become tables and numbers again by their conversions", "[sdk][flat][versions]") {
  auto driver = weir::test_driver::of<amounts>();
  driver.send("orders", "k", "3");
  driver.redeploy<last_orders>();
  driver.send("orders", "k", "8");
  driver.send("orders", "k", "9");
  const auto out = driver.received("out");
  REQUIRE(out.size() == 2);
  CHECK(out[0].value == "unknown3");
  CHECK(out[1].value == "ann8");
  driver.rollback();
  CHECK(driver.state<std::int64_t>("last", "k") == 9);
}

TEST_CASE("a table's name is part of its state's identity", "[sdk][flat]") {
  const auto& states = weir::detail::metadata_of<orders>().info();
  CHECK(std::string(states.states[0].schema) == "shop::order");
  CHECK(states.states[0].value == WEIR_VALUE_BYTES);
}
