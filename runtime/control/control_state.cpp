// The route of an operator's state: the values of one key.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/control/control_api.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/request.hpp"
#include "runtime/control/value_json.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

/// Nothing where the query does not say it.
result<std::optional<std::uint32_t>> read_number(const http_request& asked, const char* name, std::uint32_t most) {
  const auto given = asked.params.find(name);
  if (given == asked.params.end()) return std::optional<std::uint32_t>();
  const std::string& text = given->second;
  std::uint32_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (failed != std::errc() || end != text.data() + text.size() || n > most)
    return wrong(fmt::format("'{}' is {}; it must be a whole number up to {}", name, topology::quoted(text), most));
  return std::optional(n);
}

result<state_question> read_question(const http_request& asked) {
  const auto key = asked.params.find("key");
  if (key == asked.params.end()) return wrong("the query must say 'key'; of a state without keys it is empty");
  const auto partition = read_number(asked, "partition", UINT32_MAX);
  const auto values_max = read_number(asked, "limit", state_values_max);
  if (!partition) return partition.why();
  if (!values_max) return values_max.why();
  state_question q{.state = asked.name("s"), .key = key->second, .subkey = {}, .partition = *partition};
  if (const auto subkey = asked.params.find("subkey"); subkey != asked.params.end()) q.subkey = subkey->second;
  q.values_max = std::max(values_max->value_or(q.values_max), std::uint32_t{1});
  return q;
}

http_response state_of(node_commands& node, const http_request& asked) {
  const auto question = read_question(asked);
  if (!question) return error_response(question.why());
  found_target target = find_target(node, asked);
  if (target.missing) return std::move(*target.missing);
  const auto found = node.look_at_state(target.what, *question);
  if (!found) return error_response(found.why());
  const auto& declared = found->declared;
  json j{{"state", declared.name},
         {"version", declared.version},
         {"scope", declared.scope == WEIR_STATE_KEYED ? "key" : "partition"},
         {"kind", declared.value == WEIR_VALUE_FIXED ? "fixed" : "bytes"},
         {"asked", found->asked},
         {"values", json::array()},
         {"more", found->more}};
  if (!declared.schema.empty()) j["schema"] = declared.schema;
  for (const state_value& v : found->values) {
    json one{{"partition", v.partition}, {"version", v.version}, {"subkey", bytes_json(v.subkey)}, {"value", bytes_json(v.bytes)}};
    if (declared.value == WEIR_VALUE_FIXED) one["number"] = number_json(v.bytes);
    j["values"].push_back(std::move(one));
  }
  return json_reply(j);
}

}  // namespace

void control_api::add_state_routes(router& to) {
  to.add({.pattern = "/v1/topologies/{t}/operators/{o}/states/{s}",
          .where = lane::reads,
          .params = {"key", "subkey", "partition", "limit"},
          .handle = with_node(state_of)});
}

}  // namespace weir::runtime
