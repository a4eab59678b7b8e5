#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/examples/run_weir.hpp"

TEST_CASE("the demo shows the ten worst origins, what it took, and where the board is", "[examples][demo]") {
  const run_weir place("flights");  // For its folder.
  const std::string folder = place.out("").string();
  const std::string text = place.out("text").string();
  const std::string command = "env -u INPUT -u PARALLELISM -u OUT WEIR=" WEIR_BINARY " WEIR_BUILD_DIR=" WEIR_BUILD_DIR " DEMO_DIR=" + folder +
                              " timeout -k 5 120 " WEIR_SOURCE_DIR "/examples/flights/demo </dev/null >" + text + " 2>&1";
  for (int round = 0; round < 2; ++round) {  // The second one begins anew although the first left its data.
    const int status = std::system(command.c_str());
    const std::string shown = run_weir::read(text);
    INFO(shown);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
    int rows = 0;
    for (const std::string& line : run_weir::lines(shown)) rows += line.ends_with(" min") ? 1 : 0;
    CHECK(rows == 10);
    CHECK_THAT(shown, Catch::Contains("records in") && Catch::Contains("syncs") && !Catch::Contains("?") && Catch::Contains("board.csv"));
    CHECK(run_weir::sorted(run_weir::lines(run_weir::read(place.out("board.csv")))) ==
          run_weir::lines(run_weir::read(run_weir::source() / "examples/flights/expected.csv")));
  }
}
