// Which code an operator runs, and how it came to that. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::runtime {

/// Which code an operator runs as.
struct operator_code {
  std::string artifact;    ///< As whoever gave it called it: the path of a module, or a standard operator's name.
  bool standard = false;   ///< The latter.
  std::string stored;      ///< What is loaded, below the data directory; empty: `artifact` itself.
  std::string class_name;  ///< Empty: the artifact's only one.
  std::string version;     ///< Of the class, for people.
  const std::string& loaded() const noexcept { return stored.empty() ? artifact : stored; }
  /// Of what was not stored nobody knows whether the file is what it was: there the versions must do.
  bool same_as(const operator_code& o) const noexcept {
    return class_name == o.class_name && version == o.version && (stored.empty() || o.stored.empty() || stored == o.stored);
  }
  friend bool operator==(const operator_code&, const operator_code&) = default;
};

/// One change of an operator's code, for `weir history`.
struct deployment {
  std::uint32_t generation = 1;
  std::string kind;  ///< submit, deploy, rollback, or automatic rollback.
  std::int64_t at_ns = 0;
  std::string by;
  std::string why;  ///< For people; empty where somebody just asked for it.
  operator_code code;
  std::vector<std::int64_t> pauses_ns;  ///< By partition; empty until they are known.
};

struct deployment_history {
  std::vector<deployment> deployments;  ///< The oldest first; not more than some hundred are kept.
  std::int64_t probation_left_ns = 0;   ///< Of the newest; 0: it is over, or there was none.
};

}  // namespace weir::runtime
