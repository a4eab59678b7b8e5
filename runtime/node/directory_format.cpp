#include "runtime/node/directory_format.hpp"

#include <nlohmann/json.hpp>

namespace weir::runtime {

namespace {

using nlohmann::json;

json to_json(const directory_topology& t) { return {{"file", t.file}, {"manifest", t.manifest}, {"stopped", t.stopped}, {"paused", t.paused}}; }

directory_topology topology_from_json(const json& j) { return {j.at("file"), j.at("manifest"), j.at("stopped"), j.at("paused")}; }

json to_json(const operator_code& c) {
  return {{"artifact", c.artifact}, {"standard", c.standard}, {"stored", c.stored}, {"class", c.class_name}, {"version", c.version}};
}

operator_code code_from_json(const json& j) { return {j.at("artifact"), j.at("standard"), j.at("stored"), j.at("class"), j.at("version")}; }

json to_json(const record_position& p) { return {p.log, p.lsn, p.index}; }

record_position position_from_json(const json& j) { return {j.at(0), j.at(1), j.at(2)}; }

json to_json(const directory_deaths& d) {
  return {{"count", d.count}, {"cause", d.cause}, {"place", static_cast<std::uint32_t>(d.place)},
          {"log", d.log},     {"lsn", d.lsn},     {"record", to_json(d.record)}};
}

directory_deaths deaths_from_json(const json& j) {
  return {j.at("count"), j.at("cause"), static_cast<step_place>(j.at("place").get<std::uint32_t>()),
          j.at("log"),   j.at("lsn"),   position_from_json(j.at("record"))};
}

json to_json(const directory_entry& e) {
  json j{{"topology", e.topology},       {"name", e.name},
         {"code", to_json(e.code)},      {"first_log", e.first_log},
         {"parallelism", e.parallelism}, {"generation", e.generation},
         {"istreams", json::array()},    {"ostreams", json::array()},
         {"states", json::array()}};
  for (const auto& i : e.istreams) j["istreams"].push_back({{"name", i.name}, {"stream", i.stream}, {"grouping", i.grouping}, {"inlined", i.inlined}});
  for (const auto& o : e.ostreams) j["ostreams"].push_back({{"name", o.name}, {"stream", o.stream}, {"inlined", o.inlined}});
  for (const auto& s : e.states)
    j["states"].push_back({{"id", s.id},
                           {"name", s.name},
                           {"version", s.version},
                           {"scope", s.scope},
                           {"value", s.value},
                           {"value_size", s.value_size},
                           {"schema", s.schema},
                           {"current", s.current}});
  for (const auto& [log, lsn] : e.starts) j["starts"].push_back({log, lsn});
  for (const auto& [generation, code] : e.former) j["former"].push_back({generation, to_json(code)});
  if (e.by_hand) j["by_hand"] = true;
  if (e.trial.back_to != 0) j["trial"] = {{"back_to", e.trial.back_to}, {"until", e.trial.until_ns}};
  if (e.deaths.count != 0) j["deaths"] = to_json(e.deaths);
  for (const auto& [log, pass] : e.passes) j["passes"].push_back({log, to_json(pass.record), pass.cause});
  return j;
}

directory_entry from_json(const json& j) {
  directory_entry e;
  e.topology = j.at("topology");
  e.name = j.at("name");
  e.code = code_from_json(j.at("code"));
  e.first_log = j.at("first_log");
  e.parallelism = j.at("parallelism");
  e.generation = j.at("generation");
  for (const json& i : j.at("istreams")) e.istreams.push_back({i.at("name"), i.at("stream"), i.at("grouping"), i.value("inlined", false)});
  for (const json& o : j.at("ostreams")) e.ostreams.push_back({o.at("name"), o.at("stream"), 0, o.value("inlined", false)});
  for (const json& start : j.value("starts", json::array())) e.starts[start.at(0)] = start.at(1);
  for (const json& former : j.value("former", json::array())) e.former[former.at(0)] = code_from_json(former.at(1));
  e.by_hand = j.value("by_hand", false);
  if (j.contains("trial")) e.trial = {j["trial"].at("back_to"), j["trial"].at("until")};
  if (j.contains("deaths")) e.deaths = deaths_from_json(j["deaths"]);
  for (const json& pass : j.value("passes", json::array())) e.passes[pass.at(0)] = {position_from_json(pass.at(1)), pass.at(2)};
  for (const json& s : j.at("states"))
    e.states.push_back(
        {s.at("id"), s.at("name"), s.at("version"), s.at("scope"), s.at("value"), s.at("value_size"), s.value("schema", ""), s.value("current", true)});
  return e;
}

}  // namespace

std::string entry_text(const directory_entry& e) { return to_json(e).dump(); }

std::string deployment_text(const deployment& d) {
  return json{{"generation", d.generation}, {"kind", d.kind}, {"at", d.at_ns}, {"by", d.by}, {"why", d.why}, {"code", to_json(d.code)}, {"pauses", d.pauses_ns}}
      .dump();
}

deployment read_deployment(std::string_view text) {
  const json j = json::parse(text);
  return {j.at("generation"), j.at("kind"), j.at("at"), j.at("by"), j.at("why"), code_from_json(j.at("code")), j.at("pauses")};
}

std::string topology_text(const directory_topology& t) { return to_json(t).dump(); }

directory_entry read_entry(std::string_view text) { return from_json(json::parse(text)); }

directory_topology read_topology(std::string_view text) { return topology_from_json(json::parse(text)); }

directory_state declared(const topology::operator_metadata::state& s) { return {0, s.name, s.version, s.scope, s.value, s.value_size, s.schema, true}; }

operator_code code_as_planned(const topology::planned_operator& op) {
  const bool standard = !op.entry.uses.empty();
  return {.artifact = standard ? op.entry.uses : op.entry.artifact, .standard = standard, .class_name = op.entry.class_name};
}

directory_entry describe_planned(const topology::planned_operator& op, const topology::plan& p, const std::map<std::string, operator_code>& codes) {
  directory_entry e;
  e.topology = op.topology;
  e.name = op.entry.name;
  const auto stored = codes.find(e.key());
  e.code = stored != codes.end() ? stored->second : code_as_planned(op);
  e.code.version = op.metadata.version;
  e.parallelism = op.entry.parallelism;
  for (std::size_t i = 0; i < op.metadata.istreams.size(); ++i)
    e.istreams.push_back({op.metadata.istreams[i].name, p.streams[op.inputs[i]].name, op.metadata.istreams[i].grouping, p.streams[op.inputs[i]].inlined});
  for (std::size_t i = 0; i < op.metadata.ostreams.size(); ++i)
    e.ostreams.push_back({op.metadata.ostreams[i], p.streams[op.outputs[i]].name, 0, p.streams[op.outputs[i]].inlined});
  for (std::size_t i = 0; i < op.metadata.states.size(); ++i) {
    e.states.push_back(declared(op.metadata.states[i]));
    e.states.back().id = static_cast<std::uint16_t>(i + 1);
  }
  return e;
}

}  // namespace weir::runtime
