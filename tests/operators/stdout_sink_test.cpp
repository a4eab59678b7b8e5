#include "operators/stdout_sink.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

#include <catch2/catch.hpp>
#include <weir/test_driver.hpp>

using weir::test_driver;
using weir::operators::stdout_sink;

TEST_CASE("records appear on standard output, line by line", "[stdout_sink]") {
  auto driver = test_driver::of<stdout_sink>();
  driver.send("records", "k", "one");
  driver.frame({{"records", "k", "two"}, {"records", "k", ""}});
  CHECK(driver.standard_output() == "one\ntwo\n\n");
}

TEST_CASE("standard output may show keys too", "[stdout_sink]") {
  auto driver = test_driver::of<stdout_sink>({{"format", "key_value"}, {"separator", ": "}});
  driver.send("records", "k", "v");
  CHECK(driver.standard_output() == "k: v\n");
}

TEST_CASE("lines of a frame that is undone before its end are not shown twice", "[stdout_sink]") {
  auto driver = test_driver::of<stdout_sink>();
  driver.crash_in({{"records", "", "once"}}, weir::crash_point::before_flush);
  CHECK(driver.standard_output() == "once\n");
}
