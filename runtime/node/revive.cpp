// What a node that stays up starts with: the topologies of its directory, as far as they can be started.
#include <algorithm>
#include <optional>

#include "runtime/node/node.hpp"
#include "topology/manifest.hpp"

namespace weir::runtime {

result<topology::plan> node::plan_with(const std::map<std::string, topology::manifest>& manifests) {
  std::vector<topology::manifest> all;
  for (const auto& [name, m] : manifests) all.push_back(m);
  return topology::make_plan(all, modules_.lookup(), cpus_);
}

/// Brings up the topologies that are not: all that can be. Those that cannot keep their place in what they read.
void node::revive() {
  std::map<std::string, topology::manifest> waiting;
  std::map<std::string, std::string> broken;
  for (const auto& [name, t] : directory_.topologies()) {
    if (manifests_.contains(name)) continue;
    auto m = topology::parse_manifest(t.manifest, t.file, [](const std::string&) { return std::nullopt; });
    if (m)
      waiting.emplace(name, std::move(m).value());
    else
      broken[name] = m.why().message;
  }
  auto all = manifests_;
  all.insert(waiting.begin(), waiting.end());
  if (auto p = plan_with(all)) {
    manifests_ = std::move(all);
    plan_ = std::move(p).value();
    waiting.clear();
  }
  // One after the other, as often as it takes: a topology may need another's streams.
  for (bool more = true; more;) {
    more = false;
    for (auto at = waiting.begin(); at != waiting.end();) {
      auto some = manifests_;
      some.insert(*at);
      auto p = plan_with(some);
      if (!p) {
        broken[at->first] = p.why().message;
        ++at;
        continue;
      }
      broken.erase(at->first);
      manifests_ = std::move(some);
      plan_ = std::move(p).value();
      at = waiting.erase(at);
      more = true;
    }
  }
  keys fresh;
  for (const auto& op : plan_.operators)
    if (!hosts()->contains(directory_.of(op).first_log)) fresh.insert(op.topology + "/" + op.entry.name);
  keep_place_of_others();
  hosted_table next = *hosts();
  if (const auto spawned = spawn(plan_, fresh, next); !spawned) say(WEIR_LEVEL_ERROR, spawned.why().message);
  publish(std::move(next));
  want(fresh);
  wire_wanted(fresh);
  for (const auto& [name, why] : broken) say(WEIR_LEVEL_ERROR, "topology '" + name + "' cannot start: " + why);
  const std::lock_guard lock(mutex_);
  broken_ = std::move(broken);
}

/// Those of these operators that are not stopped, and are not wired yet.
void node::wire_wanted(const keys& which) {
  keys idle;
  for (const auto& [log, h] : *hosts())
    if (which.contains(h.about->key()) && h.wanted != wanted_activity::stopped && !wired_.contains(log)) idle.insert(h.about->key());
  wire(plan_, idle);
}

/// What operators that cannot run have not read stays for them.
void node::keep_place_of_others() {
  const auto producer_of = [this](const std::string& stream) -> const directory_entry* {
    for (const auto& [key, e] : directory_.entries()) {
      const bool writes = std::any_of(e.ostreams.begin(), e.ostreams.end(), [&](const directory_wire& w) { return w.stream == stream; });
      if (writes || topology::dead_letters_name(e.topology, e.name) == stream) return &e;
    }
    return nullptr;
  };
  for (const auto& [key, e] : directory_.entries()) {
    if (manifests_.contains(e.topology)) continue;
    for (const directory_wire& in : e.istreams) {
      const directory_entry* const from = producer_of(in.stream);
      if (from == nullptr || in.inlined) continue;
      for (std::uint32_t i = 0; i < from->parallelism; ++i) {
        for (std::uint32_t q = 0; q < e.parallelism; ++q) {
          if (in.grouping == WEIR_GROUPING_LOCAL && i != q) continue;
          const std::uint64_t reader = e.first_log + q;
          const std::uint64_t log = from->first_log + i;
          std::uint64_t lsn = 0;
          if (const auto begins = e.starts.find(log); begins != e.starts.end()) lsn = begins->second;
          if (const auto image = recovered_.logs.find(reader); image != recovered_.logs.end())
            if (const auto at = image->second.inputs.find(log); at != image->second.inputs.end() && at->second.lsn > 0)
              lsn = at->second.index == whole_frame ? at->second.lsn : at->second.lsn - 1;
          const bool letters = in.stream == topology::dead_letters_name(from->topology, from->name);
          journal_->register_reader({.log = log, .reader = reader, .lsn = lsn, .letters = letters});
        }
      }
    }
  }
}

}  // namespace weir::runtime
