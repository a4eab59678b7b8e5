// Standard output and error that are full, closed, or gone: what was asked for and cannot be printed is an error, and what is only said stops nothing.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

/// copy.txt holds something else before, which the sink warns of.
void prepare(const workspace& place) {
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "copy.txt", "before\n");
}

/// Whether a file of the data directory holds a text that was meant for standard error.
bool holds_messages(const std::filesystem::path& data) {
  for (const auto& file : std::filesystem::recursive_directory_iterator(data))
    if (file.is_regular_file() && read_text(file.path()).find("are replaced") != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("an answer that cannot be printed ends with 1 and says why", "[cli]") {
  const workspace place;
  prepare(place);
  const weir_command weir(place);
  REQUIRE(weir({"run", "t.yaml"}).status == 0);
  const auto arguments = GENERATE(values<std::vector<std::string>>({{"--help"},
                                                                    {"run", "--help"},
                                                                    {"--version"},
                                                                    {"version"},
                                                                    {"version", "-o", "json"},
                                                                    {"describe", "file-source"},
                                                                    {"validate", "t.yaml"},
                                                                    {"run", "t.yaml", "-o", "json"},
                                                                    {"data", "ls", "weir-data"},
                                                                    {"data", "inspect", "weir-data"}}));
  process_options o = weir.options(arguments);
  o.out = "/dev/full";
  CAPTURE(arguments);
  CHECK(run_program(o) == 1);
  const auto said = lines_of(read_text(place / "stderr"));
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::StartsWith("weir: error: ") && Contains("No space left on device"));
}

TEST_CASE("what a node answers and cannot be printed ends with 1", "[cli][remote]") {
  const workspace place;
  prepare(place);
  serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  const auto arguments = GENERATE(values<std::vector<std::string>>({{"get", "copy"}, {"list"}, {"status"}, {"status", "--watch"}, {"history", "copy/table"}}));
  process_options o = node.command(arguments);
  o.out = "/dev/full";
  CAPTURE(arguments);
  CHECK(run_program(o) == 1);
  CHECK_THAT(read_text(place / "stderr"), Contains("standard output: No space left on device"));
}

TEST_CASE("messages that nobody can read stop no operator", "[cli]") {
  const workspace place;
  prepare(place);
  const std::string streams = GENERATE("2>/dev/full", "2>&-", ">&- 2>&- <&-", "2> >(exec true)");
  CAPTURE(streams);
  CHECK(run_program({.command = {"/bin/bash", "-c", WEIR_BINARY " run t.yaml " + streams}, .folder = place.path()}) == 0);
  CHECK(read_text(place / "copy.txt") == numbers(10));
  CHECK(!holds_messages(place / "weir-data"));
  CHECK(weir_command(place)({"data", "verify", "weir-data"}).status == 0);
}

TEST_CASE("an error that nobody can read keeps its exit status", "[cli]") {
  const workspace place;
  process_options o = weir_command(place).options({"list"});
  o.err = "/dev/full";
  CHECK(run_program(o) == 3);
}

TEST_CASE("logs that are followed into a pipe that is closed end, also where nothing is said", "[cli][remote]") {
  const workspace place;
  prepare(place);
  std::filesystem::remove(place / "copy.txt");
  const serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  const std::string into_nothing = "exec 3> >(exec true); wait $!; " WEIR_BINARY " logs copy/lines --follow --node data >&3 2> said";
  CHECK(run_program({.command = {"/bin/bash", "-c", into_nothing}, .folder = place.path()}) == 1);
  CHECK(read_text(place / "said").empty());
}

TEST_CASE("what an operator says stays on its line, and moves no terminal", "[cli]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "co\npy\033.txt", "before\n");
  write_text(place / "t.yaml", replaced(copying(), "path: copy.txt", R"(path: "co\npy\e.txt")"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  INFO(o.err);
  CHECK(o.status == 0);
  CHECK_THAT(o.error_line(), Contains("are replaced") && !Contains("\033"));
}
