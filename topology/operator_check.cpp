#include "topology/operator_check.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "topology/quantities.hpp"
#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

constexpr std::size_t streams_of_operator_max = 1024;

/// As the SDK reads numbers: decimal, perhaps with a fraction or an exponent, and none of the texts for infinity.
bool is_number(const std::string& text) {
  double number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc() && end == text.data() + text.size() && std::isfinite(number);
}

/// What a config key of this type expects; "" where the value is fine.
std::string config_fault(std::uint32_t type, const config_value& value) {
  if (type == WEIR_TYPE_LIST) return "";  // A text is a list of one.
  if (value.is_list) return "one value, not a list";
  const std::string& text = value.items[0];
  switch (type) {
    case WEIR_TYPE_NUMBER: return is_number(text) ? "" : "a decimal number";
    case WEIR_TYPE_BOOLEAN: return text == "true" || text == "false" ? "" : "true or false";
    case WEIR_TYPE_DURATION: return parse_duration(text) ? "" : duration_form;
    case WEIR_TYPE_BYTES: return parse_size(text) ? "" : size_form;
    case WEIR_TYPE_PATH: return text.empty() ? "a path" : "";
    default: return "";
  }
}

/// Names that a class declares: usable, and each once.
result<void> check_declared(const operator_entry& entry, const operator_metadata& metadata, const std::string& what, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  if (names.size() > streams_of_operator_max)
    return fault_at(entry.code_where, fmt::format("{} declares more than {} {}s; split it", class_text(metadata), streams_of_operator_max, what));
  for (const auto& name : names) {
    std::string fault = name_fault(name, name_bytes_max);
    if (!fault.empty())
      return fault_at(entry.code_where, fmt::format("{} declares the {} {}: {}; rename it in its metadata", class_text(metadata), what, quoted(name), fault));
    if (!seen.insert(name).second)
      return fault_at(entry.code_where, fmt::format("{} declares the {} '{}' twice; rename one in its metadata", class_text(metadata), what, name));
  }
  return {};
}

std::vector<std::string> istream_names(const operator_metadata& metadata) {
  std::vector<std::string> names;
  for (const auto& i : metadata.istreams) names.push_back(i.name);
  return names;
}

/// "; it declares a, b" or "; it declares none".
std::string declared_text(const std::vector<std::string>& names) { return names.empty() ? "; it declares none" : "; it declares " + listed(names); }

}  // namespace

std::string class_text(const operator_metadata& metadata) {
  return fmt::format("class {}", quoted(metadata.name.empty() ? metadata.class_name : metadata.name));
}

result<void> check_class(const operator_entry& entry, const operator_metadata& metadata) {
  if (metadata.istreams.empty() && metadata.ostreams.empty())
    return fault_at(entry.code_where, fmt::format("operator '{}' does nothing: {} declares no istreams and no ostreams; declare them in its metadata",
                                                  entry.name, class_text(metadata)));
  for (const auto& istream : metadata.istreams) {
    if (istream.grouping > WEIR_GROUPING_BROADCAST)
      return fault_at(entry.code_where, fmt::format("{} declares a grouping of istream {} that this weir does not know ({}); build it with this version's SDK",
                                                    class_text(metadata), quoted(istream.name), istream.grouping));
  }
  auto inputs = check_declared(entry, metadata, "istream", istream_names(metadata));
  return inputs ? check_declared(entry, metadata, "ostream", metadata.ostreams) : inputs;
}

result<void> check_bindings(const operator_entry& entry, const operator_metadata& metadata) {
  auto declares = [](const std::vector<std::string>& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  auto refusal = [&](const place& where, const std::string& what, const std::string& name, const std::vector<std::string>& names) {
    return fault_at(where, fmt::format("{} of operator '{}' declares no {} '{}'{}", class_text(metadata), entry.name, what, name,
                                       suggestion(name, names, declared_text(names))));
  };
  std::vector<std::string> istreams = istream_names(metadata);
  for (const auto& b : entry.istreams) {
    if (!declares(istreams, b.istream)) return refusal(b.key, "istream", b.istream, istreams);
  }
  for (const auto& b : entry.ostreams) {
    if (!declares(metadata.ostreams, b.ostream)) return refusal(b.key, "ostream", b.ostream, metadata.ostreams);
  }
  return {};
}

result<void> check_config(const operator_entry& entry, const operator_metadata& metadata) {
  if (metadata.config.empty()) return {};
  std::vector<std::string> keys;
  for (const auto& key : metadata.config) keys.push_back(key.name);
  for (const auto& [name, value] : entry.with) {
    auto key = std::find_if(metadata.config.begin(), metadata.config.end(), [&](const auto& k) { return k.name == name; });
    if (key == metadata.config.end())
      return fault_at(value.key, fmt::format("{} of operator '{}' has no config key {}{}", class_text(metadata), entry.name, quoted(name),
                                             suggestion(name, keys, "; it has " + listed(keys))));
    std::string expected = config_fault(key->type, value);
    if (!expected.empty())
      return fault_at(value.where, fmt::format("config key '{}' of operator '{}' is {}; expected {}", name, entry.name,
                                               value.is_list ? "a list" : quoted(value.items[0]), expected));
  }
  for (const auto& key : metadata.config) {
    if (key.required && !entry.with.contains(key.name))
      return fault_at(entry.where, fmt::format("operator '{}' lacks the config key '{}'{}; add it under 'with'", entry.name, key.name,
                                               key.help.empty() ? "" : " (" + printable(key.help) + ")"));
  }
  return {};
}

}  // namespace weir::topology
