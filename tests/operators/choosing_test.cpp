// filter, map, json-fields and dedup: what passes, what becomes of it, and what is refused.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include <weir/test_driver.hpp>

#include "operators/dedup.cpp"        // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/filter.cpp"       // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/json_fields.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/map.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file

using namespace std::chrono_literals;
using Catch::Contains;
using weir::event_time;
using weir::test_driver;
namespace standard = weir::operators;

namespace {

using texts = std::vector<std::string>;

/// The values that pass a filter, or the error.
texts passed(const weir::test_config& config, const texts& values) {
  auto driver = test_driver::of<standard::filter>(config);
  for (const std::string& value : values) driver.send("records", "k", value);
  texts found;
  for (const auto& record : driver.received("passed")) {
    CHECK(record.key == "k");
    found.push_back(record.value);
  }
  return found;
}

template <class Operator>
std::string one(const weir::test_config& config, const char* ostream, const std::string& value, const std::string& key = "k") {
  auto driver = test_driver::of<Operator>(config);
  driver.send("records", key, value, event_time(7s));
  const auto records = driver.received(ostream);
  REQUIRE(records.size() == 1);
  CHECK(records[0].time == event_time(7s));
  return records[0].key + '|' + records[0].value;
}
std::string mapped(const weir::test_config& config, const std::string& value) { return one<standard::map>(config, "mapped", value); }
std::string object(const weir::test_config& config, const std::string& value) { return one<standard::json_fields>(config, "objects", value); }

}  // namespace

TEST_CASE("a filter passes what meets all its conditions", "[operators][filter]") {
  CHECK(passed({{"equals", "b"}}, {"a", "b", "bb", ""}) == texts{"b"});
  CHECK(passed({{"equals", {"a", "c"}}}, {"a", "b", "c"}) == texts{"a", "c"});
  CHECK(passed({{"equals", ""}}, {"a", ""}) == texts{""});
  CHECK(passed({{"matches", "^a.c$"}}, {"abc", "xabc", "a\nc"}) == texts{"abc"});
  CHECK(passed({{"at_least", "2"}}, {"1", "2", "2.5", "-3", "1e3"}) == texts{"2", "2.5", "1e3"});
  CHECK(passed({{"at_least", "-1.5"}, {"at_most", "2"}}, {"-2", "-1.5", "2", "2.01"}) == texts{"-1.5", "2"});
  CHECK(passed({{"at_most", "9007199254740992"}}, {"9007199254740992", "9007199254740993"}) == texts{"9007199254740992"});
  CHECK(passed({{"at_least", "2"}, {"equals", {"1", "3"}}}, {"1", "2", "3"}) == texts{"3"});
  CHECK(passed({{"at_least", "2"}, {"invert", "true"}}, {"1", "2"}) == texts{"1"});
}

TEST_CASE("a filter looks at the key, the value or a field", "[operators][filter]") {
  CHECK(passed({{"field", "key"}, {"equals", "k"}}, {"a"}) == texts{"a"});
  CHECK(passed({{"field", "key"}, {"equals", "a"}}, {"a"}).empty());
  const std::string line = R"({"a":{"b":"x\"y"},"ok":true})";
  CHECK(passed({{"field", "/a/b"}, {"equals", "x\"y"}}, {line}) == texts{line});
  CHECK(passed({{"field", "/ok"}, {"equals", "true"}}, {line}) == texts{line});
}

TEST_CASE("a record that a filter cannot judge is an error", "[operators][filter]") {
  CHECK_THROWS_WITH(passed({{"at_least", "2"}}, {"two"}), Contains("value is not a number: \"two\""));
  CHECK_THROWS_WITH(passed({{"at_least", "2"}}, {"nan"}), Contains("is not a number"));
  CHECK_THROWS_WITH(passed({{"field", "/a"}, {"equals", "x"}}, {R"({"b":1})"}), Contains(R"(no /a in the value "{"b":1}")"));
  CHECK_THROWS_WITH(passed({{"field", "/a"}, {"equals", "x"}}, {std::string(1000, 'x')}), Contains("xxx…\"") && !Contains(std::string(70, 'x')));
}

