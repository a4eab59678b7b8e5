#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <weir/file.hpp>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include "type_names.hpp"

namespace {
static_assert(!std::is_copy_constructible_v<weir::file> && std::is_nothrow_move_constructible_v<weir::file>);

template <bool Blocking>
class filing : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "filing", .version = "1", .istreams = {"in"}, .blocking = Blocking}; }
  void process_record(weir::context& ctx, const weir::record&) override { act(ctx); }
  static inline std::function<void(weir::context&)> act;
};

/// Appends each record's value and a newline; knows from its own state how far the file is valid.
class appender : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "appender", .version = "1", .istreams = {"in"}, .states = {weir::per_partition<std::uint64_t>("valid")}, .blocking = true};
  }
  void initialize(weir::context& ctx) override {
    valid_ = ctx.partition_state<std::uint64_t>("valid");
    file_ = weir::file::open(ctx, "out.txt", weir::file::mode::write);
    const std::uint64_t valid = valid_["bytes"];
    if (file_.size() < valid) throw std::runtime_error("out.txt is shorter than the state says");
    file_.truncate(valid);
  }
  void process_record(weir::context&, const weir::record& r) override {
    if (r.value == "bad") throw std::runtime_error("a bad line");
    lines_.append(r.value).append("\n");
  }
  void flush(weir::context&) override {
    std::uint64_t& valid = valid_["bytes"];
    file_.write(valid, lines_);
    file_.sync();
    valid += std::exchange(lines_, {}).size();
  }

 private:
  weir::partition_state<std::uint64_t> valid_;
  weir::file file_;
  std::string lines_;
};

std::string error(std::function<void(weir::context&)> f) {
  auto driver = weir::test_driver::of<filing<true>>();
  filing<true>::act = std::move(f);
  try {
    driver.send("in", "", "");
    return "no error";
  } catch (const weir::operator_error& e) {
    return std::string(e.what()).substr(std::string("process_record of " + named<filing<true>>() + ": ").size());
  }
}
}  // namespace

TEST_CASE("a file is written, read, cut and measured", "[sdk][file]") {
  auto driver = weir::test_driver::of<filing<true>>();
  filing<true>::act = [](weir::context& ctx) {
    weir::file f = weir::file::open(ctx, "a.txt", weir::file::mode::write);
    CHECK(f.is_open());
    CHECK(f.size() == 0);
    f.write(2, "cdef");
    f.write(0, "ab");
    CHECK(f.size() == 6);
    CHECK(f.read(1, 3) == "bcd");
    CHECK(f.read(4, 100) == "ef");
    CHECK(f.read(6, 1).empty());
    f.truncate(4);
    weir::file moved = std::move(f);
    CHECK_FALSE(f.is_open());
    CHECK(moved.read(0, 9) == "abcd");
    moved = weir::file::open(ctx, "b.txt", weir::file::mode::write);
    CHECK(moved.size() == 0);
    weir::standard_output(ctx, "hello\n");
    CHECK(weir::glob(ctx, "?.txt") == std::vector<std::string>{"a.txt", "b.txt"});
    CHECK(weir::glob(ctx, "*.csv").empty());
  };
  driver.send("in", "", "");
  CHECK(driver.files().read("a.txt") == "abcd");
  CHECK(driver.files().read_synced("a.txt").empty());
  CHECK(driver.standard_output() == "hello\n");
}

TEST_CASE("what goes wrong with files is said", "[sdk][file]") {
  CHECK(error([](weir::context& ctx) { weir::file::open(ctx, "none", weir::file::mode::read); }) == "none: no such file");
  CHECK(error([](weir::context& ctx) {
          weir::file::open(ctx, "a", weir::file::mode::write);
          weir::file::open(ctx, "a", weir::file::mode::read).write(0, "x");
        }) == "a: it is open for reading only");
  CHECK(error([](weir::context&) { weir::file().read(0, 1); }) == "this weir::file is not open");
}

TEST_CASE("only blocking operators may use files", "[sdk][file]") {
  auto driver = weir::test_driver::of<filing<false>>();
  for (const auto& use : std::vector<std::function<void(weir::context&)>>{[](weir::context& ctx) { weir::file::open(ctx, "a", weir::file::mode::write); },
                                                                          [](weir::context& ctx) { weir::glob(ctx, "*"); },
                                                                          [](weir::context& ctx) { weir::standard_output(ctx, "a"); }}) {
    filing<false>::act = use;
    CHECK_THROWS_WITH(driver.send("in", "", ""), Catch::EndsWith("declare .blocking = true in metadata()"));
  }
}

TEST_CASE("patterns match as in a shell", "[sdk][file]") {
  using weir::testing::matches;
  CHECK(matches("data/*.json", "data/a.json"));
  CHECK_FALSE(matches("data/*.json", "data/a/b.json"));
  CHECK_FALSE(matches("*", "a/b"));
  CHECK(matches("*/*", "a/b"));
  CHECK(matches("day-[0-3][!5].txt", "day-12.txt"));
  CHECK_FALSE(matches("day-[0-3][!5].txt", "day-15.txt"));
  CHECK_FALSE(matches("day-[0-3]?.txt", "day-42.txt"));
  CHECK(matches("**", ""));
}

TEST_CASE("a sink that cuts its file to its state writes every line once, wherever it dies", "[sdk][file]") {
  for (const auto where : {weir::crash_point::before_flush, weir::crash_point::after_flush}) {
    auto driver = weir::test_driver::of<appender>();
    driver.send("in", "", "one");
    driver.crash_in({{"in", "", "two"}, {"in", "", "three"}}, where);
    driver.crash_and_recover();
    driver.send("in", "", "four");
    CHECK(driver.files().read("out.txt") == "one\ntwo\nthree\nfour\n");
    driver.files().write("out.txt", "one");
    CHECK_THROWS_WITH(driver.crash_and_recover(), Catch::EndsWith("out.txt is shorter than the state says"));
    CHECK_THROWS_AS(driver.send("in", "", "five"), std::logic_error);
  }
}

TEST_CASE("rows that wait in a member for flush survive a bad record of their frame", "[sdk][file]") {
  auto driver = weir::test_driver::of<appender>();
  driver.on_error(weir::on_error::dead_letter);
  driver.frame({{"in", "", "one"}, {"in", "", "bad"}, {"in", "", "two"}, {"in", "", "bad"}});
  CHECK(driver.files().read("out.txt") == "one\ntwo\n");
  CHECK(driver.received("dead-letters").size() == 2);
}
