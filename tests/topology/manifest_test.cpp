#include "topology/manifest.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "manifests.hpp"

namespace weir::topology::test {

TEST_CASE("a manifest is read with every key that it may hold", "[topology][manifest]") {
  auto m = parse_manifest(R"(manifest: 1
topology: flights
operators:
  - name: board
    artifact: build/libflights.so
    class: ns::delay_board<a, b>
    parallelism: 2
    istreams: {parsed: flights-parsed, others: {stream: more}}
    ostreams: {rows: delays}
    with: {late_minutes: 15, files: [a, "b c"], empty: ""}
    pin: [0, 3]
    on_error: dead_letter
streams:
  delays: {retain: 24h, compress: lz4}
  plain:
)",
                          "some/where/m.yaml", environment_of({}));
  REQUIRE(m);
  CHECK(m->file == "some/where/m.yaml");
  CHECK(m->directory == "some/where/");
  CHECK(m->topology == "flights");
  CHECK(m->where.text() == "some/where/m.yaml:2:11");
  REQUIRE(m->operators.size() == 1);
  const auto& op = m->operators[0];
  CHECK(op.name == "board");
  CHECK(op.where.text() == "some/where/m.yaml:4:11");
  CHECK(op.artifact == "some/where/build/libflights.so");
  CHECK(op.uses.empty());
  CHECK(op.class_name == "ns::delay_board<a, b>");
  CHECK(op.parallelism == 2);
  REQUIRE(op.istreams.size() == 2);
  CHECK(op.istreams[0].istream == "parsed");
  CHECK(op.istreams[0].stream == "flights-parsed");
  CHECK(op.istreams[0].key.text() == "some/where/m.yaml:8:16");
  CHECK(op.istreams[0].where.text() == "some/where/m.yaml:8:24");
  CHECK(op.istreams[1].stream == "more");
  REQUIRE(op.ostreams.size() == 1);
  CHECK(op.ostreams[0].ostream == "rows");
  CHECK(op.ostreams[0].stream == "delays");
  CHECK(op.with.at("late_minutes").items == std::vector<std::string>{"15"});
  CHECK_FALSE(op.with.at("late_minutes").is_list);
  CHECK(op.with.at("files").is_list);
  CHECK(op.with.at("files").items == std::vector<std::string>{"a", "b c"});
  CHECK(op.with.at("empty").items == std::vector<std::string>{""});
  REQUIRE(op.pin.size() == 2);
  CHECK(op.pin[1].cpu == 3);
  CHECK(op.on_error == error_policy::dead_letter);
  CHECK(m->streams.at("delays").retain_ns == 24 * 3600 * 1000000000ll);
  CHECK(m->streams.at("delays").lz4);
  CHECK(m->streams.at("plain").retain_ns == 0);
}

TEST_CASE("what a manifest does not say has its default", "[topology][manifest]") {
  auto m = parse(with_lines(""));
  REQUIRE(m);
  const auto& op = m->operators[0];
  CHECK(op.uses == "source");
  CHECK(op.artifact.empty());
  CHECK(op.class_name.empty());
  CHECK(op.parallelism == 1);
  CHECK(op.on_error == error_policy::fail);
  CHECK((op.istreams.empty() && op.ostreams.empty() && op.with.empty() && op.pin.empty()));
  CHECK(m->directory.empty());
}

TEST_CASE("the manifests of the examples are read", "[topology][manifest]") {
  auto words = parse(word_count);
  REQUIRE(words);
  CHECK(words->operators[0].with.at("path").items[0] == "data/text.txt");
  CHECK(words->operators[2].parallelism == 2);
  CHECK(words->operators[3].with.at("path").items[0] == "out/counts.csv");
  auto board = parse(flights, {{"PARALLELISM", "4"}, {"OUT", "/tmp/x"}});
  REQUIRE(board);
  CHECK(board->operators[2].parallelism == 4);
  CHECK(board->operators[3].with.at("path").items[0] == "/tmp/x/board.csv");
  CHECK(board->streams.at("flights.parse.dead-letters").retain_ns == 7 * 24 * 3600 * 1000000000ll);
}

