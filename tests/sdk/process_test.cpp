// What stands between a node and an operator's hooks: the loop over records, and exceptions of every kind.
#include <catch2/catch.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>
#include <weir/weir.hpp>

#include "raw_operator.hpp"

namespace {
using seen_record = std::tuple<std::string, std::string, std::int64_t, bool, std::uint32_t>;
std::vector<seen_record> seen;
std::function<void(weir::context&)> act;  // Called in every hook but the constructor.

class watcher : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "watcher", .version = "1", .istreams = {"in"}, .ostreams = {"out"}}; }
  void initialize(weir::context& ctx) override { hook(ctx); }
  void process_timer(weir::context& ctx, const weir::timer&) override { hook(ctx); }
  void flush(weir::context& ctx) override { hook(ctx); }
  void close(weir::context& ctx) override { hook(ctx); }

 private:
  void process_record(weir::context& ctx, const weir::record& r) override {
    seen.emplace_back(std::string(r.key), std::string(r.value), r.time.since_epoch().count(), r.late, r.position.index);
    hook(ctx);
  }
  static void hook(weir::context& ctx) {
    if (act) act(ctx);
  }
};

class source : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "source", .version = "1", .ostreams = {"out"}}; }
  weir::poll_result poll(weir::context& ctx) override {
    act(ctx);
    return weir::poll_result::more;
  }
};

struct no_standard_exception {};
struct silent : std::exception {
  const char* what() const noexcept override { return ""; }
};

struct watched : raw_operator<watcher> {
  watched() { seen.clear(), act = nullptr; }
  ~watched() { act = nullptr; }
};

std::string thrown_text(std::function<void(weir::context&)> f) {
  watched op;
  act = std::move(f);
  raw_input input;
  op.process(input.add("k", "v").all());
  CHECK(op.out.status == WEIR_ERROR);
  CHECK(op.out.processed == 0);
  return op.text();
}
}  // namespace

TEST_CASE("the loop hands out every record of an input in order", "[sdk][process]") {
  watched op;
  raw_input input;
  input.add("a", "one", 3).add("", "", 1).add("long key", "value of some length", 2);
  op.host.context()->watermark = 2;
  weir_input all = input.all();
  all.index_base = 100;
  op.process(all);
  CHECK(op.out.status == WEIR_OK);
  CHECK(op.out.processed == 3);
  CHECK(seen == std::vector<seen_record>{{"a", "one", 3, false, 100}, {"", "", 1, true, 101}, {"long key", "value of some length", 2, false, 102}});
}

TEST_CASE("an input may be a part of a frame, or a selection of it", "[sdk][process]") {
  watched op;
  raw_input input;
  for (const char* key : {"a", "b", "c", "d"}) input.add(key, key);
  weir_input part = input.all();
  part.first = 2;
  part.count = 2;
  op.process(part);
  const std::uint32_t selected[] = {0, 3};
  part.selection = selected;
  op.process(part);
  std::vector<std::pair<std::string, std::uint32_t>> keys;
  for (const auto& [key, value, time, late, index] : seen) keys.emplace_back(key + value, index);
  CHECK(keys == std::vector<std::pair<std::string, std::uint32_t>>{{"cc", 2}, {"dd", 3}, {"aa", 0}, {"dd", 3}});
}

TEST_CASE("the loop stops after a record when the host asks for it", "[sdk][process]") {
  watched op;
  act = [](weir::context& ctx) { ctx.raw()->yield = seen.size() == 2; };
  raw_input input;
  input.add("a", "").add("b", "").add("c", "");
  op.process(input.all());
  CHECK(op.out.status == WEIR_OK);
  CHECK(op.out.processed == 2);
}

