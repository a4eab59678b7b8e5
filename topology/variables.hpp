// ${NAME} and ${NAME:-default} in the texts of a parsed manifest. Expansion comes after parsing, so a value can never change the manifest's form.
// Pure but for what `variables` does; any thread; linear in the result.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "topology/result.hpp"
#include "topology/yaml_tree.hpp"

namespace weir::topology {

/// Looks up ${NAME}; nullopt where it is not set.
using environment = std::function<std::optional<std::string>(const std::string&)>;

/// Expands every text of the tree, keys too. `$${` stands for `${`; a default holds where the variable is not set or empty, and may hold variables itself.
result<void> expand_variables(yaml_node& root, const std::string& file, const environment& variables);

}  // namespace weir::topology
