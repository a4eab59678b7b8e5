// Values that other versions of a state left. Each version of a state has an id of its own in the node's directory; a value of another version is converted
// when it is first accessed: put under the declared version's id and erased under its own, two ordinary changes of the frame. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>

#include "runtime/operator/state_store.hpp"
#include "topology/plan.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

struct former_version {
  std::uint16_t id = 0;  ///< In the directory.
  std::uint32_t version = 0;
  const weir_state_conversion* convert = nullptr;  ///< To the declared version; the module's, which is never unloaded.
};

/// One declared state, whose values may be spread over versions.
struct versioned_state {
  const topology::operator_metadata::state& declared;
  std::uint16_t id;
  const std::vector<former_version>& formers;

  /// Converts the value, or all values of the key, where a former version has them. Returns the bytes that the frame grows by, or what a conversion threw.
  result<std::uint64_t> convert(state_store& all, state_store::key_ref key, std::string_view subkey) const;
  result<std::uint64_t> convert_key(state_store& all, state_store::key_ref key) const;
  /// Before a value is replaced or erased; `subkey` without data: all of the key's. True where there was one.
  bool forget(state_store& all, state_store::key_ref key, std::string_view subkey) const;

 private:
  result<std::uint64_t> convert_one(state_store& all, const former_version& from, state_store::key_ref key, std::string_view subkey,
                                    std::string_view value) const;
};

}  // namespace weir::runtime
