// What a submit would change of an operator that is there already.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/node.hpp"
#include "runtime/node/planned.hpp"

namespace weir::runtime {

namespace {

void add_reason(std::string& to, const std::string& reason) { to += (to.empty() ? "" : ", ") + reason; }

/// Values are not shown: they may be private.
std::string config_differs(const topology::operator_entry& was, const topology::operator_entry& is) {
  std::string keys;
  for (const auto& [key, value] : is.with) {
    const auto there = was.with.find(key);
    const bool same = there != was.with.end() && there->second.is_list == value.is_list && there->second.items == value.items;
    if (!same) add_reason(keys, "'" + key + "'");
  }
  for (const auto& [key, value] : was.with)
    if (!is.with.contains(key)) add_reason(keys, "'" + key + "'");
  return keys.empty() ? "" : "other config: " + keys;
}

}  // namespace

const char* change_kind_name(change_kind kind) noexcept {
  switch (kind) {
    case change_kind::create: return "create";
    case change_kind::replace: return "replace";
    case change_kind::remove: return "remove";
    case change_kind::unchanged: return "unchanged";
  }
  return "unchanged";
}

/// Why an operator that stays must be made anew; empty where it need not.
std::string node::what_differs(const topology::plan& next, const topology::planned_operator& op) const {
  const topology::planned_operator* const was = find_planned(plan_, op.key());
  if (was == nullptr) return "not run by this node so far";
  std::string why;
  if (was->metadata.version != op.metadata.version)
    add_reason(why, fmt::format("version {} of its class instead of {}", op.metadata.version, was->metadata.version));
  if (was->entry.artifact != op.entry.artifact || was->entry.uses != op.entry.uses || was->entry.class_name != op.entry.class_name)
    add_reason(why, "other code");
  if (const std::string config = config_differs(was->entry, op.entry); !config.empty()) add_reason(why, config);
  if (was->manifest_directory != op.manifest_directory && !op.entry.with.empty()) add_reason(why, "its manifest is in another folder");
  if (was->entry.on_error != op.entry.on_error)
    add_reason(why, fmt::format("on_error {} instead of {}", topology::error_policy_name(op.entry.on_error), topology::error_policy_name(was->entry.on_error)));
  for (std::size_t i = 0; i < std::min(was->outputs.size(), op.outputs.size()); ++i) {
    const topology::planned_stream& before = plan_.streams[was->outputs[i]];
    const topology::planned_stream& after = next.streams[op.outputs[i]];
    if (before.retain_ns != after.retain_ns || before.lz4 != after.lz4 || before.inlined != after.inlined)
      add_reason(why, fmt::format("other settings of stream '{}'", after.name));
  }
  return why;
}

}  // namespace weir::runtime
