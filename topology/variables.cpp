#include "topology/variables.hpp"

#include <string_view>

#include <fmt/format.h>

#include "topology/defaults.hpp"
#include "topology/names.hpp"
#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

constexpr int defaults_depth_max = 8;

/// Expands one text; the first fault ends it.
class expansion {
 public:
  explicit expansion(const environment& variables) : variables_(variables) {}
  /// Appends `text` from `at` on, up to its end or, within a default, to the '}' that closes it. What is not `wanted` is only skipped: a default that is not
  /// used must not ask for its variables.
  bool run(std::string_view text, std::size_t& at, int depth, bool wanted, std::string& out);
  std::string fault;

 private:
  bool variable(std::string_view text, std::size_t& at, int depth, bool wanted, std::string& out);
  bool fail(std::string message) {
    fault = std::move(message);
    return false;
  }
  const environment& variables_;
};

bool is_name_character(char c, bool first) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9'); }

bool expansion::run(std::string_view text, std::size_t& at, int depth, bool wanted, std::string& out) {
  while (at < text.size()) {
    std::string_view rest = text.substr(at);
    if (rest.starts_with("$${")) {
      if (wanted) out += "${";
      at += 3;
    } else if (rest.starts_with("${")) {
      at += 2;
      if (!variable(text, at, depth, wanted, out)) return false;
    } else if (depth > 0 && rest[0] == '}') {
      return true;
    } else {
      if (wanted) out += rest[0];
      ++at;
    }
    if (out.size() > manifest_expanded_bytes_max)
      return fail(fmt::format("a text grows beyond {} bytes by its variables; shorten them", manifest_expanded_bytes_max));
  }
  return depth == 0 || fail("'}' of a ${...} is missing");
}

bool expansion::variable(std::string_view text, std::size_t& at, int depth, bool wanted, std::string& out) {
  if (depth >= defaults_depth_max) return fail(fmt::format("defaults of variables stand more than {} deep within each other; write fewer", defaults_depth_max));
  std::string name;
  while (at < text.size() && is_name_character(text[at], name.empty())) name += text[at++];
  std::string_view rest = text.substr(at);
  if (rest.empty()) return fail("'}' of a ${...} is missing");
  bool has_default = rest.starts_with(":-");
  if (name.empty() || (!has_default && rest[0] != '}'))
    return fail(fmt::format("{} names no variable; write ${{NAME}} or ${{NAME:-default}}, and $${{ for the characters themselves",
                            quoted(text.substr(text.rfind("${", at), 40))));
  std::optional<std::string> value = wanted ? variables_(name) : std::nullopt;
  if (value && !is_text(*value)) return fail(fmt::format("the value of variable {} is not UTF-8 text; set it to a text", quoted(name)));
  if (has_default) {
    at += 2;
    bool use_default = wanted && (!value || value->empty());
    if (!run(text, at, depth + 1, use_default, out)) return false;
    if (!use_default && value) out += *value;
  } else if (value) {
    out += *value;
  } else if (wanted) {
    return fail(fmt::format("variable {} is not set; set it, or write ${{{}:-default}}", quoted(name), name));
  }
  ++at;
  return true;
}

result<void> expand(yaml_node& node, const std::string& file, const environment& variables, std::size_t& bytes) {
  if (node.text.find("${") != std::string::npos) {
    expansion one(variables);
    std::string out;
    std::size_t at = 0;
    if (!one.run(node.text, at, 0, true, out)) return fault_at(node.at(file), one.fault);
    node.text = std::move(out);
  }
  bytes += node.text.size();
  if (bytes > manifest_expanded_bytes_max)
    return fault_at(node.at(file), fmt::format("the manifest's texts grow beyond {} bytes by its variables; shorten them", manifest_expanded_bytes_max));
  for (auto* nodes : {&node.keys, &node.items}) {
    for (auto& child : *nodes) {
      auto done = expand(child, file, variables, bytes);
      if (!done) return done;
    }
  }
  return {};
}

}  // namespace

result<void> expand_variables(yaml_node& root, const std::string& file, const environment& variables) {
  std::size_t bytes = 0;
  return expand(root, file, variables, bytes);
}

}  // namespace weir::topology
