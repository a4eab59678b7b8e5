// Where something stands in a manifest, for messages. Plain data.
#pragma once

#include <string>

#include "topology/result.hpp"

namespace weir::topology {

/// Lines and columns count from 1; columns count bytes, as compilers do.
struct place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text() const { return file + ":" + std::to_string(line) + ":" + std::to_string(column); }
};

/// The error of a user's text: "file:line:column: message".
inline error fault_at(const place& where, const std::string& message) { return {error_code::usage, where.text() + ": " + message}; }

}  // namespace weir::topology
