#include "operators/json_field.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

using weir::operators::json_field;

namespace {
/// The line is given in memory of exactly its size, so that reading beyond it shows under AddressSanitizer.
std::optional<std::string> find(const char* field, const std::string& text) {
  const std::vector<char> line(text.begin(), text.end());
  std::string scratch;
  const auto found = json_field(field).find({line.data(), line.size()}, scratch);
  return found ? std::optional(std::string(*found)) : std::nullopt;
}
}  // namespace

TEST_CASE("a field is found at the top level, wherever it stands", "[json_field]") {
  CHECK(find("date", R"({"date":"2001/01/01","delay":3})") == "2001/01/01");
  CHECK(find("date", R"(  { "a" : [1,{"date":"no"},"]"] , "b":{"date":"no","x":"}"}, "c":"\"date\":\"no\"", "date" : "yes" })") == "yes");
  CHECK(find("time", R"({"mag":0.31,"time":1517363399650})") == "1517363399650");
  CHECK(find("time", R"({"time":-1.5e3 ,"x":1})") == "-1.5e3");
  CHECK(find("time", R"({"a":true,"b":null,"c":"\\","time":7})") == "7");
  CHECK(find("date", R"({"date":1,"date":2})") == "1");
  CHECK(find("a/b", R"({"a/b":"x"})") == "x");
}

TEST_CASE("escapes in names and values are read", "[json_field]") {
  CHECK(find("date", R"({"date":"2001\/01\/01"})") == "2001/01/01");
  CHECK(find("date", R"({"d\u0061te":"x\u0041\n"})") == "xA\n");
  CHECK(find("date", R"({"\\":1,"date":"ends with a backslash \\"})") == "ends with a backslash \\");
  CHECK(find("date", R"({"date":"\u00e9\u20AC \ud83d\ude00"})") == "\xc3\xa9\xe2\x82\xac \xf0\x9f\x98\x80");
  for (const char* broken : {R"({"date":"\u20"})", R"({"date":"\ud83d"})", R"({"date":"\ud83d\u0041"})", R"({"date":"\ude00"})", R"({"date":"\u00g0"})"}) {
    INFO(broken);
    CHECK_FALSE(find("date", broken));
  }
  CHECK_FALSE(find("date", R"({"date":"\q"})"));
}

TEST_CASE("a JSON pointer goes through objects and arrays", "[json_field]") {
  const char* line = R"({"meta":{"x":[0,[1,2],{"t":"deep"}],"time":12},"a/b~c":{"":5}})";
  CHECK(find("/meta/time", line) == "12");
  CHECK(find("/meta/x/2/t", line) == "deep");
  CHECK(find("/meta/x/1/0", line) == "1");
  CHECK(find("/a~1b~0c/", line) == "5");
  for (const char* pointer : {"/meta/x/3", "/meta/x/-", "/meta/x/t", "/meta/none", "/meta/time/x", "/none", "/"}) {
    INFO(pointer);
    CHECK_FALSE(find(pointer, line));
  }
  CHECK_THROWS_WITH(json_field("/a~2"), Catch::Contains("~0"));
  CHECK_THROWS_WITH(json_field(""), Catch::Contains("empty"));
}

TEST_CASE("every part of a line that is cut off is read without leaving it", "[json_field]") {
  const std::string line = R"( {"a":[1,{"b":"\"]}"}],"c\n":"\u0041","date":"2001\/01\/01 10:00"} )";
  REQUIRE(find("date", line) == "2001/01/01 10:00");
  const std::size_t complete = line.rfind('"') + 1;
  for (std::size_t size = 0; size < complete; ++size) {
    INFO(line.substr(0, size));
    CHECK_FALSE(find("date", line.substr(0, size)));
    find("/a/1/b", line.substr(0, size));
  }
}

TEST_CASE("lines that are no objects, and values of other kinds, have no field", "[json_field]") {
  for (const char* line : {"", "   ", "null", "[]", "[\"date\",1]", "\"date\"", "{}", "{\"date\"}", "{\"date\":}", "{\"date\":null}", "{\"date\":true}",
                           "{\"date\":{}}", "{\"date\":[1]}", "{date:1}", "{\"dat\":1}", "{\"dates\":1}", "{\"x\":\"date\"}", "BNA,MCI,3"}) {
    INFO(line);
    CHECK_FALSE(find("date", line));
  }
}

TEST_CASE("values of every kind can be asked for, as they are written", "[json_field]") {
  const std::string line = R"({"s":"a\"b","n":-1.5e3,"t":true,"f":false,"z":null,"o":{"x":[1,"]}"]} ,"l":[ 1, {} ]})";
  const auto any = [&](const char* pointer) {
    std::string scratch;
    const auto found = json_field(pointer, "field").find_any(line, scratch);
    return found ? std::string(found->text) : "nothing";
  };
  CHECK(any("/s") == "a\"b");
  CHECK(any("/n") == "-1.5e3");
  CHECK(any("/t") == "true");
  CHECK(any("/f") == "false");
  CHECK(any("/z") == "null");
  CHECK(any("/o") == R"({"x":[1,"]}"]})");
  CHECK(any("/o/x") == R"([1,"]}"])");
  CHECK(any("/l") == "[ 1, {} ]");
  CHECK(any("/missing") == "nothing");
  std::string scratch;
  CHECK_FALSE(json_field("o").find_any(R"({"o":{"x":{})", scratch));
  CHECK_FALSE(json_field("o").find_any(R"({"o":yes})", scratch));
}
