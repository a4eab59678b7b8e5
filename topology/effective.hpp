// A manifest as it is in effect: written back as text, with variables expanded and artifact paths joined, so that it means the same wherever it is read.
// Pure; any thread.
#pragma once

#include <string>

#include "topology/manifest.hpp"

namespace weir::topology {

/// YAML that parse_manifest() reads as the same manifest, but for the places. Relative paths in `with` still count from the manifest's directory.
std::string manifest_text(const manifest& m);

}  // namespace weir::topology
