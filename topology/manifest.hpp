// A manifest as written: plain data, no actors, no I/O beyond reading the file. docs/manifest.md describes it for users.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "topology/defaults.hpp"
#include "topology/place.hpp"
#include "topology/result.hpp"
#include "topology/variables.hpp"

namespace weir::topology {

/// A value of `with`: a text, or a list of texts. Its type is the class's to say.
struct config_value {
  bool is_list = false;
  std::vector<std::string> items;  ///< One for a text.
  place where;                     ///< Of the value.
  place key;
};

enum class error_policy : std::uint8_t { fail, skip, dead_letter };

/// "fail", "skip" or "dead_letter".
const char* error_policy_name(error_policy policy) noexcept;

/// Where a subscriber begins in a stream that it has not read yet.
enum class start_point : std::uint8_t {
  earliest,  ///< With the oldest record that is kept.
  latest,    ///< Behind what is durable when it is submitted; a stream made together with it is read from its beginning.
};

/// "earliest" or "latest".
const char* start_point_name(start_point from) noexcept;

struct istream_binding {
  std::string istream;  ///< As the operator declares it.
  std::string stream;   ///< The stream's global name.
  start_point from = start_point::earliest;
  place where;  ///< Of the stream's name.
  place key;    ///< Of the declared name.
};

struct ostream_binding {
  std::string ostream;
  std::string stream;
  place where;
  place key;
};

struct pinned_cpu {
  int cpu = 0;
  place where;
};

/// The class that feeds an external stream with what is published to it. It is weir's own: no manifest can write `uses: external`.
inline constexpr const char* external_class = "external";

struct operator_entry {
  std::string name;
  place where;             ///< Of its name.
  std::string artifact;    ///< Path of the module, relative ones joined to the manifest's directory; empty for `uses`.
  std::string uses;        ///< Name of a standard operator.
  place code_where;        ///< Of `artifact` or `uses`.
  std::string class_name;  ///< Empty: the artifact's only one.
  std::uint32_t parallelism = parallelism_default;
  std::vector<istream_binding> istreams;  ///< As written: what is not bound here bears the declared name.
  std::vector<ostream_binding> ostreams;
  std::map<std::string, config_value> with;
  std::vector<pinned_cpu> pin;
  error_policy on_error = error_policy::fail;
  bool external = false;  ///< Stands for the external stream of its name, of class `external_class`; not written as an operator.
};

struct stream_settings {
  std::int64_t retain_ns = retain_ns_default;
  bool lz4 = lz4_default;
  bool persist = persist_default;
  bool external = external_default;                        ///< Fed by `weir publish`: among the manifest's operators is one that stands for it.
  std::uint32_t partitions = external_partitions_default;  ///< Of an external one; others have those of their writer.
  place where;                                             ///< Of the stream's name.
  place persist_where;                                     ///< Of the value of `persist`.
};

struct manifest {
  std::string file;
  std::string directory;  ///< Of the file, with '/' at its end, or empty.
  std::string topology;
  place where;                            ///< Of the topology's name.
  std::vector<operator_entry> operators;  ///< Those that stand for external streams last.
  std::map<std::string, stream_settings> streams;
};

/// Reads, expands and checks the form of a manifest: everything that needs no modules. Errors are one line, "file:line:column: what; remedy", of code `usage`.
result<manifest> read_manifest(const std::string& file, const environment& variables);
/// The same from a text; `file` is what places name, and what relative paths are relative to.
result<manifest> parse_manifest(const std::string& text, const std::string& file, const environment& variables);

}  // namespace weir::topology
