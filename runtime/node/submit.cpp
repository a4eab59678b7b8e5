// Making a running node equal to manifests: whether that can be done while it runs, and doing it. difference.cpp tells what differs.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/node.hpp"
#include "runtime/node/planned.hpp"
#include "topology/effective.hpp"
#include "topology/manifest.hpp"
#include "topology/names.hpp"
#include "topology/utf8.hpp"

namespace weir::runtime {

/// One submit on its way.
struct node::submission {
  std::vector<std::string> names;                       ///< Topologies, as submitted.
  std::map<std::string, directory_topology> texts;      ///< The same, as the directory is to hold them.
  std::map<std::string, topology::manifest> manifests;  ///< Of all topologies.
  node::codes codes;                                    ///< Of the operators that are submitted.
  topology::plan plan;
  directory after;
  frame_ptr admin = make_intrusive<frame>();
  difference changes;
  keys created, replaced, removed;
};

result<difference> node::submit(std::span<const manifest_source> manifests, const submit_options& options) {
  const std::lock_guard lock(command_mutex_);
  if (auto takes = takes_commands(); !takes) return takes.why();
  submission s;
  s.manifests = manifests_;
  if (auto read = read_manifests(manifests, s); !read) return read.why();
  if (auto planned = plan_submission(s, options); !planned) return planned.why();
  if (auto live = check_live(s); !live) return live.why();
  bool news = !s.created.empty() || !s.replaced.empty() || !s.removed.empty();
  for (const auto& [name, t] : s.texts) {
    const auto there = directory_.topologies().find(name);
    news = news || there == directory_.topologies().end() || there->second != t;
  }
  if (news && !options.dry_run)
    if (auto done = carry_out(s); !done) return done.why();
  return std::move(s.changes);
}

result<void> node::read_manifests(std::span<const manifest_source> sources, submission& s) const {
  for (const manifest_source& source : sources) {
    const auto variables = [&](const std::string& name) -> std::optional<std::string> {
      const auto found = source.variables.find(name);
      return found == source.variables.end() ? std::nullopt : std::optional(found->second);
    };
    auto m = topology::parse_manifest(source.text, source.file, variables);
    if (!m) return m.why();
    const std::string name = m->topology;
    if (s.texts.contains(name)) return topology::fault_at(m->where, fmt::format("topology '{}' is submitted twice; rename one", name));
    directory_topology t{.file = source.file, .manifest = topology::manifest_text(*m)};
    if (const auto there = directory_.topologies().find(name); there != directory_.topologies().end()) {
      // What commands did to operators stays; who joins a topology that is stopped or paused as a whole is so too.
      const auto whole = [&](const std::set<std::string>& some) {
        return std::all_of(directory_.entries().begin(), directory_.entries().end(),
                           [&](const auto& e) { return e.second.topology != name || some.contains(e.second.name); });
      };
      for (const auto& entry : m->operators) {
        const bool known = directory_.entries().contains(name + "/" + entry.name);
        if (known ? there->second.stopped.contains(entry.name) : whole(there->second.stopped)) t.stopped.insert(entry.name);
        if (known ? there->second.paused.contains(entry.name) : whole(there->second.paused)) t.paused.insert(entry.name);
      }
    }
    for (const auto& entry : m->operators) {
      if (!entry.uses.empty()) continue;
      auto code = keep(entry.artifact, entry.class_name);
      if (!code) return topology::fault_at(entry.code_where, code.why().message);
      s.codes.emplace(name + "/" + entry.name, std::move(code).value());
    }
    s.names.push_back(name);
    s.texts.emplace(name, std::move(t));
    s.manifests[name] = std::move(m).value();
  }
  return {};
}

result<void> node::plan_submission(submission& s, const submit_options& options) {
  keys going;
  for (const auto& [key, e] : directory_.entries()) {
    const auto m = s.manifests.find(e.topology);
    if (!s.texts.contains(e.topology) || m == s.manifests.end()) continue;
    if (std::none_of(m->second.operators.begin(), m->second.operators.end(), [&](const auto& entry) { return entry.name == e.name; })) going.insert(key);
  }
  if (auto alone = check_subscribers(going, {s.names.begin(), s.names.end()}); !alone) return alone;
  auto p = plan_with(s.manifests, s.codes);
  if (!p) return p.why();
  s.plan = std::move(p).value();
  s.after = directory_;
  for (const auto& [key, code] : codes_of(s.plan)) s.codes.emplace(key, code);
  if (auto kept = check_deployed(s); !kept && !options.override_all) return kept;
  auto changes = s.after.submit(s.plan, s.texts, surroundings(s.codes), *s.admin);
  if (!changes) return changes.why();
  for (const directory_change& c : *changes) {
    const std::size_t slash = c.key.find('/');
    operator_change change{.topology = c.key.substr(0, slash), .name = c.key.substr(slash + 1)};
    if (c.created) {
      change.kind = change_kind::create;
      change.why = directory_.topologies().contains(change.topology) ? "new in the manifest" : "new topology";
      s.created.insert(c.key);
    } else if (c.removed) {
      change.kind = change_kind::remove;
      change.why = "no longer in the manifest";
      s.removed.insert(c.key);
    } else {
      change.why = what_differs(s.plan, *find_planned(s.plan, c.key));
      if (!change.why.empty()) {
        change.kind = change_kind::replace;
        s.replaced.insert(c.key);
      }
    }
    s.changes.push_back(std::move(change));
  }
  replace_chains(s);
  note_submission(s, options.by);
  const auto rank = [&](const operator_change& c) { return std::find(s.names.begin(), s.names.end(), c.topology); };
  std::stable_sort(s.changes.begin(), s.changes.end(), [&](const operator_change& a, const operator_change& b) { return rank(a) < rank(b); });
  return {};
}

/// Of each operator that gets other code, or its first.
void node::note_submission(submission& s, const std::string& by) const {
  for (const operator_change& c : s.changes) {
    const std::string key = c.topology + "/" + c.name;
    const auto now = s.after.entries().find(key);
    const auto before = directory_.entries().find(key);
    if (now == s.after.entries().end() || (before != directory_.entries().end() && before->second.generation == now->second.generation)) continue;
    const directory_entry& e = now->second;
    s.after.note(key, {.generation = e.generation, .kind = "submit", .at_ns = around_.time->realtime_ns(), .by = by, .why = c.why, .code = e.code}, *s.admin);
  }
}

/// What was deployed or rolled back by hand since the last submit is not undone by accident.
result<void> node::check_deployed(const submission& s) const {
  for (const topology::planned_operator& op : s.plan.operators) {
    const auto there = directory_.entries().find(op.key());
    if (!s.texts.contains(op.topology) || there == directory_.entries().end() || !there->second.by_hand) continue;
    operator_code wanted = s.codes.at(op.key());
    wanted.version = op.metadata.version;
    if (wanted.same_as(there->second.code)) continue;
    return error{
        error_code::refused,
        fmt::format("{}: operator '{}' runs generation {}, which was deployed by hand ({}); name that artifact here, or submit with --override to undo it",
                    op.entry.where.text(), op.entry.name, there->second.generation, there->second.code.artifact)};
  }
  return {};
}

/// Operators of a chain share their step: where one is made anew, all are.
void node::replace_chains(submission& s) {
  std::map<std::size_t, std::string> anew;  // By the chain's head.
  const auto head_of = [&](const operator_change& c) { return find_planned(s.plan, c.topology + "/" + c.name)->head; };
  for (const operator_change& c : s.changes)
    if (c.kind == change_kind::replace) anew.emplace(head_of(c), c.name);
  for (operator_change& c : s.changes) {
    if (c.kind != change_kind::unchanged) continue;
    const auto because = anew.find(head_of(c));
    if (because == anew.end()) continue;
    c.kind = change_kind::replace;
    c.why = fmt::format("in one chain with '{}'", because->second);
    s.replaced.insert(c.topology + "/" + c.name);
  }
}

/// Operators that go must have no subscribers in topologies other than those.
result<void> node::check_subscribers(const keys& going, const std::set<std::string>& with) const {
  std::map<std::string, std::string> written;  // Stream -> operator.
  for (const std::string& key : going) {
    const directory_entry& e = directory_.entries().at(key);
    for (const directory_wire& out : e.ostreams) written[out.stream] = key;
    written[topology::dead_letters_name(e.topology, e.name)] = key;
  }
  for (const auto& [key, e] : directory_.entries()) {
    if (with.contains(e.topology)) continue;
    for (const directory_wire& in : e.istreams) {
      const auto found = written.find(in.stream);
      if (found == written.end()) continue;
      return error{error_code::refused,
                   fmt::format("operator '{}' subscribes to stream '{}' of '{}'; remove topology '{}' first", key, in.stream, found->second, e.topology)};
    }
  }
  return {};
}

/// What needs a new start of the node is refused.
result<void> node::check_live(const submission& s) const {
  for (const std::string& key : s.replaced) {
    const topology::planned_operator* const was = find_planned(plan_, key);
    const topology::planned_operator* const is = find_planned(s.plan, key);
    if (was == nullptr) continue;
    if (was->metadata.blocking != is->metadata.blocking)
      return error{error_code::refused, fmt::format("operator '{}' {} blocking; that cannot change while it is there: give it another name", key,
                                                    is->metadata.blocking ? "becomes" : "is no longer")};
  }
  for (const topology::planned_operator& op : s.plan.operators) {
    const topology::planned_operator* const was = find_planned(plan_, op.key());
    if (was != nullptr && s.texts.contains(op.topology) && was->cpus != op.cpus)
      return error{error_code::refused, fmt::format("{}: operator '{}' is pinned to other CPUs, and cannot move while the node runs; restore 'pin'",
                                                    op.entry.where.text(), op.entry.name)};
  }
  return {};
}

result<void> node::carry_out(submission& s) {
  keys leaving = s.replaced;
  leaving.insert(s.removed.begin(), s.removed.end());
  if (auto free = check_calls(with_inputs(*hosts(), wired_of(leaving))); !free) return free;
  // What new subscribers are to begin with stays from now on.
  for (const std::string& key : s.created) {
    const directory_entry& e = s.after.entries().at(key);
    for (const auto& [log, lsn] : e.starts)
      for (std::uint32_t i = 0; i < e.parallelism; ++i) journal_->register_reader({.log = log, .reader = e.first_log + i, .lsn = lsn});
  }
  if (auto drained = drain_operators(leaving, {}); !drained) return drained;
  if (auto decided = decide(s.admin); !decided) return decided;
  discard(logs_of(s.removed));
  directory_ = std::move(s.after);
  manifests_ = std::move(s.manifests);
  plan_ = std::move(s.plan);
  know_streams();
  {
    const std::lock_guard lock(mutex_);
    submitted_ = directory_.topologies();
    for (const std::string& name : s.names) broken_.erase(name);
  }
  keys all = s.created;
  hosted_table next = *hosts();
  for (std::size_t op = 0; op < plan_.operators.size(); ++op) {
    const std::string key = plan_.operators[op].key();
    if (plan_.operators[op].head != op || !s.replaced.contains(key)) continue;
    all.insert(key);
    const directory_entry& entry = directory_.of(plan_.operators[op]);
    for (std::uint32_t i = 0; i < entry.parallelism; ++i) {
      const auto found = next.find(entry.first_log + i);
      if (found == next.end()) continue;
      describe_chain(plan_, op, i, found->second);
      fresh_.erase(found->first);
    }
  }
  keys missing = all;
  for (const auto& [log, h] : next) missing.erase(h.about->key());  // Of chains their heads: nothing else is spawned.
  if (auto spawned = spawn(plan_, missing, next); !spawned) return spawned;
  publish(std::move(next));
  want(all);
  return wire_wanted(all);
}

result<std::string> node::get(const std::string& topology) const {
  const std::lock_guard lock(mutex_);
  const auto found = submitted_.find(topology);
  if (found != submitted_.end())
    return fmt::format("# {}; relative paths below count from its folder\n{}", topology::printable(found->second.file), found->second.manifest);
  std::vector<std::string> known;
  for (const auto& [name, t] : submitted_) known.push_back(name);
  return error{error_code::usage,
               fmt::format("no topology {}{}", topology::quoted(topology),
                           topology::suggestion(topology, known, known.empty() ? "; none was submitted" : "; there are " + topology::listed(known)))};
}

std::vector<std::string> node::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, t] : submitted_) names.push_back(name);
  return names;
}

}  // namespace weir::runtime
