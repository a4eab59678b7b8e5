// What every example must have, so that the commands of its README work in a fresh copy.
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/examples/run_weir.hpp"

TEST_CASE("an example that writes into out/ brings that folder along", "[examples]") {
  std::size_t writing = 0;
  for (const auto& entry : std::filesystem::directory_iterator(run_weir::source() / "examples")) {
    const std::string manifest = run_weir::read(entry.path() / "topology.yaml");
    if (manifest.find("${OUT:-out}") == std::string::npos) continue;
    ++writing;
    INFO(entry.path());
    CHECK(std::filesystem::exists(entry.path() / "out/.gitignore"));
  }
  CHECK(writing >= 7);
}
