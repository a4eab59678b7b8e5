#include "operators/file_sink.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/operators/placed.hpp"

using Catch::Contains;
using weir::test_driver;
using weir::operators::file_sink;

TEST_CASE("a record's value is a line, on disk before its frame", "[file_sink]") {
  auto driver = test_driver::of<file_sink>({{"path", "out"}});
  driver.send("records", "k", "one");
  CHECK(driver.files().read_synced("out") == "one\n");
  driver.frame({{"records", "k", "two"}, {"records", "", ""}});
  CHECK(driver.files().read_synced("out") == "one\ntwo\n\n");
  CHECK(driver.partition_state<std::uint64_t>("valid_size", "") == 9);
}

TEST_CASE("keys stand before values where the format says so", "[file_sink]") {
  auto tabbed = test_driver::of<file_sink>({{"path", "out"}, {"format", "key_value"}});
  tabbed.send("records", "k", "v");
  CHECK(tabbed.files().read("out") == "k\tv\n");
  auto commas = test_driver::of<file_sink>({{"path", "out"}, {"format", "key_value"}, {"separator", ","}});
  commas.send("records", "", "v");
  CHECK(commas.files().read("out") == ",v\n");
}

TEST_CASE("a header is written once, and again only if it was lost", "[file_sink]") {
  auto driver = test_driver::of<file_sink>({{"path", "out"}, {"header", "day,count"}});
  driver.crash_and_recover();
  driver.send("records", "", "1");
  driver.crash_and_recover();
  driver.send("records", "", "2");
  CHECK(driver.files().read("out") == "day,count\n1\n2\n");
}

TEST_CASE("a crash anywhere leaves every line once", "[file_sink]") {
  auto driver = test_driver::of<file_sink>({{"path", "out"}});
  driver.send("records", "", "first");
  driver.crash_in({{"records", "", "a"}, {"records", "", "b"}}, weir::crash_point::before_flush);
  driver.crash_in({{"records", "", "c"}}, weir::crash_point::after_flush);
  driver.crash_and_recover();
  driver.send("records", "", "last");
  CHECK(driver.files().read("out") == "first\na\nb\nc\nlast\n");
  CHECK(driver.files().read_synced("out") == driver.files().read("out"));
}

TEST_CASE("lines that no frame vouches for are cut at a start", "[file_sink]") {
  auto driver = test_driver::of<file_sink>({{"path", "out"}});
  driver.send("records", "", "kept");
  driver.files().write("out", "kept\nhalf a li");
  driver.crash_and_recover();
  CHECK(driver.files().read_synced("out") == "kept\n");
}

TEST_CASE("a file shorter than the sink left it is refused", "[file_sink]") {
  auto driver = test_driver::of<file_sink>({{"path", "out"}});
  driver.send("records", "", "line");
  driver.files().write("out", "lin");
  CHECK_THROWS_WITH(driver.crash_and_recover(), Contains("out has 3 bytes, but 5 were written to it") && Contains("restore it"));
  CHECK(driver.files().read("out") == "lin");
  driver.files().remove("out");
  CHECK_THROWS_WITH(driver.crash_and_recover(), Contains("out has 0 bytes"));
}

TEST_CASE("what the file held before the first start is replaced, with a warning", "[file_sink]") {
  auto driver = place<file_sink>({{{"out", "old\n"}}}, {{"path", "out"}});
  REQUIRE(driver.logged().size() == 1);
  CHECK_THAT(driver.logged().front().text, Contains("out held 4 bytes before; they are replaced"));
  driver.send("records", "", "new");
  CHECK(driver.files().read("out") == "new\n");
}

TEST_CASE("several partitions need several files", "[file_sink]") {
  CHECK_THROWS_WITH(place<file_sink>({{}, 1, 3}, {{"path", "out.csv"}}), Contains("put {partition} into it"));
  auto driver = place<file_sink>({{}, 1, 3}, {{"path", "out-{partition}.csv"}});
  driver.send("records", "", "x");
  CHECK(driver.files().read("out-1.csv") == "x\n");
}

TEST_CASE("a file-sink's wrong config is refused", "[file_sink]") {
  CHECK_THROWS_WITH(test_driver::of<file_sink>(), Contains("with.path is missing"));
  CHECK_THROWS_WITH(test_driver::of<file_sink>({{"path", "out"}, {"format", "csv"}}), Contains("with.format is \"csv\"; it may be value or key_value"));
  CHECK_THROWS_WITH(test_driver::of<file_sink>({{"path", "out"}, {"sep", ","}}), Contains("sep"));
}
