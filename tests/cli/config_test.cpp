// `with` keys: those that a class declares are checked before anything starts, those that it only reads as soon as it has read them.
#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::string passing(const std::string& class_name, const std::string& with) {
  return "manifest: 1\ntopology: passing\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: passing-lines}\n"
         "    with: {path: lines.txt}\n  - name: user\n    artifact: " CLI_OPERATORS "\n    class: " +
         class_name + "\n    parallelism: 3\n    istreams: {lines: passing-lines}\n    ostreams: {passed: passing-passed}\n" + with +
         "  - name: table\n    uses: file-sink\n    istreams: {records: passing-passed}\n    with: {path: copy.txt}\n";
}

}  // namespace

TEST_CASE("config keys that a class neither declares nor reads end the run with 2, place and nearest key in one line", "[cli][config]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(10));
  const weir_command weir(place);
  const auto [name, with, said] = GENERATE(table<std::string, std::string, std::string>({
      {"undeclared", "{title: '', late_minuts: 15}",
       "t.yaml:14:23: class 'undeclared' does not read the config key 'late_minuts'; did you mean 'late_minutes'?"},
      {"undeclared", "{colour: red}", "t.yaml:14:12: class 'undeclared' does not read the config key 'colour'; it reads late_minutes, title"},
      {"no_config", "{colour: red}", "t.yaml:14:12: class 'no-config' does not read the config key 'colour'; it reads none"},
  }));
  write_text(place / "t.yaml", passing(name, "    with: " + with + "\n"));
  const outcome o = weir({"run", "t.yaml"});
  CAPTURE(with, o.err);
  CHECK(o.status == 2);
  CHECK(o.error_line() == "weir: error: " + said);
  CHECK(read_text(place / "copy.txt").empty());

  write_text(place / "t.yaml", passing(name, ""));
  const outcome repaired = weir({"run", "t.yaml"});
  CAPTURE(repaired.err);
  CHECK(repaired.status == 0);
  CHECK(lines_of(read_text(place / "copy.txt")).size() == 10);
}

TEST_CASE("config keys that are read are accepted, also where the metadata declares none", "[cli][config]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(2));
  write_text(place / "t.yaml", passing("undeclared", "    with: {title: 'n', late_minutes: 3}\n"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CAPTURE(o.err);
  CHECK(o.status == 0);
  CHECK_THAT(read_text(place / "copy.txt"), Contains("n0\n") && Contains("n1\n"));
}

TEST_CASE("declared config is checked by validate: unknown, missing and ill-formed keys, with their place", "[cli][config]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(2));
  const auto [with, said] = GENERATE(table<std::string, std::string>({
      {"{where: nowhere, wat: x}", "t.yaml:14:28: class 'thrower' of operator 'user' has no config key 'wat'; did you mean 'what'?"},
      {"{what: x}", "t.yaml:8:11: operator 'user' lacks the config key 'where' (the hook); add it under 'with'"},
      {"{where: [a, b]}", "t.yaml:14:19: config key 'where' of operator 'user' is a list; expected one value, not a list"},
  }));
  write_text(place / "t.yaml", passing("thrower", "    with: " + with + "\n"));
  const weir_command weir(place);
  for (const std::string command : {"validate", "run"}) {
    const outcome o = weir({command, "t.yaml"});
    CAPTURE(command, with, o.err);
    CHECK(o.status == 2);
    CHECK(o.error_line() == "weir: error: " + said);
    CHECK_FALSE(std::filesystem::exists(place / "weir-data"));
  }
}

TEST_CASE("declared numbers, durations and sizes must be such", "[cli][config]") {
  const workspace place;
  write_text(place / "t.yaml", "manifest: 1\ntopology: t\noperators:\n  - name: many\n    uses: generator\n    with: {count: several}\n");
  const outcome o = weir_command(place)({"validate", "t.yaml"});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), StartsWith("weir: error: t.yaml:6:19: config key 'count' of operator 'many' is 'several'; expected a"));
}
