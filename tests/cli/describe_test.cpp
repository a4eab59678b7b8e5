// weir describe: what users read about a module before they write a manifest, and what tools read of it.
#include <nlohmann/json.hpp>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;
using nlohmann::json;

namespace {

json described(const workspace& place, const std::string& what) {
  const outcome o = weir_command(place)({"describe", what, "-o", "json"});
  INFO(o.err);
  REQUIRE(o.status == 0);
  CHECK(o.err.empty());
  return json::parse(o.out);
}

json only_operator(const json& module) {
  REQUIRE(module["operators"].size() == 1);
  return module["operators"][0];
}

json named(const json& list, const std::string& name) {
  for (const json& one : list)
    if (one["name"] == name) return one;
  FAIL(name << " is not in " << list.dump());
  return {};
}

std::string refused(const std::string& what, const workspace& place) {
  const outcome o = weir_command(place)({"describe", what});
  CHECK(o.status == 2);
  CHECK(o.out.empty());
  CHECK_THAT(o.err, StartsWith("weir: error: "));
  return o.error_line();
}

}  // namespace

TEST_CASE("a standard operator is described with its streams, states and config keys", "[cli][describe]") {
  const workspace place;
  const json module = described(place, "file-source");
  CHECK(module["abi"] == 1);
  CHECK(module["sdk"] == "0.1.0");
  const json source = only_operator(module);
  CHECK(source["name"] == "file-source");
  CHECK(source["class"] == "file_source");
  CHECK(source["source"] == true);
  CHECK(source["blocking"] == true);
  CHECK(source["delivery"] == "eager");
  CHECK(source["istreams"].empty());
  CHECK(named(source["ostreams"], "lines").size() == 1);
  const json files = named(source["states"], "files");
  CHECK(files == json{{"name", "files"}, {"scope", "partition"}, {"version", 1}, {"value", "fixed"}, {"bytes", 32}});
  const json path = named(source["config"], "path");
  CHECK(path["required"] == true);
  CHECK(!path.contains("default"));
  const json delay = named(source["config"], "max_delay");
  CHECK(delay["type"] == "duration");
  CHECK(delay["required"] == false);
  CHECK(delay["default"] == "0s");
  CHECK(!delay["help"].get<std::string>().empty());
  CHECK(only_operator(described(place, "file-sink"))["delivery"] == "durable");
}

TEST_CASE("a module is described with every class that it exports", "[cli][describe]") {
  const workspace place;
  const json module = described(place, WEIR_BUILD_DIR "/examples/word_count/libword_count.so");
  REQUIRE(module["operators"].size() == 2);
  const json count = named(module["operators"], "word-count");
  CHECK(count["class"] == "word_count");
  CHECK(count["source"] == false);
  CHECK(count["istreams"] == json::array({{{"name", "words"}, {"grouping", "group_by"}}}));
  CHECK(count["states"] == json::array({{{"name", "count"}, {"scope", "keyed"}, {"version", 1}, {"value", "fixed"}, {"bytes", 8}}}));
  CHECK(count["config"].empty());
}

TEST_CASE("states are described with the versions that they can be converted from and to", "[cli][describe]") {
  const workspace place;
  const std::string module = WEIR_BUILD_DIR "/examples/word_count/libword_count_v2.so";
  const json first{{"version", 1}, {"value", "fixed"}, {"bytes", 8}};
  const json state{{"name", "count"},           {"scope", "keyed"}, {"version", 2}, {"value", "fixed"}, {"bytes", 16}, {"from", json::array({first})},
                   {"to", json::array({first})}};
  CHECK(only_operator(described(place, module))["states"] == json::array({state}));
  CHECK_THAT(weir_command(place)({"describe", module}).out,
             Contains("  state    count   keyed     16 bytes  version 2, from version 1 (8 bytes), to version 1 (8 bytes)\n"));
}

TEST_CASE("the table shows the same for people, and defaults that one could not see in quotation marks", "[cli][describe]") {
  const workspace place;
  const outcome o = weir_command(place)({"describe", "file-sink"});
  CHECK(o.status == 0);
  const auto lines = lines_of(o.out);
  REQUIRE(lines.size() == 9);
  CHECK_THAT(lines[0], Contains("libweir-operators.so: ABI 1, SDK 0.1.0"));
  CHECK(lines[2] == "file-sink 1 (class file_sink): sink, delivery durable, blocking");
  CHECK_THAT(lines[3], StartsWith("  istream  records") && Contains("group_by"));
  CHECK_THAT(lines[4], StartsWith("  state    valid_size  partition  8 bytes") && Contains("version 1"));
  CHECK_THAT(lines[5], StartsWith("  config   path        path       required"));
  CHECK_THAT(lines[7], Contains(R"(separator   text       "\t")"));
  CHECK_THAT(lines[8], Contains(R"(header      text       "")"));
}

TEST_CASE("what cannot be described is refused with 2 and what to do", "[cli][describe]") {
  const workspace place;
  write_text(place / "text.so", "no module\n");
  CHECK_THAT(refused("missing.so", place), Contains("missing.so: no such file; build the module"));
  CHECK_THAT(refused("build/missing", place), Contains("build/missing: no such file"));
  CHECK_THAT(refused("text.so", place), Contains("text.so: not a shared object (ELF)"));
  CHECK_THAT(refused(place.path().string(), place), Contains("not a regular file"));
  CHECK_THAT(refused(test_module("cli-other-abi"), place), Contains("ABI version 999; this weir has version 1: build it again"));
  CHECK_THAT(refused(test_module("cli-no-module"), place), Contains("exports no operator"));
  CHECK_THAT(refused("file-sorce", place), Contains("did you mean 'file-source'?") && Contains("named by its path"));
  CHECK_THAT(refused("", place), Contains("no standard operator ''"));
}

TEST_CASE("who asks for a standard operator that is none is told of all of them, those with a module of their own included", "[cli][describe]") {
  const workspace place;
  const std::string all = refused("nosuch", place);
  CHECK_THAT(all, Contains("there are count, dedup, file-sink, ") && Contains(", tcp-source;") && !Contains("operators,"));
  if (!std::filesystem::exists(std::filesystem::path(WEIR_OPERATORS).parent_path() / "libweir-postgres-sink.so")) return;
  CHECK_THAT(all, Contains(", min, postgres-sink, stdout-sink, "));
  CHECK_THAT(refused("postgres-snk", place), Contains("did you mean 'postgres-sink'?"));
}

TEST_CASE("a class whose metadata fails is named", "[cli][describe]") {
  const workspace place;
  CHECK_THAT(refused(CLI_OPERATORS, place), StartsWith(std::string("weir: error: ") + CLI_OPERATORS + ": class 'throwing_constructor': metadata() failed: "));
}
