#include "topology/quantities.hpp"

#include <catch2/catch.hpp>

namespace weir::topology {

TEST_CASE("sizes are whole decimal numbers with a unit of bytes", "[topology][quantities]") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("4096B") == 4096);
  CHECK(parse_size("64kB") == 64000);
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("3MB") == 3000000);
  CHECK(parse_size("3MiB") == 3145728);
  CHECK(parse_size("1GB") == 1000000000);
  CHECK(parse_size("1GiB") == 1073741824);
  CHECK(parse_size("2TB") == 2000000000000);
  CHECK(parse_size("2TiB") == 2199023255552);
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("010") == 10);
  CHECK(parse_size("9223372036854775807") == INT64_MAX);
}

TEST_CASE("durations are whole decimal numbers with a unit of time", "[topology][quantities]") {
  CHECK(parse_duration("0") == 0);
  CHECK(parse_duration("5ns") == 5);
  CHECK(parse_duration("5us") == 5000);
  CHECK(parse_duration("5ms") == 5000000);
  CHECK(parse_duration("5s") == 5000000000);
  CHECK(parse_duration("5min") == 300000000000);
  CHECK(parse_duration("24h") == 86400000000000);
  CHECK(parse_duration("1d") == 86400000000000);
  CHECK(parse_duration("106751d") == 9223286400000000000);
}

TEST_CASE("a duration is written as a person would", "[topology][quantities]") {
  for (const char* text : {"0", "1ns", "1500us", "90s", "90min", "24h", "36h", "7d"}) {
    CAPTURE(text);
    CHECK(duration_text(parse_duration(text).value()) == text);
  }
}

TEST_CASE("what is no size or duration is not guessed", "[topology][quantities]") {
  for (const char* bad :
       {"", "B", "-1B", "+1B", " 1B", "1 B", "1B ", "1.5MiB", "0x10", "1K", "1kb", "1KB", "1e3", "9007199254740993TiB", "9223372036854775808"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad));
  }
  for (const char* bad : {"", "s", "5", "-5s", "5 s", "1.5h", "5m", "5S", "5sec", "1h30min", "106752d", "99999999999999999999s"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

}  // namespace weir::topology
