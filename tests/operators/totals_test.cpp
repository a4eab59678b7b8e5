// count, sum, min, max and mean: one result per record, by key, across crashes.
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include <weir/test_driver.hpp>

#include "operators/count.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/max.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/mean.cpp"   // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/min.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/sum.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file

using Catch::Contains;
using weir::test_driver;
namespace standard = weir::operators;

namespace {

using texts = std::vector<std::string>;

/// What comes out for values of one key, with a crash after each.
template <class Operator>
texts results(const char* ostream, const texts& values, const weir::test_config& config = {}) {
  auto driver = test_driver::of<Operator>(config);
  texts found;
  for (const std::string& value : values) {
    driver.send("records", "other", value);
    driver.received(ostream);
    driver.send("records", "k", value, weir::event_time(std::chrono::seconds(5)));
    for (const auto& record : driver.received(ostream)) {
      CHECK(record.key == "k");
      CHECK(record.time == weir::event_time(std::chrono::seconds(5)));
      found.push_back(record.value);
    }
    driver.crash_and_recover();
  }
  return found;
}

}  // namespace

TEST_CASE("each key is counted on its own", "[operators][count]") { CHECK(results<standard::count>("counts", {"a", "", "a"}) == texts{"1", "2", "3"}); }

TEST_CASE("sums of whole numbers are exact, and go over to floating-point where they must", "[operators][sum]") {
  CHECK(results<standard::sum>("sums", {"1", "-3", "0"}) == texts{"1", "-2", "-2"});
  CHECK(results<standard::sum>("sums", {"9007199254740992", "1"}) == texts{"9007199254740992", "9007199254740993"});
  CHECK(results<standard::sum>("sums", {"1", "0.5", "2"}) == texts{"1", "1.5", "3.5"});
  CHECK(results<standard::sum>("sums", {"9223372036854775807", "1"}) == texts{"9223372036854775807", "9223372036854775808"});
}

TEST_CASE("minimum and maximum are those so far, from the first record on", "[operators][min][max]") {
  CHECK(results<standard::min>("minima", {"5", "7", "-1.5", "-1"}) == texts{"5", "5", "-1.5", "-1.5"});
  CHECK(results<standard::max>("maxima", {"-5", "-7", "-1.5", "-2"}) == texts{"-5", "-5", "-1.5", "-1.5"});
  CHECK(results<standard::max>("maxima", {"9007199254740992", "9007199254740993"}) == texts{"9007199254740992", "9007199254740993"});
}

TEST_CASE("the mean is that of all records so far", "[operators][mean]") {
  CHECK(results<standard::mean>("means", {"1", "2", "4.5", "0"}) == texts{"1", "1.5", "2.5", "1.875"});
}

TEST_CASE("numbers are taken from a field, and what is none is an error", "[operators][sum]") {
  CHECK(results<standard::sum>("sums", {R"({"n":1})", R"({"n":"2"})"}, {{"field", "/n"}}) == texts{"1", "3"});
  for (const char* text : {"", "x", "1 ", "+1", "0x10", "nan", "-inf", "1e999", "1,5", "true"}) {
    INFO(text);
    CHECK_THROWS_WITH(results<standard::sum>("sums", {text}), Contains("value is not a number: \"" + std::string(text)));
    CHECK_THROWS(results<standard::min>("minima", {text}));
    CHECK_THROWS(results<standard::max>("maxima", {text}));
    CHECK_THROWS(results<standard::mean>("means", {text}));
  }
  CHECK_THROWS_WITH(results<standard::mean>("means", {"{}"}, {{"field", "/n"}}), Contains("no /n in the value"));
  CHECK_THROWS_WITH(test_driver::of<standard::max>({{"field", "n"}}), Contains("with.field"));
}
