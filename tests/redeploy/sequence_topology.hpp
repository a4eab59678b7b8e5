// The topology of the sequence tests: a source, two detectors side by side whose code changes, a checker of what they say, and two files with what it found.
#pragma once

#include <string>

#include "tests/cli/weir_command.hpp"

namespace weir::test {

inline std::string module_of(int version) { return test_module("detector_" + std::to_string(version)); }

/// `pace` and `checking`: what source and checker are told; `more`: lines behind the operators.
inline std::string sequence_topology(const std::string& pace, const std::string& checking = "", const std::string& more = "") {
  const std::string ours = "artifact: " REDEPLOY_OPERATORS ", class: ";
  return "manifest: 1\ntopology: seq\noperators:\n"
         "  - {name: source, " +
         ours + "sequence_source, with: {until: stop, " + pace +
         "}}\n"
         "  - {name: detector, artifact: " +
         module_of(1) +
         ", parallelism: 2}\n"
         "  - {name: checker, " +
         ours + "sequence_checker" + (checking.empty() ? "" : ", with: {" + checking + "}") +
         "}\n"
         "  - {name: total, " +
         ours +
         "sequence_total}\n"
         "  - {name: findings, uses: file-sink, istreams: {records: findings}, with: {path: findings.txt}}\n"
         "  - {name: ends, uses: file-sink, istreams: {records: ends}, with: {path: ends.txt}}\n" +
         more;
}

}  // namespace weir::test
