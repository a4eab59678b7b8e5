#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include "type_names.hpp"

namespace {
using namespace std::chrono_literals;
std::function<void(const weir::config&)> read;

class configured : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "configured",
            .version = "1",
            .istreams = {"in"},
            .config = {{"gap", weir::config_type::duration, "30min", "silence"},
                       {"limit", weir::config_type::number, "15", "at most"},
                       {"names", weir::config_type::list, "a, b,c", "who"},
                       {"none", weir::config_type::list, "", "nobody"},
                       {"file", weir::config_type::path, weir::required, "where"}}};
  }
  void initialize(weir::context& ctx) override { read(ctx.config()); }
  void process_record(weir::context&, const weir::record&) override {}
};

void with(weir::test_config given, std::function<void(const weir::config&)> f) {
  read = std::move(f);
  weir::test_driver::of<configured>(std::move(given));
}
std::string error(weir::test_config given, std::function<void(const weir::config&)> f) {
  try {
    with(std::move(given), std::move(f));
    return "no error";
  } catch (const weir::operator_error& e) {
    const std::string where = "initialize of " + named<configured>() + ": ";
    CHECK(std::string(e.what()).starts_with(where));
    return std::string(e.what()).substr(where.size());
  } catch (const weir::config_error& e) {
    return e.what();
  }
}
}  // namespace

TEST_CASE("values of the manifest are read as what they are", "[sdk][config]") {
  with({{"title", "Delays of today"},
        {"limit", "-3"},
        {"ratio", "0.25"},
        {"on", "true"},
        {"off", "false"},
        {"gap", "1500ms"},
        {"size", "1GiB"},
        {"file", "data/in.txt"},
        {"absolute", "/var/in.txt"},
        {"names", {"x", "y"}},
        {"one", "x"},
        {"empty", std::initializer_list<const char*>{}}},
       [](const weir::config& c) {
         CHECK(c.text("title") == "Delays of today");
         CHECK(c.number("limit") == -3);
         CHECK(c.number<double>("ratio") == 0.25);
         CHECK(c.boolean("on"));
         CHECK_FALSE(c.boolean("off"));
         CHECK(c.duration("gap") == 1500ms);
         CHECK(c.bytes("size") == 1073741824);
         CHECK(c.path("file") == "data/in.txt");
         CHECK(c.path("absolute") == "/var/in.txt");
         CHECK(c.list("names") == std::vector<std::string>{"x", "y"});
         CHECK(c.list("one") == std::vector<std::string>{"x"});
         CHECK(c.list("empty").empty());
         CHECK(c.has("one"));
         CHECK_FALSE(c.has("two"));
       });
}

TEST_CASE("what the manifest leaves out is the metadata's default, then the call's", "[sdk][config]") {
  with({}, [](const weir::config& c) {
    CHECK(c.duration("gap") == 30min);
    CHECK(c.duration("gap", 5s) == 30min);
    CHECK(c.number("limit") == 15);
    CHECK(c.number("limit", 3) == 15);
    CHECK(c.list("names") == std::vector<std::string>{"a", "b", "c"});
    CHECK(c.list("none").empty());
    CHECK(c.text("undeclared", "x") == "x");
    CHECK(c.number("undeclared", 3) == 3);
    CHECK(c.number<double>("undeclared", 2.5) == 2.5);
    CHECK(c.number<double>("undeclared", 2) == 2.0);
    CHECK(c.boolean("undeclared", true));
    CHECK(c.duration("undeclared", 2h) == 2h);
    CHECK(c.bytes("undeclared", 5) == 5);
    CHECK(c.path("undeclared", "a/b") == "a/b");
    CHECK(c.list("undeclared", {"z"}) == std::vector<std::string>{"z"});
  });
}

TEST_CASE("what is missing or malformed is named, with the form it should have", "[sdk][config]") {
  CHECK(error({}, [](const weir::config& c) { c.path("file"); }) == "with.file is missing: add `file:` with a path to this operator's `with:`");
  CHECK(error({}, [](const weir::config& c) { c.number("count"); }) ==
        "with.count is missing: add `count:` with a whole number in range to this operator's `with:`");
  CHECK(error({{"limit", "many"}}, [](const weir::config& c) { c.number("limit"); }) == "with.limit: 'many' is not a whole number in range");
  CHECK(error({{"limit", "300"}}, [](const weir::config& c) { c.number<std::uint8_t>("limit"); }) == "with.limit: '300' is not a whole number in range");
  CHECK(error({{"limit", "0x10"}}, [](const weir::config& c) { c.number<double>("limit"); }) == "with.limit: '0x10' is not a decimal number");
  CHECK(error({{"on", "yes"}}, [](const weir::config& c) { c.boolean("on"); }) == "with.on: 'yes' is not true or false");
  for (const char* wrong : {"30", "min", "30 min", "-1s", "1.5h", "99999999d", ""}) {
    CHECK(error({{"gap", wrong}}, [](const weir::config& c) { c.duration("gap"); }) ==
          "with.gap: '" + std::string(wrong) + "' is not a whole number with ns, us, ms, s, min, h or d, such as 90s");
  }
  CHECK(error({{"size", "1GB/s"}}, [](const weir::config& c) { c.bytes("size"); }).starts_with("with.size: '1GB/s' is not a whole number with B, kB"));
  CHECK(error({{"limit", {"1", "2"}}}, [](const weir::config& c) { c.number("limit", 1); }) == "with.limit: a list stands where one value is expected");
}

TEST_CASE("every unit of durations and sizes", "[sdk][config]") {
  const auto duration = [](const char* text) {
    std::chrono::nanoseconds d{};
    CHECK(weir::detail::parse_duration(text, d));
    return d;
  };
  CHECK(duration("0") == 0ns);
  CHECK(duration("7ns") == 7ns);
  CHECK(duration("7us") == 7us);
  CHECK(duration("7ms") == 7ms);
  CHECK(duration("7s") == 7s);
  CHECK(duration("7min") == 7min);
  CHECK(duration("7h") == 7h);
  CHECK(duration("7d") == 168h);
  const auto bytes = [](const char* text) {
    std::uint64_t b = 0;
    CHECK(weir::detail::parse_bytes(text, b));
    return b;
  };
  CHECK(bytes("12") == 12);
  CHECK(bytes("12B") == 12);
  CHECK(bytes("2kB") == 2000);
  CHECK(bytes("2KiB") == 2048);
  CHECK(bytes("2MB") == 2000000);
  CHECK(bytes("2MiB") == 2097152);
  CHECK(bytes("2GB") == 2000000000);
  CHECK(bytes("2TB") == 2000000000000);
  CHECK(bytes("2TiB") == 2199023255552);
}

TEST_CASE("keys that the operator neither declares nor reads are refused", "[sdk][config]") {
  CHECK(error({{"file", "x"}, {"gpa", "30min"}}, [](const weir::config&) {}) == "with.gpa: " + named<configured>() + " neither declares nor reads this key");
  CHECK(error({{"file", "x"}, {"old", "1"}}, [](const weir::config& c) { c.number("old"); }) == "no error");
}
