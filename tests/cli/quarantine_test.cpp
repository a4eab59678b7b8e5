// Operators that end the process: after three starts that died in one, a node starts without it, and everything else runs.
#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

constexpr int lines = 5000;
constexpr int poison = 3000;  ///< Of the lines.

std::string input() {
  std::string text;
  for (int i = 0; i < lines; ++i) text += (i == poison ? "poison" : std::to_string(i)) + "\n";
  return text;
}

std::string without_poison() {
  std::string text;
  for (int i = 0; i < lines; ++i) text += i == poison ? "" : std::to_string(i) + "\n";
  return text;
}

std::string killing(const std::string& by, const std::string& more = "", const std::string& with = "") {
  return "manifest: 1\ntopology: t\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: t-lines}\n    with: {path: lines.txt}\n"
         "  - name: user\n    artifact: " CLI_OPERATORS
         "\n    class: dying\n    istreams: {lines: t-lines}\n    ostreams: {passed: t-passed}\n    with: {by: '" +
         by + "'" + with + "}\n" + more + "  - name: table\n    uses: file-sink\n    istreams: {records: t-passed}\n    with: {path: out.txt}\n";
}

/// A place where the topology was submitted to a node that did not run its operator yet.
void submit(const workspace& place, const std::string& manifest) {
  write_text(place / "lines.txt", input());
  write_text(place / "t.yaml", manifest);
  write_text(place / "copy.yaml", copying());
  serving node(place);
  const outcome o = node({"submit", "t.yaml"});
  node.node().wait();
  INFO(o.err << node.err());
  CHECK_THAT(node.err(), Contains("in the code of operator t/user partition 0"));
}

process_options start(const workspace& place) {
  process_options o = weir_command(place).options({"serve", "--data", (place / "data").string(), "--cores", "0", "--wait", "block", "--segment-bytes", "1MiB"});
  o.err = place / "serve.err";
  return o;
}

void dies(const workspace& place) {
  process node(start(place));
  const bool died = node.ends_within(patience);
  INFO(read_text(place / "serve.err"));
  REQUIRE(died);
}

std::string state_of(const serving& node, const std::string& op, const char* member = "state") { return node.asked({"status", "t/" + op}).at(member); }

bool all_copied(const workspace& place, const char* file, const std::string& wanted) { return read_text(place / file) == wanted; }

}  // namespace

TEST_CASE("an operator that kills the process three times in a row is quarantined, with the record named, and can pass it", "[cli][quarantine]") {
  const std::string by = GENERATE("segmentation fault", "abort", "full stack", "division", "exit");
  const workspace place;
  submit(place, killing(by));
  dies(place);
  dies(place);
  serving node(place);
  CAPTURE(by, node.err());
  CHECK_THAT(node.err(), Contains("weir: warning: operator 't/user' is quarantined: 3 starts in a row died in 't/user', partition 0: ") &&
                             Contains("'weir resume t/user --skip-record' passes that record"));
  CHECK(state_of(node, "user") == "quarantined");
  CHECK_THAT(state_of(node, "user", "reason"), Contains("at the record at 1:") && Contains("of stream 't-lines'"));
  CHECK(state_of(node, "lines") != "quarantined");

  // The position that is named is the record's.
  const std::string reason = state_of(node, "user", "reason");
  const std::size_t at = reason.find("the record at ") + 14;
  const outcome tail = node({"tail", "t-lines", "--from", reason.substr(at, reason.find(' ', at) - at), "-n", "1"});
  CHECK(tail.out == "poison\n");

  // Others run, and go on.
  CHECK(node({"submit", "copy.yaml"}).status == 0);
  REQUIRE(node.until([&] { return all_copied(place, "copy.txt", input()); }));

  const outcome resumed = node({"resume", "t/user", "--skip-record"});
  CAPTURE(resumed.err);
  CHECK(resumed.status == 0);
  REQUIRE(node.until([&] { return all_copied(place, "out.txt", without_poison()); }));
  CHECK(state_of(node, "user") != "quarantined");
  CHECK(node.asked({"status", "t/user"})["partitions"][0]["skipped"] == 1);
  CHECK(node.end() == 128 + SIGTERM);

  // For good.
  std::filesystem::remove(place / "serve.err");
  serving again(place);
  CHECK(state_of(again, "user") != "quarantined");
  CHECK(again.err().find("quarantined") == std::string::npos);
}