TEST_CASE("a filter's wrong config is refused", "[operators][filter]") {
  CHECK_THROWS_WITH(passed({}, {}), Contains("without a condition"));
  CHECK_THROWS_WITH(passed({{"field", "a"}, {"equals", "x"}}, {}), Contains("with.field: \"a\" is no place"));
  CHECK_THROWS_WITH(passed({{"matches", "("}}, {}), Contains("with.matches \"(\" is no regular expression"));
  CHECK_THROWS_WITH(passed({{"at_least", "two"}}, {}), Contains("with.at_least: 'two' is not a decimal number"));
  CHECK_THROWS_WITH(passed({{"field", "/a~2"}, {"equals", "x"}}, {}), Contains("with.field: in a JSON pointer"));
}

TEST_CASE("a map puts keys and values together from what a record holds", "[operators][map]") {
  CHECK(mapped({}, "v") == "k|v");
  CHECK(mapped({{"key", "{value}"}, {"value", "{key}"}}, "v") == "v|k");
  CHECK(mapped({{"key", "fixed"}, {"value", ""}}, "v") == "fixed|");
  CHECK(mapped({{"key", "{/a/b}:{/n}"}}, R"({"a":{"b":"x\ty"},"n":1.50})") == "x\ty:1.50|" + std::string(R"({"a":{"b":"x\ty"},"n":1.50})"));
  CHECK(mapped({{"value", R"({{"id":{/n},"all":{/l}}})"}}, R"({"n":3,"l":[1, {}]})") == R"(k|{"id":3,"all":[1, {}]})");
  CHECK(mapped({{"pattern", "(\\w+)=(\\w+)?"}, {"key", "{1}"}, {"value", "<{2}> in {0}"}}, "; id=  ") == "id|<> in id=");
  CHECK(mapped({{"pattern", "(.)(.)(.)(.)(.)(.)(.)(.)(.)"}, {"field", "value"}, {"key", "{9}{1}"}}, "123456789") == "91|123456789");
  CHECK(mapped({{"pattern", "^.*$"}, {"field", "/a"}, {"value", "{0}"}}, R"({"a":"b"})") == "k|b");
}

TEST_CASE("a record that lacks what a map wants is an error", "[operators][map]") {
  CHECK_THROWS_WITH(mapped({{"key", "{/a}"}}, "no JSON"), Contains("no /a in the value \"no JSON\""));
  CHECK_THROWS_WITH(mapped({{"pattern", "x"}}, "abc"), Contains("with.pattern is not found in value: \"abc\""));
  CHECK(mapped({{"pattern", "x"}, {"key", "{0}"}}, std::string(1023, ' ') + "x").starts_with("x|"));
  CHECK_THROWS(mapped({{"pattern", "x"}}, std::string(1024, ' ') + "x"));
}

TEST_CASE("a map's wrong config is refused", "[operators][map]") {
  CHECK_THROWS_WITH(mapped({{"key", "{"}}, ""), Contains("with.key: \"{\" has a single '{'"));
  CHECK_THROWS_WITH(mapped({{"key", "a}b"}}, ""), Contains("single '}'"));
  CHECK_THROWS_WITH(mapped({{"value", "{user}"}}, ""), Contains("with.value: \"user\" is no place"));
  CHECK_THROWS_WITH(mapped({{"value", "{1}"}}, ""), Contains("with.pattern, which is missing"));
  CHECK_THROWS_WITH(mapped({{"value", "{2}"}, {"pattern", "(a)"}}, ""), Contains("no group 2"));
}

TEST_CASE("json-fields selects, renames and converts in the order asked for", "[operators][json_fields]") {
  const std::string line = R"({"z":"1.5","a":{"b":[10,2.9]},"t":true,"n":null,"s":"x","big":18446744073709551615})";
  CHECK(object({{"fields", {"s", "a"}}}, line) == R"(k|{"s":"x","a":{"b":[10,2.9]}})");
  CHECK(object({{"fields", {"first=/a/b/0", "z as number", "second=/a/b/1 as integer"}}}, line) == R"(k|{"first":10,"z":1.5,"second":2})");
  CHECK(object({{"fields", {"z as integer", "a as text", "t as text", "s as text", "n"}}}, line) ==
        R"(k|{"z":1,"a":"{\"b\":[10,2.9]}","t":"true","s":"x","n":null})");
  CHECK(object({{"fields", {"t as boolean", "big", "big2=/big as integer"}}}, line) ==
        R"(k|{"t":true,"big":18446744073709551615,"big2":18446744073709551615})");
  CHECK(object({{"fields", "a/b"}}, R"({"a/b":1})") == R"(k|{"a/b":1})");
}

