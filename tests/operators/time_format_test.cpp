#include "operators/time_format.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

using weir::event_time;
using weir::operators::time_format;
using namespace std::chrono;

namespace {
event_time at(year_month_day day, nanoseconds of_day = 0ns) { return event_time(nanoseconds(sys_days(day).time_since_epoch()) + of_day); }
}  // namespace

TEST_CASE("a strptime pattern reads dates and times of day as UTC", "[time_format]") {
  const time_format flights("%Y/%m/%d %H:%M");
  CHECK(flights.read("2001/01/01 06:20") == at(2001y / 1 / 1, 6h + 20min));
  CHECK(flights.read("1999/12/31 23:59") == at(1999y / 12 / 31, 23h + 59min));
  CHECK(flights.read("2000/2/29   7:05") == at(2000y / 2 / 29, 7h + 5min));
  CHECK(time_format("%F").read("1969-12-31") == at(1969y / 12 / 31));
  CHECK(time_format("%F %T.%f").read("2020-05-06 07:08:09.25") == at(2020y / 5 / 6, 7h + 8min + 9s + 250ms));
  CHECK(time_format("%d/%b/%Y:%H:%M:%S %z").read("10/Oct/2000:13:55:36 -0700") == at(2000y / 10 / 10, 20h + 55min + 36s));
  CHECK(time_format("%b %d %Y %H:%M").read("Jan  2 2003  4:05") == at(2003y / 1 / 2, 4h + 5min));
  CHECK(time_format("100%% %F").read("100% 2001-02-03") == at(2001y / 2 / 3));
}

TEST_CASE("what does not match its pattern as a whole, or names no day, is no time", "[time_format]") {
  const time_format format("%Y/%m/%d %H:%M");
  for (const char* text :
       {"", "2001", "2001/01/01", "2001/01/01 06:20:00", " 2001/01/01 06:20", "2001-01-01 06:20", "2001/13/01 06:20", "2001/00/01 06:20", "2001/02/29 06:20",
        "2001/01/01 24:00", "2001/01/01 06:60", "01/01/01 06:20", "2001/01/01 06:2x", "1500/01/01 06:20", "2500/01/01 06:20"}) {
    INFO(text);
    CHECK_FALSE(format.read(text));
  }
}

TEST_CASE("ISO 8601 comes with or without time of day, fraction and zone", "[time_format]") {
  const time_format iso("iso8601");
  CHECK(iso.read("2001-02-03") == at(2001y / 2 / 3));
  CHECK(iso.read("2001-02-03T04:05") == at(2001y / 2 / 3, 4h + 5min));
  CHECK(iso.read("2001-02-03 04:05:06") == at(2001y / 2 / 3, 4h + 5min + 6s));
  CHECK(iso.read("2001-02-03T04:05:06.000000007Z") == at(2001y / 2 / 3, 4h + 5min + 6s + 7ns));
  CHECK(iso.read("2001-02-03T04:05:06.1234567891Z") == at(2001y / 2 / 3, 4h + 5min + 6s + 123456789ns));
  CHECK(iso.read("2001-02-03T00:30:00+02:00") == at(2001y / 2 / 2, 22h + 30min));
  CHECK(iso.read("2001-02-03T04:05-0330") == at(2001y / 2 / 3, 7h + 35min));
  CHECK(iso.read("2016-12-31T23:59:60Z") == at(2017y / 1 / 1));
  for (const char* text :
       {"2001-2-3", "2001-02-03T", "2001-02-03T04", "2001-02-03T04:05:06.", "2001-02-03T04:05:06+2", "2001-02-03T04:05:06Zulu", "2001-02-03T04:05+24:00"}) {
    INFO(text);
    CHECK_FALSE(iso.read(text));
  }
}

TEST_CASE("numbers since the epoch come in four units, with sign and fraction", "[time_format]") {
  CHECK(time_format("epoch_s").read("1517363399") == event_time(1517363399s));
  CHECK(time_format("epoch_s").read("1517363399.25") == event_time(1517363399250ms));
  CHECK(time_format("epoch_ms").read("1517363399650") == event_time(1517363399650ms));
  CHECK(time_format("epoch_ms").read("0.5") == event_time(500us));
  CHECK(time_format("epoch_us").read("-1") == event_time(-1us));
  CHECK(time_format("epoch_ns").read("9223372036854775807") == event_time::max());
  for (const char* text : {"", "-", "1.", "1e3", "abc", "12 ", "9223372036854775808", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(time_format("epoch_ns").read(text));
  }
  CHECK_FALSE(time_format("epoch_s").read("9223372037"));
}

TEST_CASE("a format that names nothing, or something unknown, is refused with what is known", "[time_format]") {
  CHECK_THROWS_WITH(time_format("%Y-%q"), Catch::Contains("unknown field %q") && Catch::Contains("%H"));
  CHECK_THROWS_WITH(time_format("%Y-%"), Catch::Contains("unknown field %;"));
  CHECK_THROWS_WITH(time_format("rfc"), Catch::Contains("names no field"));
  CHECK_THROWS_WITH(time_format(""), Catch::Contains("names no field"));
}
