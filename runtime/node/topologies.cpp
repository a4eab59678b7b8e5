// Commands on topologies that are there: what they are to do is decided in log 0, and then done.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/deaths.hpp"
#include "runtime/node/node.hpp"
#include "runtime/operator/operator_actor.hpp"
#include "topology/manifest.hpp"
#include "topology/names.hpp"
#include "topology/utf8.hpp"

namespace weir::runtime {

namespace {

std::string operator_of(const std::string& key) { return key.substr(key.find('/') + 1); }

}  // namespace

result<void> node::takes_commands() const {
  const std::lock_guard lock(mutex_);
  if (!serves_) return error{error_code::refused, "this node runs manifests to their end and takes no commands; start one with 'weir serve'"};
  if (draining_) return error{error_code::refused, "this node is draining and takes no commands any more; start it again first"};
  return {};
}

/// Those of their chains too: who shares a log shares its step, and what is done to one is done to all.
node::keys node::with_chains(const keys& which) const {
  const logs theirs = logs_of(which);
  keys all;
  for (const auto& [key, e] : directory_.entries())
    if (theirs.contains(e.first_log)) all.insert(key);
  return all;
}

/// With the rest of their chains.
result<node::keys> node::operators_of(const command_target& what) const {
  if (auto takes = takes_commands(); !takes) return takes.why();
  keys found;
  std::vector<std::string> known;
  for (const auto& [key, e] : directory_.entries()) {
    if (e.topology == what.topology && (what.name.empty() || what.name == e.name)) found.insert(key);
    if (known.empty() || known.back() != e.topology) known.push_back(e.topology);
  }
  if (!found.empty()) return with_chains(found);
  if (!std::count(known.begin(), known.end(), what.topology))
    return error{error_code::usage,
                 fmt::format("no topology {}{}", topology::quoted(what.topology),
                             topology::suggestion(what.topology, known, known.empty() ? "; the node has none" : "; there are " + topology::listed(known)))};
  known.clear();
  for (const auto& [key, e] : directory_.entries())
    if (e.topology == what.topology) known.push_back(e.name);
  return error{error_code::usage, fmt::format("topology '{}' has no operator {}{}", what.topology, topology::quoted(what.name),
                                              topology::suggestion(what.name, known, "; it has " + topology::listed(known)))};
}

node::logs node::logs_of(const keys& which) const {
  logs all;
  for (const std::string& key : which) {
    const auto found = directory_.entries().find(key);
    if (found == directory_.entries().end()) continue;
    for (std::uint32_t i = 0; i < found->second.parallelism; ++i) all.insert(found->second.first_log + i);
  }
  return all;
}

node::logs node::wired_of(const keys& which) const {
  logs all = logs_of(which);
  std::erase_if(all, [this](std::uint64_t log) { return !wired_.contains(log); });
  return all;
}

/// Makes a decision durable.
result<void> node::decide(const frame_ptr& admin) {
  admin->cause = frame_cause::admin;
  admin->lsn = ++node_lsn_;
  if (auto sealed = admin->seal(); !sealed) return sealed;
  journal_->append(admin);
  journal_->wake();
  for (;;) {
    const bool durable = await([&] { return node_durable_ >= node_lsn_; }, INT64_MAX);
    if (durable) return {};
    if (!around_.threads || state() == run_state::failed)
      return error{error_code::failed, "the node ended before its decision was durable; ask it what it decided once it is up again"};
  }
}

/// Takes over into the table what the directory says of these operators.
void node::want(const keys& which) {
  hosted_table next = *hosts();
  for (auto& [log, h] : next) {
    if (!which.contains(h.about->key())) continue;
    const auto found = directory_.topologies().find(h.about->topology);
    h.wanted = wanted_activity::running;
    h.quarantined = quarantine_of(directory_, log);
    if (found == directory_.topologies().end()) continue;
    if (found->second.paused.contains(h.about->name)) h.wanted = wanted_activity::paused;
    if (found->second.stopped.contains(h.about->name)) h.wanted = wanted_activity::stopped;
  }
  publish(std::move(next));
}

/// Gives the operators that it is about, also where nothing changes.
result<node::keys> node::set_wanted(const command_target& what, const std::function<void(directory_topology&, const std::string& op)>& change) {
  auto which = operators_of(what);
  if (!which) return which;
  const auto there = directory_.topologies().find(what.topology);
  if (there == directory_.topologies().end())
    return error{error_code::refused, fmt::format("topology '{}' was made by 'weir run' and no manifest of it was submitted; submit one", what.topology)};
  directory_topology next = there->second;
  for (const std::string& key : *which) change(next, operator_of(key));
  if (next == there->second) return which;
  auto admin = make_intrusive<frame>();
  directory_.set(what.topology, next, *admin);
  if (auto decided = decide(admin); !decided) return decided.why();
  {
    const std::lock_guard lock(mutex_);
    submitted_[what.topology] = next;
  }
  want(*which);
  return which;
}

result<void> node::stop(const command_target& what, const stop_options& options) {
  const std::lock_guard lock(command_mutex_);
  if (const auto whose = operators_of(what); whose)
    if (auto free = check_calls(with_inputs(*hosts(), wired_of(*whose))); !free) return free;
  const auto which = set_wanted(what, [](directory_topology& t, const std::string& op) { t.stopped.insert(op); });
  if (!which) return which.why();
  return drain_operators(*which, options);
}

result<void> node::start(const command_target& what) {
  const std::lock_guard lock(command_mutex_);
  const auto which = set_wanted(what, [](directory_topology& t, const std::string& op) { t.stopped.erase(op); });
  if (!which) return which.why();
  if (!manifests_.contains(what.topology)) {
    const auto admin = take_up();
    if (!admin) return admin.why();
    if (!(*admin)->states.empty())
      if (auto decided = decide(*admin); !decided) return decided;
    if (auto up = bring_up(); !up) return up;
  }
  if (!manifests_.contains(what.topology)) {
    const std::lock_guard state(mutex_);
    return error{error_code::refused, fmt::format("topology '{}' cannot start: {}", what.topology, broken_[what.topology])};
  }
  keys halfway;  // A stop that failed has left them so.
  for (const auto& [log, h] : *hosts())
    if (leaving_.contains(log) && which->contains(h.about->key())) halfway.insert(h.about->key());
  if (auto drained = drain_operators(halfway, {}); !drained) return drained;
  return wire_wanted(*which);
}

result<void> node::pause(const command_target& what) {
  const std::lock_guard lock(command_mutex_);
  if (auto paused = set_paused(what, true); !paused) return paused;
  const auto whose = operators_of(what);
  if (!whose) return whose.why();
  const auto table = hosts();
  const logs own = wired_of(*whose);
  for (const stuck_call& c : stuck_calls(*table, around_.time->monotonic_ns(), options_.stuck_ns))
    if (own.contains(c.log) && !c.off_core)
      return error{error_code::failed, fmt::format("the pause is noted and holds from the next start on, but {}; {}", stuck_text(c), stuck_end)};
  return {};
}

result<void> node::resume(const command_target& what, const resume_options& options) {
  const std::lock_guard lock(command_mutex_);
  const auto which = operators_of(what);
  if (!which) return which.why();
  if (auto ended = end_quarantine(*which, options); !ended) return ended;
  return set_paused(what, false);
}

result<void> node::set_paused(const command_target& what, bool paused) {
  const auto which = set_wanted(what, [paused](directory_topology& t, const std::string& op) {
    if (paused)
      t.paused.insert(op);
    else
      t.paused.erase(op);
  });
  if (!which) return which.why();
  const auto table = hosts();
  for (const std::uint64_t log : wired_of(*which)) {
    auto m = make_intrusive<pause_message>();
    m->paused = paused;
    table->at(log).operator_actor.send(std::move(m));
  }
  return {};
}

result<void> node::remove(const std::string& topology, const stop_options& options) {
  const std::lock_guard lock(command_mutex_);
  const auto which = operators_of({topology, {}});
  if (!which) return which.why();
  if (auto alone = check_subscribers(*which, {topology}); !alone) return alone;
  if (auto free = check_calls(with_inputs(*hosts(), wired_of(*which))); !free) return free;
  if (auto drained = drain_operators(*which, options); !drained) return drained;
  auto admin = make_intrusive<frame>();
  const logs gone = logs_of(*which);
  directory_.remove(topology, *admin);
  if (auto decided = decide(admin); !decided) return decided;
  discard(gone);
  manifests_.erase(topology);
  auto rest = plan_with(manifests_);
  if (!rest) return rest.why();
  plan_ = std::move(rest).value();
  know_streams();
  const std::lock_guard state(mutex_);
  submitted_.erase(topology);
  broken_.erase(topology);
  return {};
}

/// Nobody reads these logs any more and nobody writes them: they and their actors go.
void node::discard(const logs& gone) {
  hosted_table next = *hosts();
  std::vector<hosted> leaving;
  for (const std::uint64_t log : gone) {
    if (const auto found = next.find(log); found != next.end()) {
      leaving.push_back(std::move(found->second));
      next.erase(found);
    }
    wired_.erase(log);
    leaving_.erase(log);
    fresh_.erase(log);
    recovered_.logs.erase(log);
  }
  publish(std::move(next));
  for (const hosted& h : leaving) {
    actor_system::quit(h.operator_actor);
    actor_system::quit(h.log_actor);
  }
  for (const std::uint64_t log : gone) {
    journal_->forget(log);
    if (around_.marks != nullptr) around_.marks->give_back(log);
  }
  const std::lock_guard lock(mutex_);
  for (const hosted& h : leaving) {
    lines_.erase(h.about->key());
    for (const inner_operator& inner : h.below) lines_.erase(inner.about->key());
  }
  for (const std::uint64_t log : gone) {
    notes_.erase(log);
    ended_.erase(log);
    drained_.erase(log);
  }
}

}  // namespace weir::runtime
