// Inputs that are odd but legal end with 0; what is wrong in them is said or kept, never silently lost.
#include <nlohmann/json.hpp>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("odd inputs pass: empty, without a newline at the end, a line of a mebibyte, bytes that are no UTF-8, zeros", "[cli][input]") {
  const workspace place;
  const std::string text = GENERATE(std::string(), std::string("\n"), std::string("one\ntwo"), std::string(std::size_t{1} << 20, 'x') + "\nlast",
                                    std::string("\xff\xfe\xc3\n"), std::string("a\0b\n", 4));
  write_text(place / "lines.txt", text);
  write_text(place / "t.yaml", copying());
  const weir_command weir(place);
  const outcome o = weir({"run", "t.yaml"});
  CAPTURE(text.size(), o.err);
  CHECK(o.status == 0);
  CHECK(o.err.empty());
  const std::string expected = text.empty() || text.back() == '\n' ? text : text + '\n';
  CHECK(read_text(place / "copy.txt") == expected);
  CHECK(weir({"run", "t.yaml"}).status == 0);
  CHECK(read_text(place / "copy.txt") == expected);
}

TEST_CASE("an input that is not there ends the run with 1 and its path", "[cli][input]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  const weir_command weir(place);
  const outcome o = weir({"run", "t.yaml"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains("copy/lines") && Contains("lines.txt"));
  write_text(place / "lines.txt", numbers(3));  // Put right, the same directory serves.
  CHECK(weir({"run", "t.yaml"}).status == 0);
  CHECK(read_text(place / "copy.txt") == numbers(3));
}

TEST_CASE("an output that cannot be made ends the run with 1 and its path", "[cli][input]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(3));
  write_text(place / "t.yaml", replaced(copying(), "path: copy.txt", "path: nowhere/copy.txt"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains("copy/table") && Contains("nowhere"));
}

TEST_CASE("a malformed line of JSON is a dead letter, not silence", "[cli][input]") {
  const workspace place;
  std::filesystem::create_directory(place / "out");
  write_text(place / "flights.ndjson", R"({"date":"2001/01/01 06:20","delay":0,"distance":491,"origin":"BNA","destination":"MCI"}
{"date":"2001/01/01 06:30","delay":
{"date":"2001/01/01 06:30","delay":20,"distance":491,"origin":"BNA","destination":"MCI"}
)"
                                       "\xff\xfe\n");
  const weir_command weir(place);
  const outcome o = weir({"run", WEIR_SOURCE_DIR "/examples/flights/topology.yaml", "-o", "json"},
                         {{"INPUT", place / "flights.ndjson"}, {"OUT", place / "out"}, {"BUILD", WEIR_BUILD_DIR "/examples/flights"}});
  INFO(o.err);
  CHECK(o.status == 0);
  const auto summary = nlohmann::json::parse(o.out, nullptr, false);
  CHECK(summary["records"] == 4);
  CHECK(summary["dead_letters"] == 2);
  CHECK(read_text(place / "out" / "board.csv") == "2001-01-01,BNA,2,1,20\n");
}
