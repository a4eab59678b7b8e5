#include "runtime/log/snapshot_changes.hpp"

namespace weir::runtime {
namespace {

constexpr std::uint64_t node_bytes = 160;  // Of a tree's node with its two short strings, about.

}  // namespace

void collected_changes::add(const frame& f) {
  const auto gone = forgotten_.find(f.log);
  if (gone != forgotten_.end() && gone->second == remains::nothing) return;
  of_log& to = logs_[f.log];
  to.head.apply_head(f);
  if (gone != forgotten_.end()) {
    to.head.inputs.clear();
    return;
  }
  for (std::uint32_t i = 0; i < f.states.count(); ++i) add(to, section_kind::states, f.states.at(i));
  for (std::uint32_t i = 0; i < f.timers.count(); ++i) add(to, section_kind::timers, f.timers.at(i));
}

void collected_changes::forget(std::uint64_t log, remains what) {
  forgotten_[log] = what;
  const auto found = logs_.find(log);
  if (found == logs_.end()) return;
  for (const auto& [key, last] : found->second.changes) bytes_ -= node_bytes + key.key.size() + key.subkey.size() + last.value.size();
  found->second.changes.clear();
  found->second.head.inputs.clear();
  if (what == remains::nothing) logs_.erase(found);
}

void collected_changes::add(of_log& to, section_kind kind, const change& c) {
  const change_key_view name(kind, c);
  auto at = to.changes.lower_bound(name);
  if (at == to.changes.end() || name < change_key_view(at->first)) {
    at = to.changes.emplace_hint(at, change_key{kind, c.id, std::string(c.key), std::string(c.subkey)}, last_value{});
    bytes_ += node_bytes + c.key.size() + c.subkey.size();
  }
  last_value& last = at->second;
  bytes_ += c.value.size();
  bytes_ -= last.value.size();
  last.removed = c.removed;
  last.time = c.removed ? 0 : c.time;
  last.value.assign(c.value);
}

}  // namespace weir::runtime
