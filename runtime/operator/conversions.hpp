// Which of all the code that an operator has run as converts values from one version of a state to another: a class converts up from versions that it knows
// (`.from`), and down to them (`.to`), for the older class that knows nothing of the newer one. Plain pointers into modules, which are never unloaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/abi.h>

namespace weir::runtime {

/// What the values of a state are in one version.
struct state_form {
  std::uint32_t version = 1;
  std::uint32_t value = WEIR_VALUE_FIXED;
  std::uint32_t value_size = 0;
  std::string schema = {};
  friend bool operator==(const state_form&, const state_form&) = default;
};

class conversions {
 public:
  /// The first one that knows a conversion gives it.
  void add(const weir_operator_info& info) { code_.push_back(&info); }
  /// Null where nobody can.
  const weir_state_conversion* find(const std::string& state, const state_form& from, const state_form& into) const;

 private:
  std::vector<const weir_operator_info*> code_;
};

}  // namespace weir::runtime
