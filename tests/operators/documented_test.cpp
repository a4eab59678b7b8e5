// docs/operators.md lists exactly the config keys that the standard operators declare, with their defaults.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "operators/file_sink.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/file_source.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/generator.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/stdout_sink.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

namespace {
using defaults = std::map<std::string, std::string>;

defaults declared(const weir::stream_operator& op) {
  defaults keys;
  for (const weir::config_key& key : op.metadata().config) {
    CHECK_FALSE(key.help.empty());
    keys[key.name] = !key.otherwise ? "required" : key.otherwise->empty() ? "none" : *key.otherwise == "\t" ? "a tab" : "`" + *key.otherwise + "`";
  }
  return keys;
}

/// The rows `| `key` | default | …` of each section.
std::map<std::string, defaults> documented() {
  std::map<std::string, defaults> sections;
  std::ifstream docs(WEIR_SOURCE_DIR "/docs/operators.md");
  const std::regex row("^\\| `([a-z_]+)` \\| ([^|]+) \\| .*");
  std::string section;
  for (std::string line; std::getline(docs, line);) {
    std::smatch match;
    if (line.starts_with("## ")) section = line.substr(3);
    if (std::regex_match(line, match, row)) sections[section][match[1]] = match[2];
  }
  return sections;
}
}  // namespace

TEST_CASE("the documentation lists every config key with its default, and no other", "[operators][docs]") {
  using namespace weir::operators;
  const auto docs = documented();
  CHECK(docs == std::map<std::string, defaults>{{"file-source", declared(file_source())},
                                                {"file-sink", declared(file_sink())},
                                                {"stdout-sink", declared(stdout_sink())},
                                                {"generator", declared(generator())}});
}