TEST_CASE("the manifests that users copy are read", "[topology][manifest]") {
  std::size_t found = 0;
  for (const auto& example : std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/examples")) {
    auto file = example.path() / "topology.yaml";
    if (!std::filesystem::exists(file)) continue;
    auto m = read_manifest(file.string(), environment_of({}));
    CAPTURE(file, m ? "" : m.why().message);
    CHECK(m.ok());
    ++found;
  }
  CHECK(found >= 2);
}

TEST_CASE("a list of streams renames none of them", "[topology][manifest]") {
  auto m = parse(with_lines("    istreams: [x, y]\n    ostreams:\n      - z\n"));
  REQUIRE(m);
  CHECK(m->operators[0].istreams[1].istream == "y");
  CHECK(m->operators[0].istreams[1].stream == "y");
  CHECK(m->operators[0].ostreams[0].stream == "z");
}

TEST_CASE("sections that are there but empty say nothing", "[topology][manifest]") {
  CHECK(refusal(with_lines("    with:\n    istreams:\n    ostreams:\nstreams:\n")) == "accepted");
}

TEST_CASE("paths of artifacts are relative to the manifest unless they are absolute", "[topology][manifest]") {
  std::string text = "manifest: 1\ntopology: t\noperators:\n  - {name: a, artifact: /usr/lib/a.so}\n  - {name: b, artifact: ../b.so}\n";
  auto m = parse_manifest(text, "/etc/weir/m.yaml", environment_of({}));
  REQUIRE(m);
  CHECK(m->operators[0].artifact == "/usr/lib/a.so");
  CHECK(m->operators[1].artifact == "/etc/weir/../b.so");
}

TEST_CASE("a byte order mark, CRLF line ends and a document start are read over", "[topology][manifest]") {
  CHECK(refusal("\xef\xbb\xbf" + with_lines("")) == "accepted");
  CHECK(refusal("---\r\nmanifest: 1\r\ntopology: t\r\noperators:\r\n  - name: a\r\n    uses: source\r\n...\r\n") == "accepted");
  CHECK(refusal("\xef\xbb\xbfmanifest: 2") == "m.yaml:1:11: manifest version '2' is not known; expected 'manifest: 1'");
}

TEST_CASE("aliases stand for copies of what they name", "[topology][manifest]") {
  auto m = parse("manifest: 1\ntopology: t\noperators:\n  - {name: a, uses: source, with: &w {x: [1, 2]}}\n  - {name: b, uses: source, with: *w}\n");
  REQUIRE(m);
  CHECK(m->operators[1].with.at("x").items == std::vector<std::string>{"1", "2"});
}

TEST_CASE("a manifest is read from a file, and a file that cannot be read is named", "[topology][manifest]") {
  auto directory = std::filesystem::temp_directory_path() / ("weir-topology-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  std::string file = (directory / "m.yaml").string();
  std::ofstream(file) << word_count;
  auto m = read_manifest(file, environment_of({}));
  auto absent = read_manifest(file + ".absent", environment_of({}));
  auto folder = read_manifest(directory.string(), environment_of({}));
  std::filesystem::resize_file(file, manifest_bytes_max + 1);
  auto large = read_manifest(file, environment_of({}));
  std::filesystem::remove_all(directory);

  REQUIRE(m);
  CHECK(m->topology == "word_count");
  CHECK(m->directory == directory.string() + "/");
  REQUIRE_FALSE(absent);
  CHECK(absent.why().message == file + ".absent: cannot be read: No such file or directory; give the path of a manifest");
  CHECK(absent.why().code == error_code::usage);
  REQUIRE_FALSE(folder);
  CHECK(folder.why().message == directory.string() + ": cannot be read: Is a directory; give the path of a manifest");
  REQUIRE_FALSE(large);
  CHECK(large.why().message == file + ":1:1: the manifest has more than 1048576 bytes; split it into several");
}

}  // namespace weir::topology::test
