#include "runtime/node/directory.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "runtime/node/directory_format.hpp"

namespace weir::runtime {

namespace {

std::string describe(const directory_state& s) {
  const std::string scope = s.scope == WEIR_STATE_PARTITION ? "per partition" : "keyed";
  const std::string value = s.value == WEIR_VALUE_FIXED ? std::to_string(s.value_size) + " bytes a value" : s.schema.empty() ? "bytes" : s.schema;
  return fmt::format("{}, version {}, {}", scope, s.version, value);
}

/// Same name and form; where only the version differs values need a conversion all the same.
bool same_version(const directory_state& a, const directory_state& b) {
  return std::tie(a.name, a.version, a.scope, a.value, a.value_size, a.schema) == std::tie(b.name, b.version, b.scope, b.value, b.value_size, b.schema);
}

/// A stream that was inlined and is no longer, or the reverse; its operator's log and state would be others'.
std::string chain_difference(const std::vector<directory_wire>& wanted, const std::vector<directory_wire>& there, const std::string& data_directory) {
  for (const auto& w : wanted)
    for (const auto& t : there)
      if (w.stream == t.stream && w.inlined != t.inlined)
        return fmt::format("stream '{}' is {}, but in {} it is {}", w.stream, w.inlined ? "inlined (persist: false)" : "persisted", data_directory,
                           t.inlined ? "inlined (persist: false)" : "persisted");
  return "";
}

std::string wires(const std::vector<directory_wire>& all) {
  std::string text;
  for (const auto& w : all) text += (text.empty() ? "" : ", ") + w.name + ": " + w.stream;
  return "{" + text + "}";
}

}  // namespace

std::vector<std::uint16_t> directory_entry::state_ids(const topology::operator_metadata& metadata) const {
  std::vector<std::uint16_t> ids;
  for (const auto& one : metadata.states)
    ids.push_back(std::find_if(states.begin(), states.end(), [&](const directory_state& s) { return s.current && s.name == one.name; })->id);
  return ids;
}

std::vector<std::vector<directory_state>> directory_entry::other_versions(const topology::operator_metadata& metadata) const {
  std::vector<std::vector<directory_state>> all;
  for (const auto& one : metadata.states) {
    all.emplace_back();
    std::copy_if(states.begin(), states.end(), std::back_inserter(all.back()), [&](const directory_state& s) { return !s.current && s.name == one.name; });
  }
  return all;
}

result<directory> directory::read(const log_image& node_log, const std::string& data_directory) {
  directory d;
  d.data_directory_ = data_directory;
  std::string wrong;
  node_log.states.for_each_sorted([&](const change& c) {
    try {
      if (c.id == counters_state) d.next_log_ = std::stoull(std::string(c.value));
      if (c.id == topologies_state) d.topologies_.emplace(c.key, read_topology(c.value));
      if (c.id == history_state) {
        const std::string_view key = std::string_view(c.key).substr(0, c.key.rfind('/'));
        d.history_[std::string(key)].push_back(read_deployment(c.value));
      }
      if (c.id != entries_state) return;
      directory_entry e = read_entry(c.value);
      d.entries_.emplace(e.key(), std::move(e));
    } catch (const std::exception& e) {
      wrong = fmt::format("{}: the node's directory entry '{}' cannot be read: {}", data_directory, c.key, e.what());
    }
  });
  if (!wrong.empty()) return error{error_code::corrupt, wrong};
  return d;
}

result<directory_entry> directory::adapt(const directory_entry& there, const topology::planned_operator& op, const topology::plan& p,
                                         const directory_surroundings& around, std::uint16_t last_id) const {
  directory_entry wanted = describe_planned(op, p, around.codes);
  if (!around.codes.contains(there.key())) {
    wanted.code = there.code;
    wanted.by_hand = there.by_hand;
    wanted.code.version = op.metadata.version;
  }
  const auto refuse = [&](const std::string& what) {
    return error{error_code::refused, fmt::format("{}: operator '{}': {}; restore the manifest, or give the operator another name: then a new one begins",
                                                  op.entry.where.text(), op.entry.name, what)};
  };
  if (wanted.parallelism != there.parallelism)
    return refuse(fmt::format("parallelism is {}, but {} was made with {}", wanted.parallelism, data_directory_, there.parallelism));
  for (const auto& [now, before] : {std::pair(wanted.ostreams, there.ostreams), std::pair(wanted.istreams, there.istreams)})
    if (const std::string difference = chain_difference(now, before, data_directory_); !difference.empty()) return refuse(difference);
  if (wanted.istreams != there.istreams)
    return refuse(fmt::format("reads {}, but in {} it reads {}", wires(wanted.istreams), data_directory_, wires(there.istreams)));
  const bool ostreams_kept =
      wanted.ostreams.size() >= there.ostreams.size() && std::equal(there.ostreams.begin(), there.ostreams.end(), wanted.ostreams.begin());
  if (!ostreams_kept || wanted.ostreams.size() != there.ostreams.size())
    return refuse(fmt::format("writes {}, but in {} it writes {}", wires(wanted.ostreams), data_directory_, wires(there.ostreams)));
  auto adapted = adapt_states(there, op.metadata, around, last_id);
  if (!adapted) return refuse(adapted.why().message);
  std::vector<directory_state> states = std::move(adapted).value();
  wanted.first_log = there.first_log;
  wanted.generation = there.generation;
  wanted.starts = there.starts;
  wanted.former = there.former;
  wanted.start = there.start;
  wanted.deaths = there.deaths;
  wanted.passes = there.passes;
  const bool other = !wanted.code.same_as(there.code) || states != there.states;
  wanted.states = std::move(states);
  if (!other) {
    wanted.trial = there.trial;
    return wanted;
  }
  wanted.take(std::exchange(wanted.code, there.code));
  wanted.start = WEIR_START_DEPLOYED;
  return wanted;
}

result<std::vector<directory_state>> directory::adapt_states(const directory_entry& there, const topology::operator_metadata& metadata,
                                                             const directory_surroundings& around, std::uint16_t last_id) const {
  const auto differs = [](std::string what) { return error{error_code::refused, std::move(what)}; };
  std::vector<directory_state> states = there.states;
  for (directory_state& s : states) s.current = false;
  for (const auto& one : metadata.states) {
    const directory_state wanted = declared(one);
    for (const directory_state& s : there.states) {
      if (s.name != one.name || same_version(s, wanted)) continue;
      if (s.scope == wanted.scope && s.version != wanted.version && around.converts(there.key(), s.name, s.form(), wanted.form())) continue;
      bool any = false;
      for (std::uint32_t i = 0; i < there.parallelism; ++i) any = any || around.holds(there.first_log + i, s.id);
      if (!any && s.version != one.version) continue;  // Nothing is left to be converted.
      return differs(fmt::format("state '{}' is declared as ({}), but {} holds ({}){}", one.name, describe(wanted), data_directory_, describe(s),
                                 s.version == one.version ? "; another form needs another version and a conversion" : ", from which nothing converts"));
    }
    const auto known = std::find_if(states.begin(), states.end(), [&](const directory_state& s) { return same_version(s, wanted); });
    if (known != states.end()) {
      known->current = true;
      continue;
    }
    std::uint16_t last = last_id;
    for (const directory_state& s : states) last = std::max(last, s.id);
    states.push_back(wanted);
    states.back().id = static_cast<std::uint16_t>(last + 1);
  }
  for (const directory_state& s : there.states)
    if (std::none_of(metadata.states.begin(), metadata.states.end(), [&](const auto& w) { return w.name == s.name; }))
      return differs(fmt::format("no longer declares state '{}', which {} holds", s.name, data_directory_));
  return states;
}

std::map<std::string, std::uint16_t> directory::last_ids(const topology::plan& p) const {
  std::map<std::string, std::uint16_t> last;
  for (const topology::planned_operator& op : p.operators) {
    const auto there = entries_.find(op.key());
    if (there == entries_.end()) continue;
    std::uint16_t& of_chain = last[p.operators[op.head].key()];
    for (const directory_state& s : there->second.states) of_chain = std::max(of_chain, s.id);
  }
  return last;
}

result<void> directory::reconcile(const topology::plan& p, const directory_surroundings& around, frame& admin) {
  std::map<std::string, directory_entry> next;
  auto last_ids = this->last_ids(p);
  for (const topology::planned_operator& op : p.operators) {
    const std::string key = op.key();
    const std::string head = p.operators[op.head].key();
    std::uint16_t& last_id = last_ids[head];
    const auto there = entries_.find(key);
    directory_entry e = describe_planned(op, p, around.codes);
    if (there != entries_.end()) {
      auto adapted = adapt(there->second, op, p, around, last_id);
      if (!adapted) return adapted.why();
      e = std::move(adapted).value();
    } else {
      for (directory_state& s : e.states) s.id = static_cast<std::uint16_t>(s.id + last_id);
      e.first_log = head == key ? next_log_ : next.at(head).first_log;  // The head comes first.
      if (head == key) next_log_ += e.parallelism;
    }
    for (const directory_state& s : e.states) last_id = std::max(last_id, s.id);
    if (there == entries_.end() || e.generation != there->second.generation || e.by_hand != there->second.by_hand) write(e, admin);
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

void directory::write(const directory_entry& e, frame& admin) const {
  const std::string text = entry_text(e);
  admin.states.add({.id = entries_state, .key = e.key(), .value = text});
}

const directory_entry& directory::of(const topology::planned_operator& op) const { return entries_.at(op.key()); }

}  // namespace weir::runtime
