#include <catch2/catch.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include "operators_under_test.hpp"
#include "type_names.hpp"

namespace {
struct padded {
  char kind;
  double sum;
};

/// Runs what a test gives it, with all its handles.
class stateful : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "stateful",
            .version = "1",
            .istreams = {"in"},
            .ostreams = {"out"},
            .states = {weir::keyed<std::int64_t>("numbers"), weir::keyed<weir::bytes>("texts"), weir::per_partition<std::int64_t>("positions"),
                       weir::per_partition<weir::bytes>("rules"), weir::keyed<padded>("padded")}};
  }
  void initialize(weir::context& ctx) override {
    numbers = ctx.state<std::int64_t>("numbers");
    texts = ctx.state<weir::bytes>("texts");
    positions = ctx.partition_state<std::int64_t>("positions");
    rules = ctx.partition_state<weir::bytes>("rules");
    paddeds = ctx.state<padded>("padded");
    out = ctx.ostream("out");
  }
  void process_record(weir::context& ctx, const weir::record&) override { act(*this, ctx); }

  weir::keyed_state<std::int64_t> numbers;
  weir::keyed_state<weir::bytes> texts;
  weir::partition_state<std::int64_t> positions;
  weir::partition_state<weir::bytes> rules;
  weir::keyed_state<padded> paddeds;
  weir::ostream out;
  static inline std::function<void(stateful&, weir::context&)> act;
};

struct fixture {
  weir::test_driver driver = weir::test_driver::of<stateful>();
  void run(std::function<void(stateful&, weir::context&)> f) {
    stateful::act = std::move(f);
    driver.send("in", "key", "");
    stateful::act = nullptr;
  }
  std::string error(std::function<void(stateful&, weir::context&)> f) {
    try {
      run(std::move(f));
      return "no error";
    } catch (const weir::operator_error& e) {
      return e.what();
    }
  }
};
const std::string in_record = "process_record of " + named<stateful>() + ": ";
}  // namespace

TEST_CASE("a word is counted across frames", "[sdk][state]") {
  auto driver = weir::test_driver::of<under_test::word_count>();
  driver.send("words", "tree", "");
  driver.frame({{"words", "tree", ""}, {"words", "leaf", ""}, {"words", "tree", ""}});
  const auto counts = driver.received("counts");
  REQUIRE(counts.size() == 4);
  CHECK(counts[0] == weir::owned_record{"tree", "1", {}});
  CHECK(counts[1] == weir::owned_record{"tree", "2", {}});
  CHECK(counts[2] == weir::owned_record{"leaf", "1", {}});
  CHECK(counts[3] == weir::owned_record{"tree", "3", {}});
  CHECK(driver.received("counts").empty());
  CHECK(driver.state<std::uint64_t>("count", "tree") == 3);
  CHECK(driver.state<std::uint64_t>("count", "bush") == std::nullopt);
}

TEMPLATE_TEST_CASE("fixed values begin as zeros, are found again and can be erased", "[sdk][state]", std::string_view, std::string) {
  const TestType a("a"), b("b");
  fixture f;
  f.run([&](stateful& s, auto&) {
    CHECK(s.numbers.find(a) == nullptr);
    CHECK(s.numbers[a] == 0);
    s.numbers[a] = 7;
    s.numbers.at(a, "sub") = 8;
    s.numbers.at(b) = 9;
    CHECK(*s.numbers.find(a) == 7);
    CHECK(*s.numbers.find(a, "sub") == 8);
    CHECK_FALSE(s.numbers.erase(a, "other"));
    CHECK(s.numbers.erase(a, ""));
    CHECK(s.numbers.find(a) == nullptr);
    CHECK(*s.numbers.find(a, "sub") == 8);
    s.numbers[a] = 1;
    CHECK(s.numbers.erase(a));
    CHECK_FALSE(s.numbers.erase(a));
    CHECK(s.numbers.find(a, "sub") == nullptr);
  });
  CHECK(f.driver.state<std::int64_t>("numbers", "b") == 9);
  CHECK_FALSE(f.driver.state<std::int64_t>("numbers", "a").has_value());
}