TEST_CASE("a field that is missing is an error, null or left out", "[operators][json_fields]") {
  CHECK_THROWS_WITH(object({{"fields", "x"}}, R"({"a":1})"), Contains(R"(no /x in the value "{"a":1}")"));
  CHECK(object({{"fields", {"x", "a"}}, {"missing", "as_null"}}, R"({"a":1})") == R"(k|{"x":null,"a":1})");
  CHECK(object({{"fields", {"x", "a"}}, {"missing", "leave_out"}}, R"({"a":1})") == R"(k|{"a":1})");
  CHECK(object({{"fields", "x"}, {"missing", "leave_out"}}, "[1]") == "k|{}");
}

TEST_CASE("what json-fields cannot read or convert is an error", "[operators][json_fields]") {
  CHECK_THROWS_WITH(object({{"fields", "x"}}, "{\"a\":1"), Contains("the value is not JSON: \"{\"a\":1\""));
  CHECK_THROWS_WITH(object({{"fields", "x as number"}}, R"({"x":"a lot"})"), Contains(R"(/x is not a number: ""a lot"")"));
  CHECK_THROWS_WITH(object({{"fields", "x as integer"}}, R"({"x":1e300})"), Contains("64 bits"));
  CHECK_THROWS_WITH(object({{"fields", "x as boolean"}}, R"({"x":"yes"})"), Contains("is not true or false"));
  CHECK_THROWS(object({{"fields", "x"}}, "{\"x\":\"\xff\"}"));
}

TEST_CASE("a wrong config of json-fields is refused", "[operators][json_fields]") {
  CHECK_THROWS_WITH(object({}, ""), Contains("with.fields is missing"));
  CHECK_THROWS_WITH(object({{"fields", {"a", "a=/b"}}}, ""), Contains("names 'a' twice"));
  CHECK_THROWS_WITH(object({{"fields", "a as float"}}, ""), Contains("asks for another type"));
  CHECK_THROWS_WITH(object({{"fields", "a=b"}}, ""), Contains("no JSON pointer"));
  CHECK_THROWS_WITH(object({{"fields", "=/b"}}, ""), Contains("names no field"));
  CHECK_THROWS_WITH(object({{"fields", "a"}, {"missing", "drop"}}, ""), Contains("error, as_null or leave_out"));
}

TEST_CASE("dedup passes the first of a kind and what comes a window later", "[operators][dedup]") {
  auto driver = test_driver::of<standard::dedup>({{"window", "10s"}});
  const auto send = [&](const char* key, std::chrono::seconds at) { driver.send("records", key, "v", event_time(at)); };
  send("a", 100s);
  send("a", 109s);
  send("a", 95s);
  send("b", 105s);
  driver.crash_and_recover();
  send("a", 109s);
  CHECK(driver.received("unique").size() == 2);
  CHECK(driver.counter("repetitions") == 3);
  send("a", 110s);
  CHECK(driver.received("unique").size() == 1);
  send("a", 119s);
  CHECK(driver.received("unique").empty());
}

TEST_CASE("dedup forgets by event time and keeps no state for ever", "[operators][dedup]") {
  auto driver = test_driver::of<standard::dedup>({{"window", "10s"}, {"by", "value"}});
  driver.send("records", "a", "x", event_time(100s));
  driver.send("records", "a", "y", event_time(101s));
  driver.send("records", "a", "x", event_time(102s));
  CHECK(driver.received("unique").size() == 2);
  CHECK(driver.timers() == 2);
  driver.advance_watermark(event_time(110s));
  CHECK(driver.state<event_time>("passed", "a", "x") == std::nullopt);
  CHECK(driver.state<event_time>("passed", "a", "y") == event_time(101s));
  driver.send("records", "a", "y", event_time(110s));
  CHECK(driver.received("unique").empty());
  driver.advance_watermark(event_time::max());
  CHECK(driver.timers() == 0);
  CHECK(driver.state<event_time>("passed", "a", "y") == std::nullopt);
}

TEST_CASE("dedup tells records apart by a field within their key", "[operators][dedup]") {
  auto driver = test_driver::of<standard::dedup>({{"by", "/id"}});
  driver.send("records", "a", R"({"id":1,"n":1})");
  driver.send("records", "a", R"({"id":1,"n":2})");
  driver.send("records", "b", R"({"id":1})");
  driver.send("records", "a", R"({"id":2})");
  CHECK(driver.received("unique").size() == 3);
  CHECK_THROWS_WITH(driver.send("records", "a", "{}"), Contains("no /id in the value"));
  CHECK_THROWS_WITH(test_driver::of<standard::dedup>({{"window", "0s"}}), Contains("with.window must be longer"));
}
