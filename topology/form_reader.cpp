#include "topology/form_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::topology {

using form = yaml_node::form;

bool form_reader::fail(const yaml_node& node, const std::string& message) {
  if (!failure_) failure_ = fault_at(at(node), message);
  return false;
}

bool form_reader::check_keys(const yaml_node& map, const std::string& what, std::span<const std::string> known, std::span<const std::string> unbuilt) {
  for (const auto& key : map.keys) {
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    if (std::find(unbuilt.begin(), unbuilt.end(), key.text) != unbuilt.end())
      return fail(key, fmt::format("key {} of {} is not built yet; remove it", quoted(key.text), what));
    return fail(key, fmt::format("unknown key {} of {}{}", quoted(key.text), what, suggestion(key.text, known, "; expected one of " + listed(known))));
  }
  return true;
}

std::optional<yaml_entry> form_reader::find(const yaml_node& map, const std::string& key) {
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    if (map.keys[i].text == key) return yaml_entry{map.keys[i], map.items[i]};
  }
  return std::nullopt;
}

bool form_reader::expect(const yaml_entry& entry, form wanted, const std::string& what) {
  if (entry.value.what == wanted) return true;
  return fail(entry.spot(), fmt::format("{} is {}; expected {}", what, form_name(entry.value.what), form_name(wanted)));
}

bool form_reader::read_text(const yaml_entry& entry, const std::string& what, std::string& out) {
  if (!expect(entry, form::scalar, what)) return false;
  if (entry.value.text.empty()) return fail(entry.value, fmt::format("{} is empty; write a text", what));
  out = entry.value.text;
  return true;
}

bool form_reader::read_name(const yaml_entry& entry, const std::string& what, std::size_t bytes_max, std::string& out) {
  if (!expect(entry, form::scalar, what)) return false;
  std::string fault = name_fault(entry.value.text, bytes_max);
  if (!fault.empty()) return fail(entry.value, fmt::format("{} cannot be {}: {}", what, quoted(entry.value.text), fault));
  out = entry.value.text;
  return true;
}

bool form_reader::read_whole(const yaml_entry& entry, const std::string& what, std::uint64_t low, std::uint64_t high, std::uint64_t& out) {
  if (!expect(entry, form::scalar, what)) return false;
  auto number = parse_whole(entry.value.text, low, high);
  if (!number) return fail(entry.value, fmt::format("{} is {}; expected a whole number from {} to {}", what, quoted(entry.value.text), low, high));
  out = *number;
  return true;
}

bool form_reader::read_duration(const yaml_entry& entry, const std::string& what, std::int64_t& out) {
  if (!expect(entry, form::scalar, what)) return false;
  auto duration = parse_duration(entry.value.text);
  if (!duration) return fail(entry.value, fmt::format("{} is {}; expected {}", what, quoted(entry.value.text), duration_form));
  out = *duration;
  return true;
}

bool form_reader::read_word(const yaml_entry& entry, const std::string& what, std::span<const std::string> words, std::size_t& out) {
  if (!expect(entry, form::scalar, what)) return false;
  auto found = std::find(words.begin(), words.end(), entry.value.text);
  if (found == words.end())
    return fail(entry.value, fmt::format("{} is {}; expected {}{}", what, quoted(entry.value.text), listed(words), suggestion(entry.value.text, words, "")));
  out = static_cast<std::size_t>(found - words.begin());
  return true;
}

}  // namespace weir::topology
