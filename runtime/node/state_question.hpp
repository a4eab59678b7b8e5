// What is asked of an operator's state, and the answer. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "topology/plan.hpp"

namespace weir::runtime {

/// The values of one key: the one without a sub-key, then those of its sub-keys in byte order.
struct state_question {
  std::string state;
  std::string key;
  std::optional<std::string> subkey;       ///< Only that of this one.
  std::optional<std::uint32_t> partition;  ///< Else the one that has the key, or, where the key does not say that, all.
  std::uint32_t values_max = 100;
};

struct state_value {
  std::uint32_t partition = 0;
  std::uint32_t version = 0;  ///< Of the state's declaration that it was written under.
  std::string subkey;
  std::string bytes;
};

struct state_answer {
  topology::operator_metadata::state declared;
  std::vector<std::uint32_t> asked;  ///< Partitions.
  std::vector<state_value> values;   ///< None: the key has none.
  bool more = false;                 ///< There are more than were asked for, or than an answer may hold.
};

inline constexpr std::uint32_t state_values_max = 1000;            ///< In one answer.
inline constexpr std::uint64_t state_answer_bytes_max = 1u << 20;  ///< Behind it no further value begins.

}  // namespace weir::runtime
