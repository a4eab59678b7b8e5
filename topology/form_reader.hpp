// Reads typed values out of a parsed manifest and keeps the first fault. A part of manifest.cpp that knows nothing of what the keys mean.
// Used by one thread while a manifest is read; keeps references to the tree and the file's name, which outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "topology/yaml_tree.hpp"

namespace weir::topology {

/// A map's key and value.
struct yaml_entry {
  const yaml_node& key;
  const yaml_node& value;
  /// Where its faults are: an absent value has no place of its own.
  const yaml_node& spot() const { return value.what == yaml_node::form::nothing ? key : value; }
};

class form_reader {
 public:
  explicit form_reader(const std::string& file) : file_(file) {}

  bool failed() const { return failure_.has_value(); }
  const error& why() const { return *failure_; }
  place at(const yaml_node& node) const { return node.at(file_); }

  /// Notes the first fault; always false, so that checks can return it.
  bool fail(const yaml_node& node, const std::string& message);

  /// Every key is in `known`. Keys in `unbuilt` are refused as such. `what` says whose keys they are: "an operator".
  bool check_keys(const yaml_node& map, const std::string& what, std::span<const std::string> known, std::span<const std::string> unbuilt);
  static std::optional<yaml_entry> find(const yaml_node& map, const std::string& key);

  /// The values of a form, or a fault that says what was expected. `what` names the value: "'pin' of operator 'a'".
  bool expect(const yaml_entry& entry, yaml_node::form wanted, const std::string& what);
  bool read_text(const yaml_entry& entry, const std::string& what, std::string& out);  ///< Not empty.
  bool read_name(const yaml_entry& entry, const std::string& what, std::size_t bytes_max, std::string& out);
  bool read_whole(const yaml_entry& entry, const std::string& what, std::uint64_t low, std::uint64_t high, std::uint64_t& out);
  bool read_duration(const yaml_entry& entry, const std::string& what, std::int64_t& out);
  /// One of `words`; its index.
  bool read_word(const yaml_entry& entry, const std::string& what, std::span<const std::string> words, std::size_t& out);

 private:
  const std::string& file_;
  std::optional<error> failure_;
};

}  // namespace weir::topology
