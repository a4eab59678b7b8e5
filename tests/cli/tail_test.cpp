// weir tail: what is printed of a stream, how it ends, and that a position that it prints leads back there.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

constexpr int lines = 20'000;

/// A node that has copied the numbers 0 to 19,999; `streams` are settings of its stream.
class numbers_node : public serving {
 public:
  explicit numbers_node(const workspace& place, const std::string& streams = "{retain: 1h}") : serving(prepared(place, streams)) {
    const outcome o = (*this)({"submit", "t.yaml"});
    INFO(o.err);
    REQUIRE(o.status == 0);
    REQUIRE(until([&] { return std::filesystem::exists(place / "copy.txt") && std::filesystem::file_size(place / "copy.txt") == numbers(lines).size(); }));
  }

 private:
  static const workspace& prepared(const workspace& place, const std::string& streams) {
    write_text(place / "t.yaml", copying() + "streams:\n  copy-lines: " + streams + "\n");
    write_text(place / "lines.txt", numbers(lines));
    return place;
  }
};

std::string last_numbers(int count) {
  std::string text;
  for (int i = lines - count; i < lines; ++i) text += std::to_string(i) + '\n';
  return text;
}

/// A file that a shell command reads in place of standard output's reader.
process_options shell(const workspace& place, const std::string& command) {
  return {.command = {"bash", "-o", "pipefail", "-c", command},
          .environment = {{"WEIR_NODE", (place / "data").string()}},
          .folder = place.path(),
          .out = place / "shell.out",
          .err = place / "shell.err"};
}

}  // namespace

