#include "topology/yaml_tree.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "topology/defaults.hpp"
#include "topology/names.hpp"
#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

using form = yaml_node::form;

/// Builds the tree from the parser's events. After the first fault it ignores the rest: the parser cannot be stopped but by exceptions.
class tree_builder final : public YAML::EventHandler {
 public:
  explicit tree_builder(const std::string& file) : file_(file) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node_at(mark, form::nothing), anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    if (failure || !check_tag(mark, tag)) return;
    if (!is_text(value)) return fail(mark, "a text holds the character NUL; remove it");
    yaml_node node = node_at(mark, form::scalar);
    node.text = value;
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchored_.find(anchor);
    if (found == anchored_.end()) return fail(mark, "an alias stands inside of what it stands for; write it out");
    if (!count(mark, found->second)) return;
    add(yaml_node(found->second), 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, form::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, form::map);
  }
  void OnMapEnd() override { close(); }

  std::optional<error> failure;
  yaml_node root;

 private:
  struct unfinished {
    yaml_node node;
    YAML::anchor_t anchor = 0;
  };

  static yaml_node node_at(const YAML::Mark& mark, form what) {
    yaml_node node;
    node.what = what;
    if (!mark.is_null()) node.line = mark.line + 1, node.column = mark.column + 1;
    return node;
  }
  void fail(const YAML::Mark& mark, const std::string& message) {
    if (!failure) failure = fault_at(node_at(mark, form::nothing).at(file_), message);
  }
  bool check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") fail(mark, fmt::format("the tag {} has no meaning in a manifest; remove it", quoted(tag)));
    return !failure;
  }
  /// Takes the nodes and bytes of a copied subtree into account, before it is copied.
  bool count(const YAML::Mark& mark, const yaml_node& node) {
    ++nodes_;
    bytes_ += node.text.size();
    if (nodes_ > manifest_nodes_max || bytes_ > manifest_expanded_bytes_max) {
      fail(mark, fmt::format("the manifest holds more than {} values or {} bytes with its aliases; split it", manifest_nodes_max, manifest_expanded_bytes_max));
      return false;
    }
    for (const auto& key : node.keys) {
      if (!count(mark, key)) return false;
    }
    for (const auto& item : node.items) {
      if (!count(mark, item)) return false;
    }
    return true;
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, form what) {
    if (failure || !check_tag(mark, tag)) return;
    if (open_.size() >= manifest_depth_max)
      return fail(mark, fmt::format("lists and maps stand more than {} deep within each other; flatten them", manifest_depth_max));
    open_.push_back({node_at(mark, what), anchor});
  }
  void close() {
    if (failure || open_.empty()) return;
    unfinished done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }
  void add(yaml_node node, YAML::anchor_t anchor) {
    if (failure) return;
    YAML::Mark mark;
    mark.line = node.line - 1, mark.column = node.column - 1;
    if (++nodes_ > manifest_nodes_max) return fail(mark, fmt::format("the manifest holds more than {} values; split it", manifest_nodes_max));
    if (anchor != 0) anchored_[anchor] = node;
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    yaml_node& parent = open_.back().node;
    bool is_key = parent.what == form::map && parent.keys.size() == parent.items.size();
    if (!is_key) return parent.items.push_back(std::move(node));
    if (node.what != form::scalar) return fail(mark, fmt::format("a key is {}; expected a name", form_name(node.what)));
    parent.keys.push_back(std::move(node));
  }

  const std::string& file_;
  std::vector<unfinished> open_;
  std::unordered_map<YAML::anchor_t, yaml_node> anchored_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// A variable without quotes inside of { } or [ ]: there its own braces end the text.
bool has_bare_variable(std::string_view line) {
  std::size_t bracket = line.find_first_of("{["), variable = line.find("${");
  while (variable != std::string_view::npos) {
    std::string_view before = line.substr(0, variable);
    bool quoted = std::count(before.begin(), before.end(), '"') % 2 == 1 || std::count(before.begin(), before.end(), '\'') % 2 == 1;
    if (bracket < variable && !quoted) return true;
    variable = line.find("${", variable + 2);
  }
  return false;
}

/// yaml-cpp's reason, with the remedy for the two slips that it explains badly.
error syntax_fault(const YAML::Exception& e, std::string_view text, const std::string& file) {
  place where{file, e.mark.is_null() ? 1 : e.mark.line + 1, e.mark.is_null() ? 1 : e.mark.column + 1};
  std::string_view line = line_of(text, where.line);
  std::string remedy = "; check indentation, quotes and brackets";
  if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos) remedy = "; indent with spaces, not with tabs";
  if (has_bare_variable(line)) remedy = "; inside of { } and [ ] put ${...} in quotes: \"${NAME:-default}\"";
  return fault_at(where, fmt::format("not valid YAML: {}{}", printable(e.msg), remedy));
}

/// What yaml-cpp would replace, end at or count wrongly: malformed UTF-8, control characters, carriage returns alone.
std::optional<error> text_fault(std::string_view text, const std::string& file) {
  if (text.size() > manifest_bytes_max)
    return fault_at({file, 1, 1}, fmt::format("the manifest has more than {} bytes; split it into several", manifest_bytes_max));
  place where{file, 1, 1};
  while (!text.empty()) {
    std::size_t size = utf8_length(text);
    if (size == 0) return fault_at(where, "not UTF-8; save the manifest as UTF-8");
    auto c = static_cast<unsigned char>(text[0]);
    bool control = c == 0x7f || (c < 0x20 && c != '\n' && c != '\t' && !(c == '\r' && text.size() > 1 && text[1] == '\n'));
    if (control) return fault_at(where, fmt::format("control character {:#04x}; a manifest is text, remove it", c));
    where = c == '\n' ? place{file, where.line + 1, 1} : place{file, where.line, where.column + static_cast<int>(size)};
    text.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace

const char* form_name(yaml_node::form what) noexcept {
  switch (what) {
    case form::nothing: return "nothing";
    case form::scalar: return "a text";
    case form::list: return "a list";
    case form::map: return "a map";
  }
  return "nothing";
}

result<yaml_node> parse_yaml(std::string_view text, const std::string& file) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (auto fault = text_fault(text, file)) return *fault;
  tree_builder tree(file);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(tree);
    if (tree.failure) return *tree.failure;
    tree_builder second(file);
    if (parser.HandleNextDocument(second))
      return fault_at(second.root.at(file), "a second document begins here; write one topology a file and pass several files");
  } catch (const YAML::Exception& e) {
    return tree.failure ? *tree.failure : syntax_fault(e, text, file);
  } catch (const std::exception& e) {
    return fault_at({file, 1, 1}, fmt::format("cannot be read as YAML: {}", printable(e.what())));
  }
  return std::move(tree.root);
}

result<void> refuse_duplicate_keys(const yaml_node& root, const std::string& file) {
  std::unordered_map<std::string_view, int> lines;
  for (const auto& key : root.keys) {
    auto [first, fresh] = lines.emplace(key.text, key.line);
    if (!fresh) return fault_at(key.at(file), fmt::format("key {} is written twice, first in line {}; keep one", quoted(key.text), first->second));
  }
  for (const auto& item : root.items) {
    auto checked = refuse_duplicate_keys(item, file);
    if (!checked) return checked;
  }
  return {};
}

}  // namespace weir::topology