TEST_CASE("values of any length are put and found, the empty one too", "[sdk][state]") {
  fixture f;
  f.run([](stateful& s, auto&) {
    CHECK_FALSE(s.texts.find("a").has_value());
    s.texts.put("a", "");
    CHECK(s.texts.find("a") == "");
    s.texts.put("a", "longer");
    s.texts.put("a", "sub", "of a sub-key");
    s.texts.put("a", *s.texts.find("a"));
    CHECK(s.texts.find("a") == "longer");
    CHECK(s.texts.find("a", "sub") == "of a sub-key");
    CHECK(s.texts.erase("a", "sub"));
  });
  CHECK(f.driver.state<weir::bytes>("texts", "a") == "longer");
  CHECK_FALSE(f.driver.state<weir::bytes>("texts", "a", "sub").has_value());
}

TEST_CASE("state of the partition is tied to no key and iterable in order", "[sdk][state]") {
  fixture f;
  f.run([](stateful& s, auto&) {
    s.positions["b"] = 2;
    s.positions["a"] = 1;
    s.rules.put("limit", "1000");
    std::string all;
    s.positions.for_each([&](std::string_view name, const std::int64_t& n) { all.append(name).append(std::to_string(n)); });
    s.rules.for_each([&](std::string_view name, std::string_view value) { all.append(name).append(value); });
    CHECK(all == "a1b2limit1000");
    CHECK(s.rules.find("limit") == "1000");
    CHECK(s.positions.find("c") == nullptr);
    CHECK(s.positions.erase("b"));
  });
  CHECK(f.driver.partition_state<std::int64_t>("positions", "a") == 1);
  CHECK_FALSE(f.driver.partition_state<std::int64_t>("positions", "b").has_value());
  CHECK(f.driver.partition_state<weir::bytes>("rules", "limit") == "1000");
}

TEST_CASE("sub-keys are visited in byte order, from where one likes, until one says stop", "[sdk][state]") {
  fixture f;
  f.run([](stateful& s, auto&) {
    for (const char* subkey : {"b", "a\xff", "", "a", "c"}) s.numbers.at("k", subkey) = 1;
    s.numbers.at("other", "a") = 1;
    const auto visited = [&](std::string_view from, std::size_t most) {
      std::string all;
      s.numbers.for_each("k", from, [&](std::string_view subkey, const std::int64_t&) {
        all.append(subkey).append(".");
        return --most != 0;
      });
      return all;
    };
    CHECK(visited("", 9) == ".a.a\xff.b.c.");
    CHECK(visited("a\x01", 9) == "a\xff.b.c.");
    CHECK(visited("a", 2) == "a.a\xff.");
    CHECK(visited("d", 9).empty());
  });
}

TEST_CASE("an exception passes through for_each", "[sdk][state]") {
  fixture f;
  CHECK(f.error([](stateful& s, auto&) {
    s.texts.put("k", "a");
    s.texts.put("k", "sub", "b");
    s.texts.for_each("k", [](std::string_view, std::string_view value) { throw std::runtime_error("at " + std::string(value)); });
  }) == in_record + "at a");
}

TEST_CASE("state cannot be changed inside for_each", "[sdk][state]") {
  fixture f;
  CHECK(f.error([](stateful& s, auto&) {
    s.numbers["k"] = 1;
    s.numbers.for_each("k", [&](std::string_view, const std::int64_t&) { s.numbers.erase("k"); });
  }) == in_record + "state 'numbers': state cannot be changed inside for_each; collect the sub-keys and change it afterwards");
}

TEST_CASE("a reference kept over the next access reads garbage in tests", "[sdk][state]") {
  fixture f;
  f.run([](stateful& s, auto&) {
    s.texts.put("a", "abcdefgh");
    const char* kept = s.texts.find("a")->data();
    s.texts.put("b", "x");
    CHECK(s.texts.find("a")->data() != kept);
    const char* value = s.texts.find("a")->data();
    s.numbers["another state"] = 1;
    CHECK(std::string_view(value, 8) == "abcdefgh");
  });
}

