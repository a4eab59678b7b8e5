// docs/operators.md lists exactly the config keys that the standard operators declare, with their defaults.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "operators/count.cpp"        // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/dedup.cpp"        // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/file_sink.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/file_source.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/filter.cpp"       // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/generator.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/json_fields.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/map.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/max.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/mean.cpp"         // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/min.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/stdout_sink.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/sum.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/tcp_source.cpp"   // NOLINT(bugprone-suspicious-include): an operator is one file

namespace {
namespace standard = weir::operators;
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
  const auto docs = documented();
  CHECK(docs == std::map<std::string, defaults>{{"dedup", declared(standard::dedup())},
                                                {"file-sink", declared(standard::file_sink())},
                                                {"file-source", declared(standard::file_source())},
                                                {"filter", declared(standard::filter())},
                                                {"generator", declared(standard::generator())},
                                                {"json-fields", declared(standard::json_fields())},
                                                {"map", declared(standard::map())},
                                                {"max", declared(standard::max())},
                                                {"mean", declared(standard::mean())},
                                                {"min", declared(standard::min())},
                                                {"stdout-sink", declared(standard::stdout_sink())},
                                                {"sum", declared(standard::sum())},
                                                {"tcp-source", declared(standard::tcp_source())}});
}
