// The routes of an operator's code: deploy, rollback, history.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/control/control_api.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/request.hpp"
#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

json to_json(const deployment& d) {
  return {{"generation", d.generation},
          {"kind", d.kind},
          {"at", d.at_ns},
          {"by", d.by},
          {"why", d.why},
          {"artifact", d.code.artifact},
          {"stored", d.code.stored},
          {"class", d.code.class_name},
          {"version", d.code.version},
          {"pauses_ns", d.pauses_ns}};
}

http_response answer(const result<deploy_report>& done) {
  if (!done) return error_response(done.why());
  return json_reply({{"generation", done->generation}, {"pauses_ns", done->pauses_ns}, {"warning", done->warning}});
}

result<std::int64_t> read_probation(const json& body) {
  const auto text = read_optional(body, "probation");
  if (!text) return text.why();
  if (!*text) return deploy_options{}.probation_ns;
  const auto ns = topology::parse_duration(**text);
  if (!ns) return wrong(fmt::format("'probation' is {}; it must be {}", topology::quoted(**text), topology::duration_form));
  return *ns;
}

http_response deploy(node_commands& node, const http_request& asked) {
  const auto body = read_object(asked.body, {"artifact", "class", "dry_run", "probation", "by"});
  if (!body) return error_response(body.why());
  const auto artifact = read_string(*body, "artifact");
  const auto class_name = read_optional(*body, "class");
  const auto by = read_optional(*body, "by");
  const auto dry_run = read_flag(*body, "dry_run");
  const auto probation = read_probation(*body);
  if (!artifact) return error_response(artifact.why());
  if (!class_name) return error_response(class_name.why());
  if (!by) return error_response(by.why());
  if (!dry_run) return error_response(dry_run.why());
  if (!probation) return error_response(probation.why());
  if (!artifact->starts_with('/')) return bad_request("'artifact' must be an absolute path on the node's machine");
  found_target target = find_target(node, asked);
  if (target.missing) return std::move(*target.missing);
  return answer(
      node.deploy(target.what, *artifact, {.dry_run = *dry_run, .probation_ns = *probation, .class_name = class_name->value_or(""), .by = by->value_or("")}));
}

http_response rollback(node_commands& node, const http_request& asked) {
  const auto body = read_object(asked.body, {"to", "by"});
  if (!body) return error_response(body.why());
  std::optional<std::uint32_t> to;
  if (const auto given = body->find("to"); given != body->end()) {
    if (!given->is_number_unsigned() || given->get<std::uint64_t>() > UINT32_MAX) return bad_request("'to' must be the number of a generation");
    to = given->get<std::uint32_t>();
  }
  const auto by = read_optional(*body, "by");
  if (!by) return error_response(by.why());
  found_target target = find_target(node, asked);
  if (target.missing) return std::move(*target.missing);
  return answer(node.rollback(target.what, to, by->value_or("")));
}

http_response history(node_commands& node, const http_request& asked) {
  found_target target = find_target(node, asked);
  if (target.missing) return std::move(*target.missing);
  const auto all = node.history(target.what);
  if (!all) return error_response(all.why());
  json j{{"deployments", json::array()}, {"probation_left_ns", all->probation_left_ns}};
  for (const deployment& d : all->deployments) j["deployments"].push_back(to_json(d));
  return json_reply(j);
}

}  // namespace

void control_api::add_deployment_routes(router& to) {
  const std::string base = "/v1/topologies/{t}/operators/{o}/";
  to.add({.verb = http_verb::post, .pattern = base + "deployments", .where = lane::commands, .handle = with_node(deploy)});
  to.add({.verb = http_verb::post, .pattern = base + "rollback", .where = lane::commands, .handle = with_node(rollback)});
  to.add({.pattern = base + "deployments", .where = lane::commands, .handle = with_node(history)});
}

}  // namespace weir::runtime
