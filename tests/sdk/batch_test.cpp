// The layout of weir_slot, byte by byte: what produce() writes is what logs store and other operators read.
#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>
#include <weir/weir.hpp>

#include "raw_operator.hpp"

namespace {
using namespace std::chrono_literals;
using hook = std::function<void(weir::context&, const weir::record&, weir::ostream&)>;
hook on_record;  // What the operator under test does; it has no other way to be given a function.

class scripted final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "scripted", .version = "1", .istreams = {"in"}, .ostreams = {"other", "out"}}; }
  void initialize(weir::context& ctx) override { out_ = ctx.ostream("out"); }
  void process_record(weir::context& ctx, const weir::record& r) override { on_record(ctx, r, out_); }

 private:
  weir::ostream out_;
};

/// The operator after one record ("key", "value", time 5) was given to the hook.
struct scripted_run : raw_operator<scripted> {
  explicit scripted_run(hook h) {
    on_record = std::move(h);
    raw_input input;
    process(input.add("key", "value", 5).all());
  }
  std::string bytes() { return {batch(1).bytes, batch(1).size}; }
  std::vector<std::string> values() {
    std::vector<std::string> all;
    for (std::uint32_t i = 0; i < batch(1).count; ++i) all.emplace_back(host.output.at(1, i).value);
    return all;
  }
};
}  // namespace

TEST_CASE("keys and values begin at multiples of 8, and the gaps are zero", "[sdk][batch]") {
  scripted_run run([](auto&, auto&, weir::ostream& out) {
    out.produce("abc", "0123456789", weir::event_time(9ns));
    out.produce("", "", weir::event_time(10ns));
    out.produce("12345678", "x");
    out.produce("k", "");
  });
  REQUIRE(run.out.status == WEIR_OK);
  const weir_batch& b = run.batch(1);
  REQUIRE(b.count == 4);
  const std::uint32_t ends[][2] = {{3, 18}, {24, 24}, {32, 33}, {41, 48}};
  for (std::uint32_t i = 0; i < 4; ++i) {
    CHECK(b.slots[i].key_end == ends[i][0]);
    CHECK(b.slots[i].value_end == ends[i][1]);
    CHECK(b.slots[i].hash == 0);
  }
  CHECK(b.slots[0].time == 9);
  CHECK(b.slots[1].time == 10);
  CHECK(b.slots[2].time == 5);
  CHECK(b.size == 48);
  CHECK(run.bytes() == std::string("abc\0\0\0\0\0"
                                   "0123456789\0\0\0\0\0\0"
                                   "12345678"
                                   "x\0\0\0\0\0\0\0"
                                   "k\0\0\0\0\0\0\0",
                                   48));
  CHECK(run.batch(0).count == 0);
}

TEST_CASE("a record's key takes its hash along, a text has none yet", "[sdk][batch]") {
  scripted_run run([](auto&, const weir::record& r, weir::ostream& out) {
    out.produce(r.key, "a");
    out.produce(r.key.view(), "b");
  });
  raw_input input;
  weir_input again = input.add("key", "value").all();
  weir_slot slot = again.slots[0];
  slot.hash = 99;
  again.slots = &slot;
  run.process(again);
  REQUIRE(run.batch(1).count == 4);
  CHECK(run.batch(1).slots[0].hash == 0);
  CHECK(run.batch(1).slots[2].hash == 99);
  CHECK(run.batch(1).slots[3].hash == 0);
}

TEST_CASE("numbers are printed as decimal text", "[sdk][batch]") {
  scripted_run run([](auto&, auto&, weir::ostream& out) {
    out.produce("", 0);
    out.produce("", std::numeric_limits<std::int64_t>::min());
    out.produce("", std::numeric_limits<std::uint64_t>::max());
    out.produce("", std::int8_t{-5});
    out.produce("", std::uint8_t{65});
    out.produce("", 0.1);
    out.produce("", -std::numeric_limits<double>::denorm_min());
    out.produce("", 1.5f);
    out.produce("", 7L, weir::event_time(1ns));
  });
  CHECK(run.values() == std::vector<std::string>{"0", "-9223372036854775808", "18446744073709551615", "-5", "65", "0.1", "-5e-324", "1.5", "7"});
  CHECK(run.batch(1).slots[8].time == 1);
}

