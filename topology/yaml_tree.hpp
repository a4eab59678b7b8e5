// YAML text -> a tree that keeps every node's place. The adapter over yaml-cpp: its exceptions stop here, and so does what a manifest must not hold
// (broken UTF-8, control characters, several documents, tags, too much of anything). Aliases become copies of what they stand for.
// Pure functions; any thread; linear in the expanded text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topology/place.hpp"
#include "topology/result.hpp"

namespace weir::topology {

struct yaml_node {
  enum class form : std::uint8_t { nothing, scalar, list, map };
  form what = form::nothing;
  int line = 1;    ///< From 1.
  int column = 1;  ///< From 1, in bytes.
  std::string text;
  std::vector<yaml_node> keys;   ///< Of a map: scalars, keys[i] beside items[i].
  std::vector<yaml_node> items;  ///< Of a list or map.

  place at(const std::string& file) const { return {file, line, column}; }
};

/// The form for messages: "nothing", "a text", "a list", "a map".
const char* form_name(yaml_node::form what) noexcept;

/// The text's one document; a node of the form `nothing` where it has none.
result<yaml_node> parse_yaml(std::string_view text, const std::string& file);

/// The first key that a map of the tree holds twice, as an error. To be asked after variables are expanded.
result<void> refuse_duplicate_keys(const yaml_node& root, const std::string& file);

}  // namespace weir::topology
