// Reads one entry of a manifest's `operators`. A part of manifest.cpp. One thread.
#pragma once

#include <string>

#include "topology/form_reader.hpp"
#include "topology/manifest.hpp"

namespace weir::topology {

/// `directory` is the manifest's, for relative paths. False where it failed; the reader knows why.
bool read_operator(form_reader& reader, const yaml_node& node, const std::string& directory, operator_entry& out);

}  // namespace weir::topology
