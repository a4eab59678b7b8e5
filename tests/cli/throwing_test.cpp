// Operators that throw, in every hook and whatever they throw: `run` ends with 1, one line names operator, place and reason, and nothing is lost.
#include <nlohmann/json.hpp>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::string throwing(const std::string& where, const std::string& what, const std::string& more = "") {
  return "manifest: 1\ntopology: throwing\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: throwing-lines}\n"
         "    with: {path: lines.txt}\n  - name: user\n    artifact: " CLI_OPERATORS
         "\n    class: thrower\n    istreams: {lines: throwing-lines}\n"
         "    ostreams: {passed: throwing-passed}\n    with: {where: " +
         where + ", what: " + what + "}\n" + more +
         "  - name: table\n    uses: file-sink\n    istreams: {records: throwing-passed}\n    with: {path: copy.txt}\n";
}

}  // namespace

TEST_CASE("an operator that throws in a hook ends the run with 1, operator and reason in one line", "[cli][throwing]") {
  const workspace place;
  const std::string hook = GENERATE("initialize", "process_record", "process_timer", "flush");
  const auto [what, reason] = GENERATE(table<std::string, std::string>(
      {{"exception", "thrown on purpose in two lines"}, {"text", "a bare text"}, {"number", "an exception of type int"}, {"struct", "no_exception"}}));
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "t.yaml", throwing(hook, what));
  const weir_command weir(place);
  const outcome o = weir({"run", "t.yaml"});
  CAPTURE(hook, what, o.err);
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains("throwing/user") && Contains(hook) && Contains(reason));

  // Repaired, it goes on where it stopped: every line is there once.
  write_text(place / "t.yaml", throwing("nowhere", "nothing"));
  const outcome repaired = weir({"run", "t.yaml"});
  CAPTURE(repaired.err);
  CHECK(repaired.status == 0);
  CHECK(read_text(place / "copy.txt") == numbers(10));
}

TEST_CASE("the record that an operator cannot take is named by its position", "[cli][throwing]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "t.yaml", throwing("process_record", "exception"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), Contains("LSN ") && Contains("record 5"));
  CHECK(read_text(place / "copy.txt") == numbers(5));  // The others drain: what came before the record is at the sink.
}

TEST_CASE("a timer that throws is named by its key", "[cli][throwing]") {
  const workspace place;
  write_text(place / "lines.txt", "one\n");
  write_text(place / "t.yaml", throwing("process_timer", "exception"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), Contains("timer of key"));
}

TEST_CASE("a source that throws ends the run with 1 and shows nothing of the failed step", "[cli][throwing]") {
  const workspace place;
  const std::string what = GENERATE("exception", "number");
  write_text(place / "t.yaml", "manifest: 1\ntopology: throwing\noperators:\n  - name: lines\n    artifact: " CLI_OPERATORS
                               "\n    class: throwing_source\n"
                               "    ostreams: {lines: throwing-lines}\n    with: {what: " +
                                   what + "}\n  - name: table\n    uses: file-sink\n    istreams: {records: throwing-lines}\n    with: {path: copy.txt}\n");
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), Contains("throwing/lines") && Contains("poll"));
  CHECK(read_text(place / "copy.txt").empty());
}

TEST_CASE("a class whose constructor throws is refused before anything starts", "[cli][throwing]") {
  const workspace place;
  write_text(place / "lines.txt", "one\n");
  write_text(place / "t.yaml",
             "manifest: 1\ntopology: throwing\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: throwing-lines}\n"
             "    with: {path: lines.txt}\n  - name: user\n    artifact: " CLI_OPERATORS
             "\n    class: throwing_constructor\n"
             "    istreams: {lines: throwing-lines}\n");
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains("throwing_constructor") && Contains("thrown on purpose"));
}

TEST_CASE("close that throws spoils nothing, and is said", "[cli][throwing]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "t.yaml", throwing("close", "number"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status == 0);
  CHECK_THAT(o.error_line(), StartsWith("weir: warning: ") && Contains("throwing/user") && Contains("close") && Contains("an exception of type int"));
  CHECK(read_text(place / "copy.txt") == numbers(10));
}

TEST_CASE("on_error skip and dead_letter let the run end with 0 without the bad record", "[cli][throwing]") {
  const workspace place;
  const std::string policy = GENERATE("skip", "dead_letter");
  const std::string hook = GENERATE("process_record", "process_timer");
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "t.yaml", throwing(hook, "struct", "    on_error: " + policy + "\n"));
  const outcome o = weir_command(place)({"run", "t.yaml", "-o", "json"});
  CAPTURE(policy, hook, o.err);
  REQUIRE(o.status == 0);
  const auto summary = nlohmann::json::parse(o.out, nullptr, false);
  CHECK(summary["dead_letters"] == (policy == "dead_letter" ? 1 : 0));
  CHECK(summary["skipped"] == (policy == "skip" ? 1 : 0));
  CHECK(read_text(place / "copy.txt") == (hook == "process_record" ? replaced(numbers(10), "5\n", "") : numbers(10)));
}

TEST_CASE("on_error never applies to initialize and flush", "[cli][throwing]") {
  const workspace place;
  const std::string hook = GENERATE("initialize", "flush");
  write_text(place / "lines.txt", numbers(10));
  write_text(place / "t.yaml", throwing(hook, "exception", "    on_error: skip\n"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), Contains(hook));
}

TEST_CASE("a sink that holds rows until flush loses none of them to a bad record", "[cli][throwing]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(1000));
  write_text(place / "t.yaml",
             "manifest: 1\ntopology: holding\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: holding-lines}\n"
             "    with: {path: lines.txt}\n  - name: table\n    artifact: " CLI_OPERATORS
             "\n    class: holding_sink\n"
             "    istreams: {records: holding-lines}\n    on_error: skip\n    with: {path: copy.txt}\n");
  const outcome o = weir_command(place)({"run", "t.yaml", "-o", "json"});
  INFO(o.err);
  CHECK(o.status == 0);
  std::string expected;
  for (int i = 0; i < 1000; ++i)
    if (i % 100 != 50) expected += std::to_string(i) + '\n';
  CHECK(read_text(place / "copy.txt") == expected);
  CHECK(nlohmann::json::parse(o.out, nullptr, false)["skipped"] == 10);
}
