// The routes that change what runs: submit, remove, stop, start, pause, resume.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/control/control_api.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/request.hpp"
#include "runtime/control/status_json.hpp"
#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

result<manifest_source> read_source(const json& j) {
  if (!j.is_object()) return wrong("each of 'manifests' must be an object with 'text' and 'file'");
  manifest_source source;
  auto text = read_string(j, "text");
  auto file = read_string(j, "file");
  if (!text) return text.why();
  if (!file) return file.why();
  if (!file->starts_with('/'))
    return wrong(fmt::format("'file' is {}; it must be absolute, since relative paths of the manifest are relative to it", topology::quoted(*file)));
  source.text = std::move(*text);
  source.file = std::move(*file);
  const auto variables = j.find("variables");
  if (variables == j.end()) return source;
  if (!variables->is_object()) return wrong("'variables' must be an object of strings");
  for (const auto& [name, value] : variables->items()) {
    if (!value.is_string()) return wrong(fmt::format("variable {} must be a string", topology::quoted(name)));
    source.variables.emplace(name, value.get<std::string>());
  }
  return source;
}

http_response submit(node_commands& node, const http_request& asked) {
  const auto body = read_object(asked.body, {"manifests", "dry_run", "override", "by"});
  if (!body) return error_response(body.why());
  const auto all = body->find("manifests");
  if (all == body->end() || !all->is_array() || all->empty()) return bad_request("'manifests' must be a list of at least one {\"text\", \"file\"}");
  std::vector<manifest_source> sources;
  for (const json& one : *all) {
    auto source = read_source(one);
    if (!source) return error_response(source.why());
    sources.push_back(std::move(*source));
  }
  const auto dry_run = read_flag(*body, "dry_run");
  const auto override_all = read_flag(*body, "override");
  if (!dry_run) return error_response(dry_run.why());
  const auto by = read_optional(*body, "by");
  if (!override_all) return error_response(override_all.why());
  if (!by) return error_response(by.why());
  const auto done = node.submit(sources, {.dry_run = *dry_run, .override_all = *override_all, .by = by->value_or("")});
  if (!done) return error_response(done.why());
  json j{{"dry_run", *dry_run}, {"changes", json::array()}};
  for (const operator_change& c : *done) j["changes"].push_back(to_json(c));
  return json_reply(j);
}

result<stop_options> read_stop_options(const http_request& asked) {
  if (const auto body = read_object(asked.body, {}); !body) return body.why();
  stop_options options;
  const auto given = asked.params.find("drain_timeout");
  if (given == asked.params.end()) return options;
  const auto ns = topology::parse_duration(given->second);
  if (!ns) return wrong(fmt::format("drain_timeout is {}; it must be {}", topology::quoted(given->second), topology::duration_form));
  options.drain_timeout_ns = *ns;
  return options;
}

/// Said in the body: {"skip_record": true}.
result<resume_options> read_resume_options(const http_request& asked) {
  const auto body = read_object(asked.body, {"skip_record"});
  if (!body) return body.why();
  const auto skip_record = read_flag(*body, "skip_record");
  if (!skip_record) return skip_record.why();
  return resume_options{.skip_record = *skip_record};
}

/// A command on a topology or an operator, with what is read for it first.
template <class Read, class Run>
auto handler_of(Read read, Run run) {
  return [read, run](node_commands& node, const http_request& asked) {
    const auto options = read(asked);
    if (!options) return error_response(options.why());
    found_target target = find_target(node, asked);
    if (target.missing) return std::move(*target.missing);
    if (const auto done = run(node, target.what, *options); !done) return error_response(done.why());
    return json_reply({{"done", true}});
  };
}

}  // namespace

void control_api::add_changing_routes(router& to) {
  const std::vector<std::string> drains{"drain_timeout"};
  const auto add = [&](http_verb verb, const std::string& pattern, const std::vector<std::string>& params, node_handler handle) {
    to.add({.verb = verb, .pattern = pattern, .where = lane::commands, .params = params, .handle = with_node(std::move(handle))});
  };
  const auto add_command = [&](const std::string& word, const std::vector<std::string>& params, const node_handler& handle) {
    add(http_verb::post, "/v1/topologies/{t}/" + word, params, handle);
    add(http_verb::post, "/v1/topologies/{t}/operators/{o}/" + word, params, handle);
  };
  const auto stopping = [](auto run) { return handler_of(read_stop_options, run); };
  add(http_verb::post, "/v1/topologies", {}, submit);
  add_command("stop", drains, stopping([](node_commands& n, const command_target& what, const stop_options& o) { return n.stop(what, o); }));
  add_command("start", {}, stopping([](node_commands& n, const command_target& what, const stop_options&) { return n.start(what); }));
  add_command("pause", {}, stopping([](node_commands& n, const command_target& what, const stop_options&) { return n.pause(what); }));
  add_command("resume", {},
              handler_of(read_resume_options, [](node_commands& n, const command_target& what, const resume_options& o) { return n.resume(what, o); }));
  add(http_verb::del, "/v1/topologies/{t}", drains,
      stopping([](node_commands& n, const command_target& what, const stop_options& o) { return n.remove(what.topology, o); }));
}

}  // namespace weir::runtime