TEST_CASE("tail shows the newest ten, as many as are asked for, or all from somewhere on", "[cli][tail]") {
  const workspace place;
  const numbers_node node(place, GENERATE("{retain: 1h}", "{retain: 1h, compress: lz4}"));
  CHECK(node({"tail", "copy-lines"}).out == last_numbers(10));
  CHECK(node({"tail", "copy-lines", "-n", "10000"}).out == last_numbers(10'000));
  CHECK(node({"tail", "copy-lines", "-n", "0"}).out.empty());
  CHECK(node({"tail", "copy-lines", "--from", "earliest"}).out == numbers(lines));
  CHECK(node({"tail", "copy-lines", "--from", "earliest", "-n", "12345"}).out == numbers(12'345));
  CHECK(node({"tail", "copy-lines", "--from", "latest"}).out.empty());
  const outcome too_many = node({"tail", "copy-lines", "-n", "10001"});
  CHECK(too_many.status == 2);
  CHECK_THAT(too_many.error_line(), Contains("--from earliest"));
}

TEST_CASE("a position that tail prints is where it goes on from", "[cli][tail]") {
  const workspace place;
  const numbers_node node(place);
  const outcome text = node({"tail", "copy-lines", "--positions", "-n", "3"});
  const auto shown = lines_of(text.out);
  REQUIRE(shown.size() == 3);
  CHECK_THAT(shown[0], Catch::EndsWith("\t19997"));
  CHECK(node({"tail", "copy-lines", "--from", shown[0].substr(0, shown[0].find('\t'))}).out == last_numbers(3));

  const outcome as_json = node({"tail", "copy-lines", "-o", "json", "-n", "2"});
  const auto objects = lines_of(as_json.out);
  REQUIRE(objects.size() == 2);
  const json first = json::parse(objects[0]);
  CHECK(first["value"] == "19998");
  CHECK(first["partition"] == 0);
  CHECK(first["time"].is_number_integer());
  CHECK(node({"tail", "copy-lines", "--from", first["position"]}).out == last_numbers(2));
  CHECK(node({"tail", "copy-lines", "--format", "json", "-n", "2"}).out == as_json.out);
}

TEST_CASE("text is one line a record whatever the bytes, hex and json are exact", "[cli][tail]") {
  const workspace place;
  write_text(place / "lines.txt", "tab\there \xff \x1b[31m \xc2\x9b \xc3\xa9\n");
  write_text(place / "t.yaml", copying());
  serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  REQUIRE(node.until([&] { return !read_text(place / "copy.txt").empty(); }));
  CHECK(node({"tail", "copy-lines"}).out == "tab\\there \\xff \\x1b[31m \\xc2\\x9b \xc3\xa9\n");
  CHECK(node({"tail", "copy-lines", "--format", "hex"}).out ==
        "\t7461620968657265"
        "20ff20"
        "1b5b33316d"
        "20c29b20c3a9\n");
  const json record = json::parse(node({"tail", "copy-lines", "--format", "json"}).out);
  CHECK_FALSE(record.contains("value"));
  CHECK(record["value_base64"] == "dGFiCWhlcmUg/yAbWzMxbSDCmyDDqQ==");
}

TEST_CASE("what cannot be tailed is refused in one line that says what can", "[cli][tail]") {
  const workspace place;
  const numbers_node node(place);
  const auto [arguments, status, hint] = GENERATE(table<std::vector<std::string>, int, std::string>({
      {{""}, 2, "STREAM is empty"},
      {{"copy-line"}, 2, "did you mean 'copy-lines'?"},
      {{"copy-lines", "--from", "1:900000:0"}, 4, "is not there yet; the next one is 1:"},
      {{"copy-lines", "--from", "77:1:0"}, 2, "has its records in log 1"},
      {{"copy-lines", "--from", "yesterday"}, 2, "LOG:LSN:INDEX"},
      {{"copy-lines", "--partition", "1"}, 2, "has only 0"},
      {{"copy-lines", "--format", "xml"}, 2, "hex|json|text"},
      {{"copy-lines", "--node", "no/such.sock"}, 3, "no node answers"},
  }));
  std::vector<std::string> all{"tail"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const outcome o = node(all);
  CAPTURE(arguments);
  CHECK(o.status == status);
  CHECK(o.out.empty());
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains(hint));
}

TEST_CASE("records that retention has let go are refused with the earliest there is", "[cli][tail]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(400'000));
  write_text(place / "t.yaml", copying());
  serving node(place, {"--journal-bytes-max", "8MiB"});
  REQUIRE(node({"submit", "t.yaml"}).status == 0);
  std::string earliest;
  REQUIRE(node.until([&] {
    const auto streams = json::parse(node({"tail", "copy-lines", "--from", "earliest", "-n", "1", "-o", "json"}).out, nullptr, false);
    earliest = streams.is_object() ? streams["position"].get<std::string>() : "";
    return std::filesystem::exists(place / "copy.txt") && std::filesystem::file_size(place / "copy.txt") == numbers(400'000).size();
  }));
  const outcome o = node({"tail", "copy-lines", "--from", "1:1:0"});
  CHECK(o.status == 4);
  CHECK_THAT(o.error_line(), Contains("position 1:1:0 of stream 'copy-lines' is gone") && Contains("the earliest that is there is 1:") && Contains("retain"));
  CHECK_THAT(earliest, StartsWith("1:"));
}

TEST_CASE("tail follows what comes until it is interrupted, with 130", "[cli][tail]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  const serving node(place);
  REQUIRE(node({"submit", "t.yaml"}).status == 0);  // There is no lines.txt yet: the source is tried again.
  folder_watch watch(place.path());
  process follower(shell(place, "exec " WEIR_BINARY " tail copy-lines --from earliest --follow"));
  write_text(place / "lines.txt", numbers(lines));
  REQUIRE(watch.wait_until(follower, [&] { return read_text(place / "shell.out") == numbers(lines); }));
  follower.signal(SIGINT);
  CHECK(follower.wait() == 130);
  CHECK(read_text(place / "shell.out") == numbers(lines));
  CHECK(read_text(place / "shell.err").empty());
}

TEST_CASE("tail into a pipe that is closed ends without a word", "[cli][tail]") {
  const workspace place;
  const numbers_node node(place);
  const std::string follow = GENERATE("", " --follow");
  process piped(shell(place, "set +o pipefail; " WEIR_BINARY " tail copy-lines --from earliest" + follow + " | head -n 2"));
  CHECK(piped.wait() == 0);
  CHECK(read_text(place / "shell.out") == "0\n1\n");
  CHECK(read_text(place / "shell.err").empty());
}

TEST_CASE("a follower with a number ends when it has that many", "[cli][tail]") {
  const workspace place;
  const numbers_node node(place);
  const outcome o = node({"tail", "copy-lines", "--from", "earliest", "-n", "5", "--follow"});
  CHECK(o.status == 0);
  CHECK(o.out == numbers(5));
}