template <class T>
concept producible = requires(weir::ostream& out, T value) {
  out.produce("key", value);
};
static_assert(producible<int> && producible<double> && producible<const char*> && producible<std::string> && producible<weir::record_key>);
static_assert(!producible<bool> && !producible<char> && !producible<std::nullptr_t> && !producible<char32_t>, "neither a word nor a letter is a number");
template <class T>
concept a_time = requires(weir::ostream& out, T time) {
  out.produce("key", "value", time);
};
static_assert(a_time<weir::event_time> && !a_time<weir::processing_time> && !a_time<int>);

TEST_CASE("a reserved value is written in place and may turn out shorter", "[sdk][batch]") {
  scripted_run run([](auto&, auto&, weir::ostream& out) {
    char* room = out.reserve("abc", 20);
    CHECK(reinterpret_cast<std::uintptr_t>(room) % 8 == 0);
    std::memset(room, 'x', 20);
    out.commit(3);
    out.reserve("never committed", 100);
    std::memset(out.reserve("", 8), 'y', 8);
    out.commit(8, weir::event_time(77ns));
    out.reserve("", 0);
    out.commit(0);
  });
  REQUIRE(run.out.status == WEIR_OK);
  CHECK(run.values() == std::vector<std::string>{"xxx", "yyyyyyyy", ""});
  CHECK(run.batch(1).slots[1].time == 77);
  CHECK(run.bytes() == std::string("abc\0\0\0\0\0xxx\0\0\0\0\0yyyyyyyy", 24));
}

TEST_CASE("commit needs a reservation that is large enough and still there", "[sdk][batch]") {
  const auto text = [](hook h) { return scripted_run(std::move(h)).text(); };
  const std::string why = "ostream::commit without a reserve() of at least as many bytes directly before it";
  CHECK(text([](auto&, auto&, weir::ostream& out) { out.commit(0); }) == why);
  CHECK(text([](auto&, auto&, weir::ostream& out) { out.reserve("k", 4), out.commit(5); }) == why);
  CHECK(text([](auto&, auto&, weir::ostream& out) { out.reserve("k", 4), out.produce("a", "b"), out.commit(4); }) == why);
  CHECK(text([](auto&, auto&, weir::ostream& out) { out.reserve("k", 4), out.commit(4), out.commit(4); }) == why);
}

TEST_CASE("the host is called only when the memory is full", "[sdk][batch]") {
  static int calls;
  static const weir_host* real;
  calls = 0;
  scripted_run run([](weir::context& ctx, auto&, weir::ostream& out) {
    static weir_host counting;
    real = ctx.raw()->host;
    counting = *real;
    counting.grow = [](weir_context* raw, std::uint32_t ostream, std::size_t bytes) -> std::int32_t {
      ++calls;
      return real->grow(raw, ostream, bytes + 10000);
    };
    ctx.raw()->host = &counting;
    for (int i = 0; i < 20; ++i) out.produce("key", i);
    ctx.raw()->host = real;
  });
  REQUIRE(run.batch(1).count == 20);
  CHECK(calls < 12);  // The host of these tests grows slots by a quarter.
}

TEST_CASE("a record that fits no frame is its own error", "[sdk][batch]") {
  scripted_run run([](auto&, auto&, weir::ostream& out) { out.produce("k", std::string(17u << 20, 'x')); });
  CHECK(run.out.status == WEIR_ERROR);
  CHECK(run.text().starts_with("ostream 'out': a record of 17825800 bytes is larger than"));
  CHECK(run.batch(1).count == 0);
  scripted_run endless([](auto&, auto&, weir::ostream& out) { out.reserve("k", SIZE_MAX - 2); });
  CHECK(endless.out.status == WEIR_ERROR);
}

TEST_CASE("produce_record finds the ostream by name and says which there are", "[sdk][batch]") {
  scripted_run run([](weir::context& ctx, const weir::record& r, auto&) {
    ctx.produce_record("other", r.key, r.value);
    ctx.produce_record("out", "n", 4, weir::event_time(3ns));
  });
  CHECK(run.host.output.at(0, 0).value == "value");
  CHECK(run.values() == std::vector<std::string>{"4"});
  CHECK_THROWS_WITH(
      [] {
        scripted_run wrong([](weir::context& ctx, auto&, auto&) {
          try {
            ctx.ostream("outs");
          } catch (const weir::usage_error& e) {
            ctx.log(weir::level::error, e.what());
          }
        });
        throw std::runtime_error(wrong.host.logged.at(0).text);
      }(),
      "ostream 'outs' is not declared: metadata() has other, out in .ostreams");
}