TEST_CASE("states that are not declared, or otherwise, are named", "[sdk][state]") {
  fixture f;
  CHECK(f.error([](auto&, weir::context& ctx) { ctx.state<int>("number"); }) ==
        in_record + "state 'number' is not declared: metadata() has numbers, texts, positions, rules, padded in .states");
  CHECK(f.error([](auto&, weir::context& ctx) { ctx.state<double>("numbers"); }) ==
        in_record + "state 'numbers' is declared as keyed<" + named<std::int64_t>() + "> and asked for as keyed<double>");
  CHECK(f.error([](auto&, weir::context& ctx) { ctx.state<std::int64_t>("positions"); }) ==
        in_record + "state 'positions' is declared as per_partition<" + named<std::int64_t>() + "> and asked for as keyed<" + named<std::int64_t>() + ">");
  CHECK(f.error([](auto&, weir::context& ctx) { ctx.partition_state<std::string>("texts"); }) ==
        in_record + "state 'texts' is declared as keyed<weir::bytes> and asked for as per_partition<weir::bytes>");
}

TEST_CASE("handles that initialize forgot say so", "[sdk][state]") {
  fixture f;
  CHECK(f.error([](auto&, auto&) { weir::keyed_state<int>().find("k"); }) ==
        in_record + "this keyed_state belongs to no operator yet: assign ctx.state<T>(name) to it in initialize()");
  CHECK(f.error([](auto&, auto&) { weir::ostream().produce("k", "v"); }) ==
        in_record + "this ostream belongs to no operator yet: assign ctx.ostream(name) to it in initialize()");
  CHECK(f.error([](auto&, auto&) { weir::partition_state<weir::bytes>().put("k", "v"); }).find("partition_state") != std::string::npos);
  CHECK(f.error([](auto&, auto&) { weir::counter().add(); }).find("counter") != std::string::npos);
}

TEST_CASE("padding is zero in what a frame commits", "[sdk][state]") {
#ifdef WEIR_HAS_CLEAR_PADDING
  fixture f;
  f.run([](stateful& s, auto&) {
    padded& p = s.paddeds["k"];
    std::memset(static_cast<void*>(&p), 0x55, sizeof p);
    p.kind = 'a';
    p.sum = 1;
  });
  const auto committed = f.driver.state<padded>("padded", "k");
  REQUIRE(committed.has_value());
  const padded copy = *committed;
  CHECK(copy.kind == 'a');
  const std::string bytes(reinterpret_cast<const char*>(&*committed), 8);
  CHECK(bytes == std::string("a\0\0\0\0\0\0\0", 8));
#else
  SUCCEED("this compiler cannot clear padding");
#endif
}

namespace {
class other_keys : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {
        .name = "other-keys", .version = "1", .istreams = {{"in", weir::grouping::group_by}}, .states = {weir::keyed<int>("s"), weir::per_partition<int>("p")}};
  }
  void initialize(weir::context& ctx) override {
    s_ = ctx.state<int>("s");
    p_ = ctx.partition_state<int>("p");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    ++p_[r.value];
    if (r.value == "state") s_[r.key.view()] = 1;
    if (r.value == "other state") s_["other"] = 1;
    if (r.value == "other timer") ctx.set_timer("other", weir::event_time::max());
    if (r.value == "flush") in_flush_ = true;
  }
  void flush(weir::context&) override {
    if (in_flush_) s_["key"] = 1;
  }

 private:
  weir::keyed_state<int> s_;
  weir::partition_state<int> p_;
  bool in_flush_ = false;
};
}  // namespace

TEST_CASE("under group_by only the current record's key can be used", "[sdk][state]") {
  auto driver = weir::test_driver::of<other_keys>();
  driver.send("in", "key", "state");
  CHECK(driver.state<int>("s", "key") == 1);
  CHECK(driver.partition_state<int>("p", "state") == 1);
  const std::string only = "; an operator with a group_by istream may use only the current record's key (use partition_state for what is tied to no key)";
  const std::string here = "of " + named<other_keys>() + ": ";
  CHECK_THROWS_WITH(driver.send("in", "key", "other state"), "process_record " + here + "state 's': the key 'other' is not the current key 'key'" + only);
  CHECK_THROWS_WITH(driver.send("in", "key", "other timer"), "process_record " + here + "set_timer: the key 'other' is not the current key 'key'" + only);
  CHECK_THROWS_WITH(driver.send("in", "key", "flush"),
                    "flush " + here + "state 's': the key 'key' is not usable here, where no record is being processed" + only);
}
