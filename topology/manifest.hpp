// A manifest as written, and a topology's validated plan: plain data, no actors, no I/O beyond reading the file. surface.md's manifest section is the contract.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/abi.h>

#include "topology/result.hpp"

namespace weir::topology {

/// Where something stands in a manifest, for messages: "file:line:column".
struct place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text() const { return file + ":" + std::to_string(line) + ":" + std::to_string(column); }
};

struct config_value {
  bool is_list = false;
  std::vector<std::string> items;  ///< One for a scalar.
  place where;
};

enum class error_policy : std::uint8_t { fail, skip, dead_letter };
enum class start_from : std::uint8_t { earliest, latest };

struct istream_binding {
  std::string istream;  ///< As the operator declares it.
  std::string stream;   ///< The stream's global name.
  place where;
};

struct ostream_binding {
  std::string ostream;
  std::string stream;
  place where;
};

struct operator_entry {
  std::string name;
  place where;
  std::string artifact;    ///< Resolved path of the module; empty for `uses`.
  std::string uses;        ///< Name of a standard operator.
  std::string class_name;  ///< Empty: the artifact's only one.
  std::uint32_t parallelism = 1;
  std::vector<istream_binding> istreams;
  std::vector<ostream_binding> ostreams;
  std::map<std::string, config_value> with;
  std::vector<int> pin;
  error_policy on_error = error_policy::fail;
};

struct stream_settings {
  std::int64_t retain_ns = 0;
  bool lz4 = false;
  place where;
};

struct manifest {
  std::string file;
  std::string directory;  ///< Of the file, with '/' at its end, or empty.
  std::string topology;
  place where;
  std::vector<operator_entry> operators;
  std::map<std::string, stream_settings> streams;
};

/// Looks up ${NAME}; nullopt where it is not set.
using environment = std::function<std::optional<std::string>(const std::string&)>;

/// Reads, expands and checks the form of a manifest: everything that needs no modules.
result<manifest> read_manifest(const std::string& file, const environment& variables);
result<manifest> parse_manifest(const std::string& text, const std::string& file, const environment& variables);

}  // namespace weir::topology
