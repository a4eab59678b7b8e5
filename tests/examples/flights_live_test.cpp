#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tests/examples/run_weir.hpp"

TEST_CASE("the walk through a hot redeploy ends as its README says", "[examples][flights_live]") {
  const run_weir place("flights_live");  // For its folder.
  const std::string text = place.out("text").string();
  const std::string command = "env -u INPUT -u RATE -u OUT WEIR=" WEIR_BINARY " WEIR_BUILD_DIR=" WEIR_BUILD_DIR " WALK_DIR=" + place.out("").string() +
                              " timeout -k 5 120 " WEIR_SOURCE_DIR "/examples/flights_live/walk </dev/null >" + text + " 2>&1";
  const int status = std::system(command.c_str());
  const std::string shown = run_weir::read(text);
  INFO(shown);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  using Catch::Contains;
  CHECK_THAT(shown, Contains("flights/board is generation 2; longest pause of 1 partition "));
  CHECK_THAT(shown, Contains("failed on trial, and is generation 4 by automatic rollback") && Contains("out of gates\n(exit status 5)"));
  CHECK_THAT(shown, Contains("flights/board is generation 5; longest pause of 1 partition "));
  CHECK_THAT(shown, Contains("rows, none lost, none doubled: "));
}
