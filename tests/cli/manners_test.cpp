// What every command has in common: help with an example, exit status 2 for what was typed wrongly, JSON on request, silence in a pipe, no colour unasked.
#include <nlohmann/json.hpp>
#include <set>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("every command has help that shows an example", "[cli]") {
  const workspace place;
  const weir_command weir(place);
  const std::vector<std::string> command = GENERATE(values<std::vector<std::string>>({{},
                                                                                      {"run"},
                                                                                      {"new"},
                                                                                      {"validate"},
                                                                                      {"describe"},
                                                                                      {"version"},
                                                                                      {"data"},
                                                                                      {"serve"},
                                                                                      {"data", "ls"},
                                                                                      {"data", "inspect"},
                                                                                      {"data", "verify"},
                                                                                      {"submit"},
                                                                                      {"get"},
                                                                                      {"list"},
                                                                                      {"status"},
                                                                                      {"stop"},
                                                                                      {"start"},
                                                                                      {"pause"},
                                                                                      {"resume"},
                                                                                      {"remove"},
                                                                                      {"deploy"},
                                                                                      {"rollback"},
                                                                                      {"history"},
                                                                                      {"logs"},
                                                                                      {"tail"},
                                                                                      {"publish"},
                                                                                      {"dead-letters"},
                                                                                      {"dead-letters", "ls"},
                                                                                      {"dead-letters", "show"},
                                                                                      {"dead-letters", "replay"},
                                                                                      {"state"},
                                                                                      {"state", "get"},
                                                                                      {"dead-letters", "drop"}}));
  std::vector<std::string> arguments = command;
  arguments.push_back(GENERATE("--help", "-h"));
  const outcome o = weir(arguments);
  CAPTURE(arguments, o.out);
  CHECK(o.status == 0);
  CHECK(o.err.empty());
  std::string name = "weir";
  for (const std::string& word : command) name += ' ' + word;
  const std::size_t examples = o.out.rfind("Example");
  REQUIRE(examples != std::string::npos);
  CHECK_THAT(o.out.substr(examples), Contains(name + " "));
}

TEST_CASE("the general help names every command", "[cli]") {
  const workspace place;
  const outcome o = weir_command(place)({"--help"});
  for (const char* name : {"new",  "run",   "serve", "validate", "describe", "submit", "deploy", "rollback", "history", "get",          "list", "status",
                           "logs", "state", "stop",  "start",    "pause",    "resume", "remove", "tail",     "publish", "dead-letters", "data", "version"})
    CHECK_THAT(o.out, Contains("\n  " + std::string(name)));
}

TEST_CASE("what was typed wrongly ends with 2 and one line that says where help is", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", "one\n");
  const weir_command weir(place);
  const std::vector<std::string> arguments = GENERATE(values<std::vector<std::string>>({
      {},
      {"rum"},
      {"run"},
      {"run", "t.yaml", "--dta", "data"},
      {"run", "t.yaml", "--data"},
      {"run", "t.yaml", "--wait", "sleep"},
      {"run", "t.yaml", "-o", "xml"},
      {"validate", "t.yaml", "--dot", "--mermaid"},
      {"new"},
      {"validate"},
      {"describe"},
      {"describe", "file-source", "file-sink"},
      {"version", "now"},
      {"serve", "topology.yaml"},
      {"submit"},
      {"get"},
      {"list", "copy"},
      {"status", "copy", "table"},
      {"stop"},
      {"remove"},
      {"data"},
      {"data", "remove", "x"},
      {"data", "verify"},
  }));
  const outcome o = weir(arguments);
  CAPTURE(arguments, o.err);
  CHECK(o.status == 2);
  CHECK(o.out.empty());
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains("--help"));
  CHECK(!std::filesystem::exists(place / "weir-data"));
}

TEST_CASE("values of options that make no sense end with 2 and name the option", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", "one\n");
  const weir_command weir(place);
  const auto [option, value] = GENERATE(table<std::string, std::string>({
      {"--cores", "x"},
      {"--cores", "3-1"},
      {"--cores", "0,,1"},
      {"--cores", "99999"},
      {"--journal-bytes-max", "lots"},
      {"--journal-bytes-max", "-1"},
      {"--journal-bytes-max", "1MB"},
      {"--segment-bytes", "4KB"},
      {"--segment-bytes", "99999999999GiB"},
  }));
  const outcome o = weir({"run", "t.yaml", option, value});
  CAPTURE(option, value, o.err);
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains(option.substr(2)));
  CHECK(!std::filesystem::exists(place / "copy.txt"));
}

