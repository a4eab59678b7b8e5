// One `weir` command as a user types it: arguments in, exit status and what it printed out. Runs in a folder of its own; output goes to files, as into a pipe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/crash/process.hpp"
#include "tests/crash/workspace.hpp"

namespace weir::test {

struct outcome {
  int status = -1;
  std::string out;
  std::string err;

  /// Standard error is this one line.
  std::string error_line() const {
    const auto lines = lines_of(err);
    INFO(err);
    CHECK(lines.size() == 1);
    CHECK((!err.empty() && err.back() == '\n'));
    return lines.empty() ? "" : lines[0];
  }
};

using settings = std::vector<std::pair<std::string, std::string>>;

class weir_command {
 public:
  explicit weir_command(const workspace& place) : place_(place) {}

  /// `weir ARGUMENTS…` with these environment variables more.
  outcome operator()(const std::vector<std::string>& arguments, const settings& environment = {}) const {
    outcome o;
    o.status = run_program(options(arguments, environment));
    o.out = read_text(place_ / "stdout");
    o.err = read_text(place_ / "stderr");
    return o;
  }

  /// The same for a process that the test goes on with. It appends to place/stdout and place/stderr.
  process_options options(const std::vector<std::string>& arguments, const settings& environment = {}) const {
    std::filesystem::remove(place_ / "stdout");
    write_text(place_ / "stderr", "");
    process_options o{.command = {WEIR_BINARY}, .environment = environment, .folder = place_.path(), .out = place_ / "stdout", .err = place_ / "stderr"};
    o.command.insert(o.command.end(), arguments.begin(), arguments.end());
    o.environment.emplace_back("WEIR_OPERATORS", WEIR_OPERATORS);
    return o;
  }

 private:
  const workspace& place_;
};

/// A topology that copies lines.txt to copy.txt; `lines` and `sink` are lines more of its two operators, at their indentation.
inline std::string copying(const std::string& source_lines = "", const std::string& sink_lines = "") {
  return "manifest: 1\ntopology: copy\noperators:\n  - name: lines\n    uses: file-source\n    ostreams: {lines: copy-lines}\n" +
         (source_lines.empty() ? std::string("    with: {path: lines.txt}\n") : source_lines) +
         "  - name: table\n    uses: file-sink\n    istreams: {records: copy-lines}\n    with: {path: copy.txt}\n" + sink_lines;
}

/// The numbers 0 … count - 1, one a line.
inline std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + '\n';
  return text;
}

/// A module of the tests' own.
inline std::string test_module(const std::string& name) { return WEIR_BUILD_DIR "/tests/lib" + name + ".so"; }

}  // namespace weir::test
