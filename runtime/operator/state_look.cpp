// A look at committed state from outside, between two steps.
#include <algorithm>

#include "runtime/operator/partition.hpp"

namespace weir::runtime {

bool operator_partition::look_at_state(std::string_view member, const state_key& at,
                                       const std::function<bool(std::uint32_t version, std::string_view subkey, std::string_view value)>& f) const {
  const auto found = std::find_if(members_.begin(), members_.end(), [&](const auto& m) { return m->options.name == member; });
  if (found == members_.end()) return false;
  const member_options& o = (*found)->options;
  const auto state = std::find_if(o.metadata.states.begin(), o.metadata.states.end(), [&](const auto& s) { return s.name == at.state; });
  if (state == o.metadata.states.end()) return false;
  const auto index = static_cast<std::size_t>(state - o.metadata.states.begin());
  bool goes_on = true;
  const auto read = [&](std::uint16_t id, std::uint32_t version) {
    if (!goes_on) return;
    if (at.subkey) {
      if (const auto value = states_.find(id, {at.key}, *at.subkey)) goes_on = f(version, *at.subkey, *value);
      return;
    }
    states_.for_each(id, {at.key}, {}, [&](std::string_view subkey, std::string_view value) { return goes_on = f(version, subkey, value); });
  };
  read(o.state_ids[index], state->version);
  // Values that no step has come across since the state's version changed.
  if (index < o.formers.size())
    for (const former_version& former : o.formers[index]) read(former.id, former.version);
  return true;
}

}  // namespace weir::runtime