TEST_CASE("sizes that a journal cannot have end with 2", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", "one\n");
  const weir_command weir(place);
  const auto [option, value, said] = GENERATE(table<std::string, std::string, std::string>({
      {"--segment-bytes", "1", "segment_bytes is 1; it must be"},
      {"--segment-bytes", "512KiB", "segment_bytes is 524288; it must be at least 1048576"},
      {"--segment-bytes", "1GiB", "at least 8 segments"},
      {"--journal-bytes-max", "1MiB", "at least 8 segments"},
  }));
  const outcome o = weir({"run", "t.yaml", option, value});
  CAPTURE(option, value, o.err);
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains(said));
  CHECK(!std::filesystem::exists(place / "copy.txt"));
}

TEST_CASE("-o json prints one JSON object", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", numbers(10));
  const weir_command weir(place);

  const auto version = nlohmann::json::parse(weir({"version", "-o", "json"}).out, nullptr, false);
  REQUIRE(version.is_object());
  for (const char* key : {"weir", "abi", "log_format"}) CHECK(version.contains(key));

  const auto plan = nlohmann::json::parse(weir({"validate", "t.yaml", "--output", "json"}).out, nullptr, false);
  REQUIRE(plan.is_object());
  CHECK(plan["operators"].size() == 2);

  const outcome run = weir({"run", "t.yaml", "-o", "json"});
  CHECK(run.status == 0);
  const auto summary = nlohmann::json::parse(run.out, nullptr, false);
  REQUIRE(summary.is_object());
  CHECK(summary["outcome"] == "done");
  CHECK(summary["records"] == 10);
  CHECK(summary["sink_records"] == 10);
  CHECK(summary["dead_letters"] == 0);
  CHECK(read_text(place / "copy.txt") == numbers(10));
}

TEST_CASE("what data ls, inspect and verify print as JSON is an object, or one a line", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", numbers(10));
  const weir_command weir(place);
  REQUIRE(weir({"run", "t.yaml"}).status == 0);
  const std::string command = GENERATE("ls", "inspect", "verify");
  const outcome o = weir({"data", command, "weir-data", "-o", "json"});
  CAPTURE(command, o.out, o.err);
  CHECK(o.status == 0);
  const auto objects = lines_of(o.out);
  CHECK((command == "inspect" ? objects.size() > 1 : objects.size() == 1));
  for (const std::string& object : objects) CHECK(nlohmann::json::parse(object, nullptr, false).is_object());
  const std::string member = command == "inspect" ? "sequence" : "snapshots";  // What the tables say is there, too.
  CHECK(nlohmann::json::parse(objects.at(0), nullptr, false).contains(member));
}

TEST_CASE("data ls says whose each log is", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", numbers(10));
  const weir_command weir(place);
  REQUIRE(weir({"run", "t.yaml"}).status == 0);
  const auto listing = nlohmann::json::parse(weir({"data", "ls", "weir-data", "-o", "json"}).out, nullptr, false);
  REQUIRE(listing.is_object());
  const auto plan = nlohmann::json::parse(weir({"validate", "t.yaml", "-o", "json"}).out, nullptr, false);
  std::set<std::string> wanted{"the node's own"};
  for (const auto& op : plan["operators"]) wanted.insert(op["topology"].get<std::string>() + "/" + op["name"].get<std::string>() + " 0");
  std::set<std::string> named;
  for (const auto& log : listing["logs"]) named.insert(log["partition"].get<std::string>());
  CHECK(named == wanted);
}

TEST_CASE("an answer whose reader goes away ends without a word", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", numbers(10));
  const weir_command weir(place);
  for (int i = 0; i < 15; ++i) REQUIRE(weir({"run", "t.yaml"}).status == 0);
  REQUIRE(weir({"data", "inspect", "weir-data", "-o", "json"}).out.size() > 4096);  // More than is kept back until the end.
  const std::string into_nothing = "exec 3> >(exec true); wait $!; " WEIR_BINARY " data inspect weir-data -o json >&3 2> said";
  CHECK(run_program({.command = {"/bin/bash", "-c", into_nothing}, .folder = place.path()}) == 1);
  CHECK(read_text(place / "said").empty());
}

TEST_CASE("a choice that there is not is refused with those there are", "[cli]") {
  const workspace place;
  const weir_command weir(place);
  const outcome format = weir({"version", "-o", "xml"});
  CHECK(format.status == 2);
  CHECK(format.err == "weir: error: --output xml: expected json|table; see `weir version --help`\n");
  const outcome wait = weir({"run", "t.yaml", "--wait", "never"});
  CHECK(wait.status == 2);
  CHECK(wait.err == "weir: error: --wait never: expected block|poll|spin; see `weir run --help`\n");
}

TEST_CASE("a run into a pipe is silent, and its errors have no colour", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", numbers(10));
  const weir_command weir(place);
  const outcome good = weir({"run", "t.yaml"});
  CHECK(good.status == 0);
  CHECK(good.out.empty());
  CHECK(good.err.empty());
  const outcome bad = weir({"run", "missing.yaml"});
  CHECK(bad.status == 2);
  CHECK_THAT(bad.err, !Contains("\033"));
}
