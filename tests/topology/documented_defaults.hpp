// The rows of docs/defaults.md, for the tests that compare them with the code: the first two cells of every row below a heading.
#pragma once

#include <fstream>
#include <map>
#include <string>

namespace weir::topology::test {

/// Name -> value of the table below "## heading", without the backquotes.
inline std::map<std::string, std::string> documented_defaults(const std::string& heading) {
  std::ifstream in(WEIR_SOURCE_DIR "/docs/defaults.md");
  std::map<std::string, std::string> rows;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (!inside || !line.starts_with("| `")) continue;
    std::size_t name_end = line.find("` | ", 3), value_end = line.find(" | ", name_end + 4);
    if (name_end == std::string::npos || value_end == std::string::npos) continue;
    rows[line.substr(3, name_end - 3)] = line.substr(name_end + 4, value_end - name_end - 4);
  }
  return rows;
}

/// A row a line, so that a failed comparison can be read.
inline std::string as_lines(const std::map<std::string, std::string>& rows) {
  std::string lines;
  for (const auto& [name, value] : rows) lines += name + " = " + value + "\n";
  return lines;
}

/// "64 MiB", "16 KiB", "100": the largest binary unit that gives a whole number.
inline std::string size_in_words(std::uint64_t bytes) {
  const char* units[] = {"bytes", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) bytes /= 1024, ++unit;
  return std::to_string(bytes) + " " + units[unit];
}

}  // namespace weir::topology::test