TEST_CASE("in a chain the operator that died is named, and the record that the chain was given", "[cli][quarantine]") {
  const workspace place;
  std::string chain = killing("abort", "  - name: above\n    artifact: " CLI_OPERATORS
                                       "\n    class: dying\n    istreams: {lines: t-lines}\n"
                                       "    ostreams: {passed: t-inlined}\n    on_error: skip\n");
  chain.replace(chain.find("istreams: {lines: t-lines}"), 26, "istreams: {lines: t-inlined}");
  submit(place, chain + "streams:\n  t-inlined: {persist: false}\n");
  dies(place);
  dies(place);
  serving node(place);
  CAPTURE(node.err());
  CHECK(state_of(node, "user") == "quarantined");
  CHECK(state_of(node, "above") == "quarantined");
  CHECK_THAT(state_of(node, "above", "reason"),
             Contains("died in 't/user', partition 0: SIGABRT (abort) at the record at 1:") && Contains("of stream 't-lines'"));
  CHECK(node({"resume", "t/user", "--skip-record"}).status == 0);
  REQUIRE(node.until([&] { return all_copied(place, "out.txt", without_poison()); }));
}

TEST_CASE("an operator in which the process is killed over and over without getting anywhere is quarantined, too", "[cli][quarantine]") {
  const workspace place;
  write_text(place / "lines.txt", input());
  write_text(place / "t.yaml", killing("kill", "    on_error: dead_letter\n"));
  {
    serving node(place);
    (void)node({"submit", "t.yaml"});
    CHECK(node.node().wait() == 128 + SIGKILL);
  }
  int deaths = 1;
  for (bool quarantined = false; !quarantined; ++deaths) {
    REQUIRE(deaths < 12);
    process node(start(place));
    folder_watch watch(place.path());
    quarantined = watch.wait_until(node, [&] { return read_text(place / "serve.err").find("'t/user' is quarantined") != std::string::npos; });
    if (quarantined) node.signal(SIGTERM);
    (void)node.wait();
  }
  CHECK(deaths >= 4);
  serving node(place);
  CHECK(state_of(node, "user") == "quarantined");
  CHECK(node({"resume", "t/user", "--skip-record"}).status == 0);
  REQUIRE(node.until([&] { return all_copied(place, "out.txt", without_poison()); }));
  const outcome letters = node({"tail", "t.user.dead-letters", "-n", "1"});
  CHECK_THAT(letters.out, Contains("passed by 'weir resume --skip-record'") && Contains("poison"));
}

TEST_CASE("who dies of no record has none to be skipped; it is replaced, or tried again", "[cli][quarantine]") {
  const workspace place;
  submit(place, killing("abort", "", ", in: initialize"));
  dies(place);
  dies(place);
  serving node(place);
  CHECK(state_of(node, "user") == "quarantined");
  CHECK_THAT(state_of(node, "user", "reason"), Contains("SIGABRT (abort), in a hook that is about no record"));
  const outcome refused = node({"resume", "t/user", "--skip-record"});
  CHECK(refused.status == 4);
  CHECK_THAT(refused.error_line(), Contains("died of no record that is known"));
  CHECK(state_of(node, "user") == "quarantined");

  // Other settings are other code: they are tried.
  write_text(place / "t.yaml", killing("nothing"));
  CHECK(node({"submit", "t.yaml"}).status == 0);
  CHECK(node({"resume", "t/user"}).status == 0);
  REQUIRE(node.until([&] { return all_copied(place, "out.txt", input()); }));
}

TEST_CASE("serve --paused keeps an operator from running before anything does", "[cli][quarantine]") {
  const workspace place;
  submit(place, killing("segmentation fault"));
  {
    serving node(place, {"--paused", "t/user"});
    CHECK(state_of(node, "user") == "paused");
    const outcome refused = node({"resume", "t/user", "--skip-record"});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.error_line(), Contains("is not quarantined"));
    CHECK(node.end() == 128 + SIGTERM);
  }
  process_options o = start(place);
  o.command.insert(o.command.end(), {"--paused", "t/usr"});
  std::filesystem::remove(place / "serve.err");
  CHECK(run_program(o) == 2);
  CHECK_THAT(read_text(place / "serve.err"), StartsWith("weir: error: topology 't' has no operator 'usr'; did you mean 'user'?"));
  serving node(place);  // It stays paused.
  CHECK(state_of(node, "user") == "paused");
}

TEST_CASE("a run that dies of an operator says of which", "[cli][quarantine]") {
  const workspace place;
  write_text(place / "lines.txt", input());
  write_text(place / "t.yaml", killing("full stack"));
  const outcome o = weir_command(place)({"run", "t.yaml"});
  CHECK(o.status != 0);
  CHECK_THAT(o.err, Contains("weir: SIGSEGV (segmentation fault) in the code of operator t/user partition 0; what is durable stays"));
}
