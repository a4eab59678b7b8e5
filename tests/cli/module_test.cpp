// Modules that cannot be used: exit status 2, the artifact's path and the remedy in one line, whatever the file holds.
#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::string with_artifact(const std::string& artifact, const std::string& class_name = "") {
  return "manifest: 1\ntopology: modules\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: module-lines}\n    with: {path: "
         "lines.txt}\n"
         "  - name: user\n    artifact: " +
         artifact + "\n" + (class_name.empty() ? "" : "    class: " + class_name + "\n") + "    istreams: {lines: module-lines}\n";
}

void expect_refusal(const workspace& place, const std::string& text, const std::string& said) {
  write_text(place / "t.yaml", text);
  write_text(place / "lines.txt", "one\n");
  for (const char* command : {"validate", "run"}) {
    const outcome o = weir_command(place)({command, "t.yaml"});
    CAPTURE(command, said, o.err);
    CHECK(o.status == 2);
    CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains(said) && Contains("t.yaml:"));
    CHECK(!std::filesystem::exists(place / "weir-data"));
  }
}

}  // namespace

TEST_CASE("a missing module is refused by its path", "[cli][module]") {
  const workspace place;
  expect_refusal(place, with_artifact("build/missing.so"), "build/missing.so: no such file");
}

TEST_CASE("a file that is no module is refused, whatever it holds", "[cli][module]") {
  const workspace place;
  const auto [content, said] = GENERATE(table<std::string, std::string>({
      {"", "not a shared object"},
      {"\x7f", "not a shared object"},
      {"#!/bin/sh\nexit 0\n", "not a shared object"},
      {"\x7f"
       "ELF",
       "truncated"},
      {"\x7f"
       "ELF" +
           std::string(4096, '\xff'),
       "another machine"},
  }));
  write_text(place / "m.so", content);
  expect_refusal(place, with_artifact("m.so"), said);
  std::filesystem::create_directory(place / "folder.so");
  expect_refusal(place, with_artifact("folder.so"), "not a regular file");
}

TEST_CASE("a module cut at any place is refused before it can do harm", "[cli][module]") {
  const workspace place;
  const std::string whole = read_text(CLI_OPERATORS);
  REQUIRE(whole.size() > 10000);
  for (const std::size_t bytes :
       {std::size_t{17}, std::size_t{64}, std::size_t{500}, whole.size() / 4, whole.size() / 2, whole.size() - 4096, whole.size() - 1}) {
    CAPTURE(bytes, whole.size());
    write_text(place / "m.so", whole.substr(0, bytes));
    expect_refusal(place, with_artifact("m.so", "thrower"), "m.so: truncated; build it again");
  }
}

TEST_CASE("a module of another ABI version is refused with both versions", "[cli][module]") {
  const workspace place;
  expect_refusal(place, with_artifact(test_module("cli-other-abi")), "ABI version 999; this weir has version 1: build it again");
}

TEST_CASE("a shared object without operators is refused", "[cli][module]") {
  const workspace place;
  const std::string module = GENERATE("cli-no-module", "cli-empty-module");
  expect_refusal(place, with_artifact(test_module(module)), "exports no operator: use WEIR_EXPORT_OPERATOR");
}

TEST_CASE("a program is not a module", "[cli][module]") {
  const workspace place;
  expect_refusal(place, with_artifact(WEIR_BINARY), WEIR_BINARY);
}

TEST_CASE("a class that the module does not export is refused with the nearest one", "[cli][module]") {
  const workspace place;
  expect_refusal(place, with_artifact(CLI_OPERATORS, "throwr"), "did you mean 'thrower'");
  expect_refusal(place, with_artifact(CLI_OPERATORS), "exports several operators; say `class:` with one of");
}

TEST_CASE("missing standard operators are refused with the path where they were looked for", "[cli][module]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", "one\n");
  process_options o = weir_command(place).options({"run", "t.yaml"});
  o.environment.back().second = (place / "nowhere.so").string();
  CHECK(run_program(o) == 2);
  CHECK_THAT(read_text(place / "stderr"), Contains("nowhere.so: no such file"));
}

TEST_CASE("a module that counts its records wrongly fails, and neither hangs nor skips any", "[cli][module]") {
  const workspace place;
  const auto [says, status] = GENERATE(table<std::string, int>({{"0", 1}, {"2", 0}, {"3", 1}, {"9", 1}}));
  write_text(place / "lines.txt", "one\ntwo\n");
  write_text(place / "t.yaml", with_artifact(test_module("cli-miscounting")) + "    with: {says: " + says + "}\n");
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CAPTURE(says, o.err);
  CHECK(o.status == status);
  if (status != 0) CHECK_THAT(o.error_line(), Contains("process() says that it did " + says + " of 2 records") && Contains("record 0"));
}
