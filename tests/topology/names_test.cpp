#include "topology/names.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "topology/utf8.hpp"

namespace weir::topology {

TEST_CASE("the nearest name is found across the usual slips", "[topology][names]") {
  std::vector<std::string> known{"parallelism", "artifact", "pin", "on_error", "with"};
  CHECK(nearest_name("paralelism", known) == "parallelism");
  CHECK(nearest_name("Parallelism", known) == "parallelism");
  CHECK(nearest_name("artefact", known) == "artifact");
  CHECK(nearest_name("pni", known) == "pin");
  CHECK(nearest_name("on-error", known) == "on_error");
  CHECK(nearest_name("wiht", known) == "with");
}

TEST_CASE("what is not near has no nearest name", "[topology][names]") {
  std::vector<std::string> known{"parallelism", "pin", "a"};
  CHECK(nearest_name("colour", known).empty());
  CHECK(nearest_name("x", known).empty());
  CHECK(nearest_name("", known).empty());
  CHECK(nearest_name("pin", {}).empty());
}

TEST_CASE("of two near names the nearer wins, then the first", "[topology][names]") {
  std::vector<std::string> known{"words-a", "words", "wordt"};
  CHECK(nearest_name("wordss", known) == "words");
  CHECK(nearest_name("wordz", known) == "words");
}

TEST_CASE("quoted texts stay on one line and short", "[topology][names]") {
  CHECK(quoted("a\nb\x01") == "'a?b?'");
  CHECK(quoted("a\xff\xc3\xa9") == "'a?\xc3\xa9'");
  CHECK(quoted(std::string(81, 'x')) == "'" + std::string(80, 'x') + "...'");
  std::vector<std::string> many(12, "n");
  CHECK(listed(many) == "n, n, n, n, n, n, n, n, n, n and 2 more");
}

TEST_CASE("UTF-8 is told from what is none", "[topology][utf8]") {
  for (const char* good : {"a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(good);
    CHECK(utf8_length(good) == std::string(good).size());
  }
  // Alone or cut, overlong, a surrogate, beyond U+10FFFF.
  for (const char* bad :
       {"\x80", "\xc3", "\xc3(", "\xe2\x82", "\xf0\x9f\x98", "\xc0\xaf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    CAPTURE(bad);
    CHECK(utf8_length(bad) == 0);
    CHECK_FALSE(is_text(bad));
  }
  CHECK(columns_of("\xe2\x94\x94 caf\xc3\xa9") == 6);
}

}  // namespace weir::topology
