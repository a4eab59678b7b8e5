// weir publish: what of standard input arrives, exactly once also where the node is killed meanwhile, and what the command says where nothing can.
#include <algorithm>
#include <optional>

#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

std::string clicks(int partitions = 2) {
  return "manifest: 1\ntopology: web\noperators:\n"
         "  - {name: table, uses: file-sink, istreams: {records: clicks}, with: {path: clicks.txt, format: key_value, separator: \"=\"}}\n"
         "streams:\n  clicks: {external: true, partitions: " +
         std::to_string(partitions) + "}\n";
}

/// So many lines that publishing them takes far longer than the first of them need to come through.
constexpr int many = 600'000;

/// `weir publish ARGUMENTS… < INPUT`, a file of the workspace.
process_options publishing(const workspace& place, const std::string& input, const std::vector<std::string>& arguments) {
  process_options o = weir_command(place).options({}, {{"WEIR_NODE", (place / "data").string()}});
  o.command = {"/bin/sh", "-c", "exec \"$0\" publish \"$@\" < " + input, WEIR_BINARY};
  o.command.insert(o.command.end(), arguments.begin(), arguments.end());
  return o;
}

outcome publish(const workspace& place, const std::string& input, const std::vector<std::string>& arguments) {
  write_text(place / "input.txt", input);
  outcome o;
  o.status = run_program(publishing(place, "input.txt", arguments));
  o.out = read_text(place / "stdout");
  o.err = read_text(place / "stderr");
  return o;
}

std::vector<std::string> sorted_lines(const workspace& place) {
  auto lines = lines_of(read_text(place / "clicks.txt"));
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> expected(int count) {
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i) lines.push_back("=" + std::to_string(i));
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// That `expected` lines take.
std::uintmax_t bytes_of(int count) {
  std::uintmax_t bytes = 0;
  for (const std::string& line : expected(count)) bytes += line.size() + 1;
  return bytes;
}

std::uintmax_t published_bytes(const workspace& place) {
  std::error_code absent;
  const auto bytes = std::filesystem::file_size(place / "clicks.txt", absent);
  return absent ? 0 : bytes;
}

class publishing_node : public serving {
 public:
  explicit publishing_node(const workspace& place, int partitions = 2) : serving(prepared(place, partitions)) {
    const outcome o = (*this)({"submit", "t.yaml"});
    INFO(o.err);
    REQUIRE(o.status == 0);
  }

 private:
  static const workspace& prepared(const workspace& place, int partitions) {
    write_text(place / "t.yaml", clicks(partitions));
    return place;
  }
};

}  // namespace

TEST_CASE("lines of standard input become records, empty ones and an unended one too", "[cli][publish]") {
  const workspace place;
  publishing_node node(place, 1);
  const outcome o = publish(place, "a\n\nk,v\nlast", {"clicks", "--key-separator", ",", "-o", "json"});
  INFO(o.err);
  REQUIRE(o.status == 0);
  const json said = json::parse(o.out);
  CHECK(said["stream"] == "clicks");
  CHECK(said["records"] == 4);
  CHECK(said["repeated"] == 0);
  CHECK(o.err.empty());
  CHECK(node.until([&] { return lines_of(read_text(place / "clicks.txt")).size() == 4; }));
  CHECK(sorted_lines(place) == std::vector<std::string>{"=", "=a", "=last", "k=v"});
  CHECK(publish(place, "", {"clicks"}).status == 0);
  CHECK_THAT(node({"status", "web"}).out, Contains("clicks"));
}

TEST_CASE("with --id the same input is taken once, and more of it from where it ended", "[cli][publish]") {
  const workspace place;
  publishing_node node(place);
  REQUIRE(publish(place, numbers(50'000), {"clicks", "--id", "import"}).status == 0);
  const outcome again = publish(place, numbers(50'100), {"clicks", "--id", "import", "-o", "json"});
  INFO(again.err);
  REQUIRE(again.status == 0);
  CHECK(json::parse(again.out)["records"] == 50'100);
  CHECK(json::parse(again.out)["repeated"] == 50'000);
  const std::uintmax_t all = bytes_of(50'100);
  CHECK(node.until([&] { return published_bytes(place) >= all; }));
  CHECK((sorted_lines(place) == expected(50'100)));
}

TEST_CASE("a node that is killed while lines are published has each of them once", "[cli][publish][crash]") {
  const workspace place;
  auto node = std::make_optional<publishing_node>(place);
  write_text(place / "input.txt", numbers(many));
  const process publisher(publishing(place, "input.txt", {"clicks", "--id", "import", "--retry-timeout", "100s"}));
  CHECK(node->until([&] { return published_bytes(place) > 0; }));
  node.reset();  // Killed, with most of the input before it.
  CHECK_FALSE(publisher.ends_within(std::chrono::microseconds(0)));
  node.emplace(place);
  const std::uintmax_t all = bytes_of(many);
  CHECK(node->until([&] { return published_bytes(place) >= all; }));
  CHECK(publisher.ends_within(patience));
  CHECK((sorted_lines(place) == expected(many)));  // Too many to be printed.
}

TEST_CASE("a publisher that is killed goes on with the same command", "[cli][publish][crash]") {
  const workspace place;
  publishing_node node(place);
  write_text(place / "input.txt", numbers(many));
  const process_options command = publishing(place, "input.txt", {"clicks", "--id", "import"});
  {
    const process killed(command);
    CHECK(node.until([&] { return published_bytes(place) > 0; }));
  }
  REQUIRE(run_program(command) == 0);
  const std::uintmax_t all = bytes_of(many);
  CHECK(node.until([&] { return published_bytes(place) >= all; }));
  CHECK((sorted_lines(place) == expected(many)));  // Too many to be printed.
}

TEST_CASE("publish says what is wrong with the stream, the node or the input", "[cli][publish]") {
  const workspace place;
  {
    const outcome o = publish(place, "a\n", {"clicks"});
    CHECK(o.status == 3);
    CHECK_THAT(o.error_line(), Contains("no node answers at "));
  }
  publishing_node node(place);
  outcome o = publish(place, "a\n", {"clikcs"});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains("no stream 'clikcs'; did you mean 'clicks'?"));
  o = publish(place, "a\n", {""});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains("STREAM is empty"));
  o = publish(place, "a\n", {"clicks", "--id", "a b"});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains("--id 'a b'"));
  o = publish(place, "short\n" + std::string(2u << 20, 'x'), {"clicks"});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains("line 2 of the input is longer than 1048576 bytes"));
  CHECK(node.until([&] { return lines_of(read_text(place / "clicks.txt")).size() == 1; }));
  REQUIRE(node({"stop", "web/clicks"}).status == 0);
  o = publish(place, "a\n", {"clicks"});
  CHECK(o.status == 4);
  CHECK_THAT(o.error_line(), Contains("'weir start web/clicks'"));
}

TEST_CASE("weir run refuses external streams, validate explains them", "[cli][publish]") {
  const workspace place;
  write_text(place / "t.yaml", clicks());
  const outcome refused = weir_command(place)({"run", "t.yaml"});
  CHECK(refused.status == 4);
  CHECK_THAT(refused.error_line(), Contains("t.yaml:6:3: stream 'clicks' is external") && Contains("weir serve"));
  const outcome drawn = weir_command(place)({"validate", "t.yaml"});
  CHECK(drawn.status == 0);
  CHECK_THAT(drawn.out, Contains("clicks") && Contains("weir publish"));
}
