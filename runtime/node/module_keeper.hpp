// The modules of a data directory: copies named by their content, so that what a node runs stays as it is whatever becomes of the file it came from, and what
// is the same is loaded once. Any thread but a core's: it reads and writes files. One process at a time writes a data directory.
#pragma once

#include <set>
#include <string>

#include "runtime/seam/files.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

class module_keeper {
 public:
  module_keeper(files& fs, std::string data_directory) : files_(fs), directory_(std::move(data_directory)) {}

  /// Copies a module, unless its content is here already; durable when it returns. Gives its path below the data directory, like
  /// "modules/0123456789abcdef0123456789abcdef.so" (XXH3, 128 bits). Whether it is a module at all is for whoever loads it to see.
  result<std::string> keep(const std::string& artifact) const;
  /// Removes what a process that died, or a deploy that was refused, has left: everything but these, named as keep() does.
  result<void> drop_others(const std::set<std::string>& needed) const;

 private:
  files& files_;
  std::string directory_;
};

}  // namespace weir::runtime
