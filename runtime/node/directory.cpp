#include "runtime/node/directory.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weir::runtime {

namespace {

using nlohmann::json;

constexpr std::uint16_t entries_state = 1;   ///< key() -> the entry as JSON.
constexpr std::uint16_t counters_state = 2;  ///< "next_log" -> decimal text.

json to_json(const directory_entry& e) {
  json j{{"topology", e.topology},       {"name", e.name},
         {"version", e.version},         {"first_log", e.first_log},
         {"parallelism", e.parallelism}, {"generation", e.generation},
         {"istreams", json::array()},    {"ostreams", json::array()},
         {"states", json::array()}};
  for (const auto& i : e.istreams) j["istreams"].push_back({{"name", i.name}, {"stream", i.stream}, {"grouping", i.grouping}});
  for (const auto& o : e.ostreams) j["ostreams"].push_back({{"name", o.name}, {"stream", o.stream}});
  for (const auto& s : e.states)
    j["states"].push_back({{"id", s.id}, {"name", s.name}, {"version", s.version}, {"scope", s.scope}, {"value", s.value}, {"value_size", s.value_size}});
  return j;
}

directory_entry from_json(const json& j) {
  directory_entry e;
  e.topology = j.at("topology");
  e.name = j.at("name");
  e.version = j.at("version");
  e.first_log = j.at("first_log");
  e.parallelism = j.at("parallelism");
  e.generation = j.at("generation");
  for (const json& i : j.at("istreams")) e.istreams.push_back({i.at("name"), i.at("stream"), i.at("grouping")});
  for (const json& o : j.at("ostreams")) e.ostreams.push_back({o.at("name"), o.at("stream"), 0});
  for (const json& s : j.at("states")) e.states.push_back({s.at("id"), s.at("name"), s.at("version"), s.at("scope"), s.at("value"), s.at("value_size")});
  return e;
}

std::string describe(const directory_state& s) {
  const std::string scope = s.scope == WEIR_STATE_PARTITION ? "per partition" : "keyed";
  return fmt::format("{}, version {}, {}", scope, s.version, s.value == WEIR_VALUE_BYTES ? "bytes" : std::to_string(s.value_size) + " bytes a value");
}

/// The entry that a plan's operator would have in an empty directory.
directory_entry describe_planned(const topology::planned_operator& op, const topology::plan& p) {
  directory_entry e;
  e.topology = op.topology;
  e.name = op.entry.name;
  e.version = op.metadata.version;
  e.parallelism = op.entry.parallelism;
  for (std::size_t i = 0; i < op.metadata.istreams.size(); ++i)
    e.istreams.push_back({op.metadata.istreams[i].name, p.streams[op.inputs[i]].name, op.metadata.istreams[i].grouping});
  for (std::size_t i = 0; i < op.metadata.ostreams.size(); ++i) e.ostreams.push_back({op.metadata.ostreams[i], p.streams[op.outputs[i]].name, 0});
  for (std::size_t i = 0; i < op.metadata.states.size(); ++i) {
    const auto& s = op.metadata.states[i];
    e.states.push_back({static_cast<std::uint16_t>(i + 1), s.name, s.version, s.scope, s.value, s.value_size});
  }
  return e;
}

std::string wires(const std::vector<directory_wire>& all) {
  std::string text;
  for (const auto& w : all) text += (text.empty() ? "" : ", ") + w.name + ": " + w.stream;
  return "{" + text + "}";
}

}  // namespace

std::vector<std::uint16_t> directory_entry::state_ids(const topology::operator_metadata& metadata) const {
  std::vector<std::uint16_t> ids;
  for (const auto& declared : metadata.states)
    ids.push_back(std::find_if(states.begin(), states.end(), [&](const directory_state& s) { return s.name == declared.name; })->id);
  return ids;
}

