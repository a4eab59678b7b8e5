#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "tests/examples/loaded.hpp"

using Catch::Contains;
using weir::event_time;
using namespace std::chrono;
using rows = std::vector<std::string>;

namespace {
event_time at(year_month_day day, nanoseconds of_day = 0ns) { return event_time(nanoseconds(sys_days(day).time_since_epoch()) + of_day); }

std::string line(const std::string& date, const std::string& origin, int delay) {
  return R"({"date":")" + date + R"(","delay":)" + std::to_string(delay) + R"(,"distance":100,"origin":")" + origin + R"(","destination":"XYZ"})";
}

/// Parses flights and hands them to the board, one a frame.
void fly(loaded& parse, loaded& board, const std::string& date, const std::string& origin, int delay) {
  parse.send("", line(date, origin, delay));
  for (const auto& flight : parse.received("flights")) board.send(flight.key, flight.value, flight.time);
}
}  // namespace

TEST_CASE("a line becomes a flight of its origin at its departure", "[examples][flights]") {
  loaded parse("flights", "parse");
  parse.send("", line("2001/01/31 06:20", "BNA", -8));
  const auto flights = parse.received("flights");
  REQUIRE(flights.size() == 1);
  CHECK(flights[0].key == "BNA");
  CHECK(flights[0].time == at(2001y / 1 / 31, 6h + 20min));
}

TEST_CASE("what cannot be read as a flight is a dead letter that says why", "[examples][flights]") {
  loaded parse("flights", "parse");
  const std::string good = line("2001/01/31 06:20", "BNA", 5);
  const auto with = [&](const std::string& from, const std::string& to) { return std::string(good).replace(good.find(from), from.size(), to); };
  for (const std::string& bad :
       {std::string(), std::string("BNA,5"), good.substr(0, good.size() - 1), std::string("[]"), std::string("{}"), with("BNA", "\xff"), with("BNA", ""),
        with("\"BNA\"", "7"), with("5", "5.5"), with("5", "\"5\""), with("5", "1000000000"), with("5", "18446744073709551615"), with("06:20", "6:20"),
        with("06:20", "24:00"), with("01/31", "02/30"), with("2001", "2500"), with("06:20", "06:20 "), with("destination", "x")}) {
    INFO(bad);
    parse.send("", bad);
    CHECK(parse.received("flights").empty());
    const auto errors = parse.errors();
    REQUIRE(errors.size() == 1);
    CHECK_FALSE(errors[0].empty());
  }
  parse.send("", with("06:20", "6:20"));
  CHECK_THAT(parse.errors().at(0), Contains("date \"2001/01/31 6:20\" is not a time"));
}

TEST_CASE("an origin's day becomes one row when the watermark passes its end", "[examples][flights]") {
  loaded parse("flights", "parse");
  loaded board("flights", "board");
  fly(parse, board, "2001/01/01 00:00", "BNA", -5);
  fly(parse, board, "2001/01/01 23:59", "BNA", 15);
  fly(parse, board, "2001/01/01 12:00", "MCI", 14);
  fly(parse, board, "2001/01/02 00:00", "BNA", 100);
  board.watermark(at(2001y / 1 / 2) - 1ns);
  CHECK(board.values("rows").empty());
  board.crash();
  board.watermark(at(2001y / 1 / 2));
  CHECK(board.values("rows") == rows{"2001-01-01,BNA,2,1,10", "2001-01-01,MCI,1,0,14"});
  CHECK(board.timers() == 1);
  board.watermark(event_time::max());
  CHECK(board.values("rows") == rows{"2001-01-02,BNA,1,1,100"});
  CHECK(board.timers() == 0);
}

TEST_CASE("from when on a flight is late can be said in the manifest", "[examples][flights]") {
  loaded parse("flights", "parse");
  loaded board("flights", "board", {{"late_minutes", "0"}});
  fly(parse, board, "1969/12/31 10:00", "BNA", 0);
  fly(parse, board, "1969/12/31 10:00", "BNA", -1);
  board.watermark(event_time::max());
  CHECK(board.values("rows") == rows{"1969-12-31,BNA,2,1,-1"});
}

TEST_CASE("a flight after its day's row is a dead letter, never a second row", "[examples][flights]") {
  loaded parse("flights", "parse");
  loaded board("flights", "board");
  fly(parse, board, "2001/01/01 10:00", "BNA", 1);
  board.watermark(at(2001y / 1 / 2, 12h));
  fly(parse, board, "2001/01/01 11:00", "BNA", 1);
  fly(parse, board, "2001/01/01 11:00", "MCI", 1);
  fly(parse, board, "2001/01/02 06:00", "BNA", 2);  // Behind the watermark, but its day has no row yet.
  CHECK(board.errors() == rows{"flight of 2001-01-01 came after the row of its day", "flight of 2001-01-01 came after the row of its day"});
  board.watermark(event_time::max());
  CHECK(board.values("rows") == rows{"2001-01-01,BNA,1,0,1", "2001-01-02,BNA,1,0,2"});
}

TEST_CASE("a value that is no flight is a dead letter of the board", "[examples][flights]") {
  loaded board("flights", "board");
  board.send("BNA", "not a FlatBuffer", at(2001y / 1 / 1));
  CHECK(board.errors() == rows{"value is not a Flight"});
  CHECK(board.timers() == 0);
}