TEST_CASE("the number of the failed record and the records before it are known", "[sdk][process]") {
  watched op;
  act = [](weir::context&) {
    if (seen.size() == 2) throw std::runtime_error("second");
  };
  raw_input input;
  op.process(input.add("a", "").add("b", "").add("c", "").all());
  CHECK(op.out.status == WEIR_ERROR);
  CHECK(op.out.processed == 1);
  CHECK(op.text() == "second");
  CHECK(seen.size() == 2);
}

TEST_CASE("key and time of the current record are known to the host", "[sdk][process]") {
  watched op;
  act = [](weir::context& ctx) {
    CHECK(ctx.raw()->current_time == 42);
    CHECK(std::string(ctx.raw()->current_key.data, ctx.raw()->current_key.size) == "abc");
  };
  raw_input input;
  op.process(input.add("abc", "", 42).all());
  CHECK(op.out.processed == 1);
}

TEST_CASE("whatever is thrown becomes one line of text", "[sdk][process]") {
  CHECK(thrown_text([](auto&) { throw std::runtime_error("bad\nflight\t7\r"); }) == "bad flight 7 ");
  CHECK(thrown_text([](auto&) { throw silent(); }) == "an exception of type (anonymous namespace)::silent");
  CHECK(thrown_text([](auto&) { throw std::string("a text"); }) == "a text");
  CHECK(thrown_text([](auto&) { throw "a literal"; }) == "a literal");
  CHECK(thrown_text([](auto&) { throw 42; }) == "an exception of type int");
  CHECK(thrown_text([](auto&) { throw no_standard_exception(); }) == "an exception of type (anonymous namespace)::no_standard_exception");
  CHECK(thrown_text([](auto&) { throw static_cast<const char*>(nullptr); }) == "a null text was thrown");
}

TEST_CASE("a long text is cut between two characters", "[sdk][process]") {
  const std::string text = thrown_text([](auto&) { throw std::runtime_error(std::string(127, 'x') + "\xc3\xa4 and more"); });
  CHECK(text == std::string(127, 'x'));
}

TEST_CASE("retry_later is told apart from errors", "[sdk][process]") {
  watched op;
  act = [](weir::context&) { throw weir::retry_later("database is down"); };
  raw_input input;
  op.process(input.add("k", "").all());
  CHECK(op.out.status == WEIR_RETRY_LATER);
  CHECK(op.text() == "database is down");
}

TEST_CASE("no exception leaves any hook, and the next call starts clean", "[sdk][process]") {
  watched op;
  const weir_timer due{{"k", 1, 0}, "", 0, 5, WEIR_TIMER_EVENT};
  act = [](weir::context&) { throw no_standard_exception(); };
  op.timer(due);
  CHECK(op.out.status == WEIR_ERROR);
  op.flush();
  CHECK(op.out.status == WEIR_ERROR);
  op.close();
  CHECK(op.out.status == WEIR_ERROR);
  act = nullptr;
  op.flush();
  CHECK(op.out.status == WEIR_OK);
  CHECK(op.out.text_size == 0);
}

TEST_CASE("poll reports more, and its errors", "[sdk][process]") {
  raw_operator<source> op;
  act = [](weir::context& ctx) { ctx.emit_watermark(weir::event_time(std::chrono::nanoseconds(9))); };
  op.poll();
  CHECK(op.out.status == WEIR_OK);
  CHECK(op.out.poll == WEIR_POLL_MORE);
  CHECK(op.host.now.watermark == 9);
  act = [](weir::context&) { throw 1; };
  op.poll();
  CHECK(op.out.status == WEIR_ERROR);
  act = nullptr;
}

TEST_CASE("the empty key is a key also where an input has no bytes at all", "[sdk][process]") {
  watched op;
  act = [](weir::context& ctx) { CHECK(ctx.raw()->current_key.data != nullptr); };
  const weir_slot slot{5, 0, 0, 0};
  weir_input input{};
  input.slots = &slot;
  input.count = 1;
  op.process(input);
  CHECK(seen == std::vector<seen_record>{{"", "", 5, false, 0}});
}