result<directory> directory::read(const log_image& node_log, const std::string& data_directory) {
  directory d;
  d.data_directory_ = data_directory;
  std::string wrong;
  node_log.states.for_each_sorted([&](const change& c) {
    try {
      if (c.id == counters_state) d.next_log_ = std::stoull(std::string(c.value));
      if (c.id != entries_state) return;
      directory_entry e = from_json(json::parse(c.value));
      d.entries_.emplace(e.key(), std::move(e));
    } catch (const std::exception& e) {
      wrong = fmt::format("{}: the node's directory entry '{}' cannot be read: {}", data_directory, c.key, e.what());
    }
  });
  if (!wrong.empty()) return error{error_code::corrupt, wrong};
  return d;
}

result<directory_entry> directory::adapt(const directory_entry& there, const topology::planned_operator& op, const topology::plan& p) const {
  directory_entry wanted = describe_planned(op, p);
  const auto refuse = [&](const std::string& what) {
    return error{error_code::refused, fmt::format("{}: operator '{}': {}; restore the manifest, or start with another --data directory", op.entry.where.text(),
                                                  op.entry.name, what)};
  };
  if (wanted.parallelism != there.parallelism)
    return refuse(fmt::format("parallelism is {}, but {} was made with {}", wanted.parallelism, data_directory_, there.parallelism));
  if (wanted.istreams != there.istreams)
    return refuse(fmt::format("reads {}, but in {} it reads {}", wires(wanted.istreams), data_directory_, wires(there.istreams)));
  const bool ostreams_kept =
      wanted.ostreams.size() >= there.ostreams.size() && std::equal(there.ostreams.begin(), there.ostreams.end(), wanted.ostreams.begin());
  if (!ostreams_kept || wanted.ostreams.size() != there.ostreams.size())
    return refuse(fmt::format("writes {}, but in {} it writes {}", wires(wanted.ostreams), data_directory_, wires(there.ostreams)));
  std::vector<directory_state> states = there.states;
  for (directory_state s : wanted.states) {
    const auto known = std::find_if(states.begin(), states.end(), [&](const auto& k) { return k.name == s.name; });
    if (known == states.end()) {
      s.id =
          static_cast<std::uint16_t>(states.empty() ? 1 : std::max_element(states.begin(), states.end(), [](auto& a, auto& b) { return a.id < b.id; })->id + 1);
      states.push_back(s);
      continue;
    }
    s.id = known->id;
    if (!(s == *known)) return refuse(fmt::format("state '{}' is declared as ({}), but {} holds ({})", s.name, describe(s), data_directory_, describe(*known)));
  }
  for (const directory_state& s : there.states)
    if (std::none_of(wanted.states.begin(), wanted.states.end(), [&](const auto& w) { return w.name == s.name; }))
      return refuse(fmt::format("no longer declares state '{}', which {} holds", s.name, data_directory_));
  wanted.first_log = there.first_log;
  wanted.generation = there.generation;
  wanted.deployed = wanted.version != there.version || states != there.states;
  if (wanted.deployed) ++wanted.generation;
  wanted.states = std::move(states);
  return wanted;
}

result<void> directory::reconcile(const topology::plan& p, frame& admin) {
  std::map<std::string, directory_entry> next;
  for (const topology::planned_operator& op : p.operators) {
    const std::string key = op.topology + "/" + op.entry.name;
    const auto there = entries_.find(key);
    directory_entry e = describe_planned(op, p);
    if (there != entries_.end()) {
      auto adapted = adapt(there->second, op, p);
      if (!adapted) return adapted.why();
      e = std::move(adapted).value();
    } else {
      e.first_log = next_log_;
      next_log_ += e.parallelism;
    }
    if (there == entries_.end() || e.deployed) {
      const std::string text = to_json(e).dump();
      admin.states.add({.id = entries_state, .key = key, .value = text});
    }
    next.emplace(key, std::move(e));
  }
  for (const auto& [key, e] : entries_)
    if (!next.contains(key))
      return error{error_code::refused,
                   fmt::format("{} holds operator '{}', which no manifest names; restore it, or start with another --data directory", data_directory_, key)};
  if (!admin.states.empty()) {
    const std::string count = std::to_string(next_log_);
    admin.states.add({.id = counters_state, .key = "next_log", .value = count});
  }
  entries_ = std::move(next);
  return {};
}

const directory_entry& directory::of(const topology::planned_operator& op) const { return entries_.at(op.topology + "/" + op.entry.name); }

}  // namespace weir::runtime
