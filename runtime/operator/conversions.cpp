#include "runtime/operator/conversions.hpp"

#include <algorithm>
#include <span>

namespace weir::runtime {

namespace {

template <class Info>
state_form form_of(const Info& i) {
  return {i.version, i.value, i.value == WEIR_VALUE_FIXED ? i.value_size : 0, i.schema != nullptr ? i.schema : ""};
}

/// The conversion between the version that a class declares and another one.
const weir_state_conversion* between(const weir_state_info& declared, const state_form& other, std::uint32_t direction) {
  const std::span<const weir_state_conversion> all(declared.conversions, declared.conversion_count);
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.direction == direction && form_of(c) == other; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

const weir_state_conversion* conversions::find(const std::string& state, const state_form& from, const state_form& into) const {
  for (const weir_operator_info* info : code_) {
    weir_outcome ignored{};
    const weir_metadata_info* const m = info->metadata(&ignored);
    if (m == nullptr) continue;
    for (const weir_state_info& declared : std::span(m->states, m->state_count)) {
      if (declared.name != state) continue;
      const weir_state_conversion* found = nullptr;
      if (form_of(declared) == into) found = between(declared, from, WEIR_CONVERT_FROM);
      if (found == nullptr && form_of(declared) == from) found = between(declared, into, WEIR_CONVERT_TO);
      if (found != nullptr) return found;
    }
  }
  return nullptr;
}

}  // namespace weir::runtime
