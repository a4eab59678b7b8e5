// What submits and commands make of the directory of a node that runs.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/directory.hpp"
#include "runtime/node/directory_format.hpp"

namespace weir::runtime {

namespace {

/// The operators of a chain share a log from its first frame on.
error chain_differs(const std::string& where, const std::string& what) {
  return {error_code::refused, where + what + "; the operators of a chain share a log and come and go together: give all of them other names"};
}

}  // namespace

/// Beyond what is durable now of the logs that are there already, wherever an istream asks for it.
void directory::begin_at_latest(directory_entry& e, const topology::planned_operator& op, const topology::plan& p, const directory_surroundings& around) const {
  for (const topology::istream_binding& b : op.entry.istreams) {
    if (b.from != topology::start_point::latest) continue;
    const auto stream = std::find_if(p.streams.begin(), p.streams.end(), [&](const auto& s) { return s.name == b.stream; });
    const topology::planned_operator& producer = p.operators[stream->producer];
    const auto there = entries_.find(producer.key());
    if (there == entries_.end()) continue;
    for (std::uint64_t log = there->second.first_log; log < there->second.first_log + there->second.parallelism; ++log)
      if (const std::uint64_t lsn = around.newest(log); lsn > 0) e.starts[log] = lsn;
  }
}

result<std::vector<directory_change>> directory::submit(const topology::plan& p, const std::map<std::string, directory_topology>& texts,
                                                        const directory_surroundings& around, frame& admin) {
  std::vector<directory_change> changes;
  std::map<std::string, directory_entry> next;
  for (const auto& [key, e] : entries_)
    if (!texts.contains(e.topology)) next.emplace(key, e);
  auto last_ids = this->last_ids(p);
  for (const topology::planned_operator& op : p.operators) {
    if (!texts.contains(op.topology)) continue;
    const auto there = entries_.find(op.key());
    const topology::planned_operator& head = p.operators[op.head];
    std::uint16_t& last_id = last_ids[head.key()];
    directory_entry e = describe_planned(op, p, around.codes);
    if (there != entries_.end()) {
      auto adapted = adapt(there->second, op, p, around, last_id);
      if (!adapted) return adapted.why();
      e = std::move(adapted).value();
    } else if (&head == &op) {
      e.first_log = next_log_;
      next_log_ += e.parallelism;
      begin_at_latest(e, op, p, around);
    } else {
      if (entries_.contains(head.key())) {
        return chain_differs(op.entry.where.text() + ": ", fmt::format("operator '{}' would join the chain of '{}'", op.entry.name, head.entry.name));
      }
      for (directory_state& s : e.states) s.id = static_cast<std::uint16_t>(s.id + last_id);
      e.first_log = next.at(head.key()).first_log;  // The head comes first.
    }
    for (const directory_state& s : e.states) last_id = std::max(last_id, s.id);
    if (there == entries_.end() || e.generation != there->second.generation || e.by_hand != there->second.by_hand) write(e, admin);
    changes.push_back({.key = e.key(), .created = there == entries_.end()});
    next.emplace(e.key(), std::move(e));
  }
  for (const auto& [key, e] : entries_) {
    if (next.contains(key)) continue;
    for (const auto& [stays, other] : next)
      if (other.first_log == e.first_log) return chain_differs("", fmt::format("operator '{}' would leave the chain that it shares with '{}'", key, stays));
    forget(key, admin);
    changes.push_back({.key = key, .removed = true});
  }
  const std::string count = std::to_string(next_log_);
  admin.states.add({.id = counters_state, .key = "next_log", .value = count});
  entries_ = std::move(next);
  for (const auto& [name, state] : texts) set(name, state, admin);
  return changes;
}

result<void> directory::refresh(const topology::plan& p, const directory_surroundings& around) {
  auto next = entries_;
  auto last_ids = this->last_ids(p);
  for (const topology::planned_operator& op : p.operators) {
    const topology::planned_operator& head = p.operators[op.head];
    std::uint16_t& last_id = last_ids[head.key()];
    const auto there = next.find(op.key());
    if (there == next.end())
      return error{error_code::corrupt, fmt::format("{} knows topology '{}' but not its operator '{}'", data_directory_, op.topology, op.entry.name)};
    auto adapted = adapt(there->second, op, p, around, last_id);
    if (!adapted) return adapted.why();
    there->second = std::move(adapted).value();
    for (const directory_state& s : there->second.states) last_id = std::max(last_id, s.id);
  }
  entries_ = std::move(next);
  return {};
}

void directory::add_changes(const directory& before, frame& admin) const {
  for (const auto& [key, e] : entries_) {
    const auto was = before.entries_.find(key);
    if (was == before.entries_.end() || entry_text(was->second) != entry_text(e)) write(e, admin);
  }
}

void directory::note_begun(const topology::planned_operator& op) { entries_.at(op.key()).start = WEIR_START_RECOVERED; }

void directory::set(const std::string& topology, const directory_topology& state, frame& admin) {
  const std::string text = topology_text(state);
  admin.states.add({.id = topologies_state, .key = topology, .value = text});
  topologies_[topology] = state;
}

void directory::remove(const std::string& topology, frame& admin) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (at->second.topology != topology) {
      ++at;
      continue;
    }
    forget(at->first, admin);
    at = entries_.erase(at);
  }
  if (topologies_.erase(topology) > 0) admin.states.add({.id = topologies_state, .removed = true, .key = topology});
}

}  // namespace weir::runtime
