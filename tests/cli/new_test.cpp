// weir new: what it makes, what it calls it, and that it overwrites nothing. tests/install builds and runs what it makes.
#include <nlohmann/json.hpp>
#include <set>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder)) names.insert(file.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE("weir new makes a project named after its directory and prints the next three commands", "[cli][new]") {
  const workspace place;
  const outcome o = weir_command(place)({"new", "work/Click-Rates.2"});
  INFO(o.err);
  REQUIRE(o.status == 0);
  CHECK(o.err.empty());
  const auto project = place / "work/Click-Rates.2";
  CHECK(files_in(project) ==
        std::set<std::string>{".gitignore", "CMakeLists.txt", "README.md", "click_rates_2.cpp", "click_rates_2_test.cpp", "topology.yaml", "words.txt"});
  for (const auto& file : std::filesystem::directory_iterator(project)) {
    INFO(file.path());
    CHECK_THAT(read_text(file.path()), !Contains("my_operator") && !Contains("my-operator"));
  }
  CHECK_THAT(read_text(project / "click_rates_2.cpp"), Contains("class click_rates_2 final") && Contains(".name = \"click-rates-2\""));
  const auto lines = lines_of(o.out);
  REQUIRE(lines.size() == 5);
  CHECK_THAT(lines[2], StartsWith("    cd work/Click-Rates.2 && cmake -DCMAKE_PREFIX_PATH=") && Contains(" && cmake --build build"));
  CHECK(lines[3] == "    ctest --test-dir build --output-on-failure");
  CHECK(lines[4] == "    " WEIR_BINARY " run topology.yaml");
}

TEST_CASE("the command that goes to the project is one for the shell, whatever its name", "[cli][new]") {
  const workspace place;
  const std::string name = GENERATE("my operator", "it's one", "-x", "$HOME");
  process_options o = weir_command(place).options({"new", "--", name});
  REQUIRE(run_program(o) == 0);
  const std::string line = lines_of(read_text(place / "stdout")).at(2);
  const std::string going = line.substr(0, line.find(" && "));
  CAPTURE(going);
  CHECK(run_program({.command = {"/bin/sh", "-c", going + " && test -f topology.yaml"}, .folder = place.path()}) == 0);
}

TEST_CASE("weir new as JSON", "[cli][new]") {
  const workspace place;
  const outcome o = weir_command(place)({"new", "clicks", "-o", "json"});
  CHECK(o.status == 0);
  const auto made = nlohmann::json::parse(o.out, nullptr, false);
  REQUIRE(made.is_object());
  CHECK(made["operator"] == "clicks");
  CHECK(made["directory"] == (place / "clicks").string());
  CHECK(made["next"].size() == 3);
}

TEST_CASE("an empty directory will do, also the one where one stands", "[cli][new]") {
  const workspace place;
  std::filesystem::create_directory(place / "2-rates");
  process_options o = weir_command(place).options({"new", "."});
  o.folder = place / "2-rates";
  CHECK(run_program(o) == 0);
  CHECK(files_in(place / "2-rates").contains("operator_2_rates.cpp"));
}

TEST_CASE("names that are taken in C++ or CMake get a longer one", "[cli][new]") {
  const workspace place;
  const std::string name = GENERATE("class", "Test", "weir");
  REQUIRE(weir_command(place)({"new", name + "/"}).status == 0);
  std::string lower = name;
  lower[0] = static_cast<char>(std::tolower(lower[0]));
  CHECK(files_in(place / name).contains(lower + "_operator.cpp"));
}

TEST_CASE("weir new overwrites nothing and says what to do", "[cli][new]") {
  const workspace place;
  const weir_command weir(place);
  std::filesystem::create_directory(place / "full");
  write_text(place / "full/mine.txt", "mine");
  const outcome full = weir({"new", "full"});
  CHECK(full.status == 4);
  CHECK_THAT(full.error_line(), Contains("full is not empty") && Contains("choose another name"));
  CHECK(files_in(place / "full") == std::set<std::string>{"mine.txt"});
  const outcome file = weir({"new", "full/mine.txt"});
  CHECK(file.status == 4);
  CHECK_THAT(file.error_line(), Contains("not a directory"));
  const outcome below = weir({"new", "full/mine.txt/deeper"});
  CHECK(below.status == 1);
  CHECK_THAT(below.error_line(), Contains("cannot be made"));
  const outcome nameless = weir({"new", "---"});
  CHECK(nameless.status == 2);
  CHECK(!std::filesystem::exists(place / "---"));
}
