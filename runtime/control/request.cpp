#include "runtime/control/request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/control/replies.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {
using json = nlohmann::ordered_json;
}  // namespace

error wrong(std::string message) { return {error_code::usage, std::move(message)}; }

/// The body as an object with no members but these; an empty body is an empty object.
result<json> read_object(const std::string& text, std::initializer_list<const char*> members) {
  if (text.empty()) return json::object();
  json j = json::parse(text, nullptr, false);
  if (!j.is_object()) return wrong("the body is no JSON object");
  std::vector<std::string> known(members.begin(), members.end());
  for (const auto& [name, value] : j.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      return wrong(fmt::format("the body has an unknown member {}{}", topology::quoted(name),
                               topology::suggestion(name, known, "; it may have " + topology::listed(known))));
  return j;
}

result<bool> read_flag(const json& j, const char* name) {
  const auto found = j.find(name);
  if (found == j.end()) return false;
  if (!found->is_boolean()) return wrong(fmt::format("'{}' must be true or false", name));
  return found->get<bool>();
}

result<std::optional<std::string>> read_optional(const json& j, const char* name) {
  if (!j.contains(name)) return std::optional<std::string>();
  auto text = read_string(j, name);
  if (!text) return text.why();
  return std::optional<std::string>(std::move(*text));
}

result<std::string> read_string(const json& j, const char* name) {
  const auto found = j.find(name);
  if (found == j.end() || !found->is_string()) return wrong(fmt::format("'{}' must be there and a string", name));
  return found->get<std::string>();
}

found_target find_target(node_commands& node, const http_request& asked) {
  found_target found{{.topology = asked.name("t"), .name = ""}, {}};
  const auto missing = [&](const std::string& which, const std::string& name, const std::vector<std::string>& known) {
    found.missing = no_such(which, name, known);
    return found;
  };
  const node_status s = node.status();
  const std::vector<std::string> topologies = node.list();
  if (std::find(topologies.begin(), topologies.end(), found.what.topology) == topologies.end()) return missing("no topology", found.what.topology, topologies);
  const auto o = asked.names.find("o");
  if (o == asked.names.end()) return found;
  found.what.name = o->second;
  std::vector<std::string> operators;
  for (const topology_status& t : s.topologies)
    if (t.name == found.what.topology)
      for (const operator_status& op : t.operators) operators.push_back(op.name);
  if (std::find(operators.begin(), operators.end(), o->second) == operators.end())
    return missing("topology " + topology::quoted(found.what.topology) + " has no operator", o->second, operators);
  return found;
}

}  // namespace weir::runtime
