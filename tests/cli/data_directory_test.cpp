// Data directories that cannot be used, or not with this manifest: refused with what differs; nothing in them changes.
#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::string counting(const std::string& class_name, int parallelism, const std::string& more = "") {
  return "manifest: 1\ntopology: counting\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: counting-lines}\n"
         "    with: {path: lines.txt}\n  - name: count\n    artifact: " CLI_OPERATORS "\n    class: " +
         class_name + "\n    parallelism: " + std::to_string(parallelism) +
         "\n    istreams: {lines: counting-lines}\n    ostreams: {counts: counting-counts}\n"
         "  - name: table\n    uses: file-sink\n    istreams: {records: counting-counts}\n    with: {path: counts.txt}\n" +
         more;
}

/// A site where `counting_wide` has run to its end at parallelism 2.
struct counted {
  counted() {
    write_text(place / "lines.txt", numbers(3));
    write_text(place / "t.yaml", counting("counting_wide", 2));
    const outcome o = weir({"run", "t.yaml", "--segment-bytes", "4MiB"});
    INFO(o.err);
    REQUIRE(o.status == 0);
    REQUIRE(read_text(place / "counts.txt") == "1\n2\n3\n");
  }

  void expect_refusal(const std::string& manifest, const std::string& said) const {
    write_text(place / "t.yaml", manifest);
    const outcome o = weir({"run", "t.yaml"});
    CAPTURE(o.err, said);
    CHECK(o.status == 4);
    CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains(said));
    CHECK(read_text(place / "counts.txt") == "1\n2\n3\n");
    // A refusal is no change: what ran before still runs.
    write_text(place / "t.yaml", counting("counting_wide", 2));
    CHECK(weir({"run", "t.yaml"}).status == 0);
  }

  const workspace place;
  const weir_command weir{place};
};

}  // namespace

TEST_CASE("a manifest whose parallelism no longer fits the data directory is refused with both numbers", "[cli][data]") {
  counted().expect_refusal(counting("counting_wide", 3), "operator 'count': parallelism is 3, but weir-data was made with 2");
}

TEST_CASE("a declared state that no longer fits the data directory is refused with what differs", "[cli][data]") {
  counted().expect_refusal(counting("counting_narrow", 2),
                           "state 'count' is declared as (keyed, version 1, 4 bytes a value), but weir-data holds (keyed, version 1, 8 bytes a value)");
}

TEST_CASE("an operator that is removed or rewired is refused", "[cli][data]") {
  const counted site;
  const std::string whole = counting("counting_wide", 2);
  site.expect_refusal(whole.substr(0, whole.find("  - name: table")), "holds operator 'counting/table', which no manifest names");
  site.expect_refusal(replaced(replaced(whole, "records: counting-counts", "records: counting-lines"), "ostreams: {counts: counting-counts}",
                               "ostreams: {counts: counting-counts}"),
                      "operator 'table': reads {records: counting-lines}, but in weir-data it reads {records: counting-counts}");
}

TEST_CASE("a new version whose states fit, and a new operator, are taken up", "[cli][data]") {
  const counted site;
  write_text(site.place / "t.yaml",
             counting("counting_more", 2, "  - name: second\n    uses: file-sink\n    istreams: {records: counting-lines}\n    with: {path: second.txt}\n"));
  const outcome o = site.weir({"run", "t.yaml"});
  INFO(o.err);
  CHECK(o.status == 0);
  CHECK(read_text(site.place / "counts.txt") == "1\n2\n3\n");
  // And then the first version is refused: it no longer declares a state that is there.
  write_text(site.place / "t.yaml",
             counting("counting_wide", 2, "  - name: second\n    uses: file-sink\n    istreams: {records: counting-lines}\n    with: {path: second.txt}\n"));
  const outcome back = site.weir({"run", "t.yaml"});
  CHECK(back.status == 4);
  CHECK_THAT(back.error_line(), Contains("no longer declares state 'seen'"));
}

TEST_CASE("running again after the end ends with 0 and changes nothing", "[cli][data]") {
  const counted site;
  for (int again = 0; again < 2; ++again) {
    const outcome o = site.weir({"run", "t.yaml"});
    CHECK(o.status == 0);
    CHECK(o.err.empty());
    CHECK(read_text(site.place / "counts.txt") == "1\n2\n3\n");
  }
}

TEST_CASE("a data directory in use is refused with 4, and its user is not disturbed", "[cli][data]") {
  const workspace place;
  std::filesystem::create_directory(place / "out");
  write_text(place / "lines.txt", numbers(100000));
  write_text(place / "t.yaml", replaced(copying("    with: {path: lines.txt, rate: 1000}\n"), "path: copy.txt", "path: out/copy.txt"));
  const weir_command weir(place);
  process_options options = weir.options({"run", "t.yaml"});
  folder_watch watch(place / "out");
  process run(options);
  REQUIRE(watch.wait_until(run, [&] { return size_of(place / "out" / "copy.txt") > 0; }));
  options.err = place / "second";
  CHECK(run_program(options) == 4);
  const std::string complaint = read_text(place / "second");
  INFO(complaint);
  CHECK(lines_of(complaint).size() == 1);
  CHECK_THAT(complaint, StartsWith("weir: error: ") && Contains("weir-data") && Contains("in use"));
  run.signal(SIGTERM);
  CHECK(run.wait() == 143);
  CHECK(read_text(place / "stderr").empty());
}

TEST_CASE("a data directory of a newer format is refused with 4 and left alone", "[cli][data]") {
  const counted site;
  const auto meta = site.place / "weir-data" / "meta";
  const std::string before = read_text(meta);
  write_text(meta, replaced(before, "\nformat 1\n", "\nformat 2\n"));
  const std::string newer = read_text(meta);
  const outcome o = site.weir({"run", "t.yaml"});
  CHECK(o.status == 4);
  CHECK_THAT(o.error_line(), Contains("newer format 2") && Contains("weir-data"));
  CHECK(read_text(meta) == newer);
  write_text(meta, before);
  CHECK(site.weir({"run", "t.yaml"}).status == 0);
}

TEST_CASE("a directory that is somebody else's is refused with 4 and left alone", "[cli][data]") {
  const workspace place;
  write_text(place / "lines.txt", "one\n");
  write_text(place / "t.yaml", copying());
  std::filesystem::create_directory(place / "home");
  write_text(place / "home" / "letter", "dear reader");
  const outcome o = weir_command(place)({"run", "t.yaml", "--data", "home"});
  CHECK(o.status == 4);
  CHECK_THAT(o.error_line(), Contains("home is not empty and not a data directory"));
  CHECK(read_text(place / "home" / "letter") == "dear reader");
  CHECK(!std::filesystem::exists(place / "copy.txt"));
}

TEST_CASE("a data directory keeps its segment size: unsaid it goes on, another one is refused with 4", "[cli][data]") {
  const counted site;
  const outcome o = site.weir({"run", "t.yaml", "--segment-bytes", "8MiB"});
  CHECK(o.status == 4);
  CHECK_THAT(o.error_line(), Contains("segment"));
  CHECK(site.weir({"run", "t.yaml"}).status == 0);
}
