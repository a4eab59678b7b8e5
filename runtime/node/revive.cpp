// What a node that stays up starts with: the topologies of its directory, as far as they can be started.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "runtime/node/node.hpp"
#include "topology/manifest.hpp"

namespace weir::runtime {

/// With the code that was stored for them: what the directory says, or `others`.
result<topology::plan> node::plan_with(const std::map<std::string, topology::manifest>& manifests, const codes& others) {
  std::vector<topology::manifest> all;
  for (const auto& [name, submitted] : manifests) {
    topology::manifest m = submitted;
    for (topology::operator_entry& entry : m.operators) {
      const std::string key = name + "/" + entry.name;
      const auto other = others.find(key);
      const auto there = directory_.entries().find(key);
      const operator_code* const code = other != others.end() ? &other->second : there != directory_.entries().end() ? &there->second.code : nullptr;
      if (code == nullptr || code->stored.empty() || !entry.uses.empty()) continue;
      entry.artifact = entry_of(*code).artifact;
      const auto loaded = modules_.load(entry.artifact, fmt::format("{} (stored as {})", code->artifact, code->stored));
      if (!loaded) return error{loaded.why().code, loaded.why().message + "; submit or deploy it again"};
      entry.class_name = code->class_name;
    }
    all.push_back(std::move(m));
  }
  return topology::make_plan(all, modules_.lookup(), cpus_);
}

/// Makes these what the node runs, where they make a plan that what is there fits.
result<void> node::adopt(std::map<std::string, topology::manifest> manifests) {
  auto p = plan_with(manifests);
  if (!p) return p.why();
  if (auto fits = directory_.refresh(*p, surroundings({})); !fits) return fits;
  manifests_ = std::move(manifests);
  plan_ = std::move(p).value();
  know_streams();
  return {};
}

/// Plans the topologies that are not up, all that can be, and notes why the others cannot. What is to be decided for it, since their code may have changed:
/// without content where nothing is.
result<frame_ptr> node::take_up() {
  const directory before = directory_;
  auto admin = make_intrusive<frame>();
  admin->cause = frame_cause::admin;
  if (!actors_) {
    count_deaths(*admin);
    if (auto paused = pause_as_told(*admin); !paused) return paused.why();
    end_trials_of_last_run(*admin);
  }
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
  if (adopt(std::move(all))) waiting.clear();
  // One after the other, as often as it takes: a topology may need another's streams.
  for (bool more = true; more;) {
    more = false;
    for (auto at = waiting.begin(); at != waiting.end();) {
      auto some = manifests_;
      some.insert(*at);
      if (const auto adopted = adopt(std::move(some)); !adopted) {
        broken[at->first] = adopted.why().message;
        ++at;
        continue;
      }
      broken.erase(at->first);
      at = waiting.erase(at);
      more = true;
    }
  }
  for (const auto& [name, why] : broken) say(WEIR_LEVEL_ERROR, "topology '" + name + "' cannot start: " + why);
  directory_.add_changes(before, *admin);
  const std::lock_guard lock(mutex_);
  broken_ = std::move(broken);
  return admin;
}

/// Actors for what take_up() planned. Topologies that cannot run keep their place in what they read.
result<void> node::bring_up() {
  keys fresh;
  for (const auto& op : plan_.operators)
    if (!hosts()->contains(directory_.of(op).first_log)) fresh.insert(op.key());
  keep_place_of_others();
  hosted_table next = *hosts();
  if (auto spawned = spawn(plan_, fresh, next); !spawned) return spawned;
  publish(std::move(next));
  want(fresh);
  return wire_wanted(fresh);
}

/// Those of these operators that are not stopped, and are not wired yet.
result<void> node::wire_wanted(const keys& which) {
  keys idle;
  for (const auto& [log, h] : *hosts())
    if (which.contains(h.about->key()) && h.wanted != wanted_activity::stopped && !wired_.contains(log)) idle.insert(h.about->key());
  return wire(plan_, idle);
}

/// What operators that cannot run have not read stays for them.
void node::keep_place_of_others() {
  const auto producer_of = [this](const std::string& stream) -> const directory_entry* {
    for (const auto& [key, e] : directory_.entries()) {
      if (e.writes(stream)) return &e;
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
