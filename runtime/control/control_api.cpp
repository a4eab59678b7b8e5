#include "runtime/control/control_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/control/metrics.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/status_json.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

template <class T>
std::vector<std::string> names_of(const std::vector<T>& all) {
  std::vector<std::string> names;
  for (const T& one : all) names.push_back(one.name);
  return names;
}

template <class T>
const T* find(const std::vector<T>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

http_response topologies(node_commands& node, const http_request&) {
  const node_status s = node.status();
  json j{{"topologies", json::array()}};
  for (const topology_status& t : s.topologies) j["topologies"].push_back(to_json(t));
  return json_reply(j);
}

/// A topology, or with "o" one of its operators.
http_response status_of(node_commands& node, const http_request& asked) {
  const node_status s = node.status();
  const topology_status* const t = find(s.topologies, asked.name("t"));
  if (t == nullptr) return no_such("no topology", asked.name("t"), names_of(s.topologies));
  const auto o = asked.names.find("o");
  if (o == asked.names.end()) return json_reply(to_json(*t));
  const operator_status* const op = find(t->operators, o->second);
  if (op == nullptr) return no_such("topology " + topology::quoted(t->name) + " has no operator", o->second, names_of(t->operators));
  return json_reply(to_json(*op));
}

http_response manifest_of(node_commands& node, const http_request& asked) {
  const std::vector<std::string> known = node.list();
  if (std::find(known.begin(), known.end(), asked.name("t")) == known.end()) return no_such("no topology", asked.name("t"), known);
  auto text = node.get(asked.name("t"));
  if (!text) return error_response(text.why());
  return {.body = std::move(*text), .content_type = "application/yaml"};
}

}  // namespace

void control_api::set_recovery_progress(std::uint64_t bytes_done, std::uint64_t bytes_total) noexcept {
  bytes_done_ = bytes_done;
  bytes_total_ = bytes_total;
}

std::function<http_response(const http_request&)> control_api::with_node(node_handler handle) const {
  return [this, handle = std::move(handle)](const http_request& asked) {
    node_commands* const node = node_;
    if (node == nullptr) return error_response({error_code::unreachable, "the node is still recovering its data directory; /readyz says how far it is"}, 503);
    return handle(*node, asked);
  };
}

http_response control_api::readiness() const {
  if (stopping_) return json_reply({{"ready", false}, {"state", "stopping"}}, 503);
  if (node_ != nullptr) return json_reply({{"ready", true}, {"state", "ready"}});
  return json_reply({{"ready", false}, {"state", "recovering"}, {"bytes_done", bytes_done_.load()}, {"bytes_total", bytes_total_.load()}}, 503);
}

void control_api::add_routes(router& to) {
  to.add({.pattern = "/healthz", .handle = [](const http_request&) { return json_reply({{"state", "up"}}); }});
  to.add({.pattern = "/readyz", .handle = [this](const http_request&) { return readiness(); }});
  add_reading_routes(to);
  add_changing_routes(to);
  add_deployment_routes(to);
  add_stream_routes(to);
  add_publishing_routes(to);
  add_log_routes(to);
  add_state_routes(to);
  add_dead_letter_routes(to);
}

void control_api::add_reading_routes(router& to) {
  to.add({.pattern = "/metrics", .handle = with_node([this](node_commands& node, const http_request&) {
                                   return http_response{.body = metrics_text(node.status(), version_), .content_type = metrics_content_type};
                                 })});
  to.add({.pattern = "/v1/node",
          .handle = with_node([this](node_commands& node, const http_request&) {
            const node_status s = node.status();
            return json_reply({{"version", version_}, {"epoch", s.epoch}, {"draining", s.draining}, {"modules", s.modules}, {"journal", to_json(s.journal)}});
          })});
  to.add({.pattern = "/v1/topologies", .handle = with_node(topologies)});
  to.add({.pattern = "/v1/topologies/{t}", .handle = with_node(status_of)});
  to.add({.pattern = "/v1/topologies/{t}/manifest", .handle = with_node(manifest_of)});
  to.add({.pattern = "/v1/topologies/{t}/operators/{o}", .handle = with_node(status_of)});
}

}  // namespace weir::runtime
