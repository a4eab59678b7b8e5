// The config keys that docs/operators.md lists, and those that a class declares, in one form.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <weir/weir.hpp>

namespace weir::test {

using defaults = std::map<std::string, std::string>;

inline defaults declared(const weir::stream_operator& op) {
  defaults keys;
  for (const weir::config_key& key : op.metadata().config) {
    CHECK_FALSE(key.help.empty());
    keys[key.name] = !key.otherwise ? "required" : key.otherwise->empty() ? "none" : *key.otherwise == "\t" ? "a tab" : "`" + *key.otherwise + "`";
  }
  return keys;
}

/// The rows `| `key` | default | …` of each section.
inline std::map<std::string, defaults> documented() {
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

}  // namespace weir::test
