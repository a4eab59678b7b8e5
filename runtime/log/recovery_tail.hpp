// What follows the last good frame of a journal: nothing, a torn tail, or damage. Torn is what a crash explains: writes that were never acknowledged and
// arrived in part, in any order. It is damage, though, when something proves that the bad place had been durable. Reading only; recovery_cut.hpp writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/log/segment_walk.hpp"

namespace weir::runtime {

/// Where a walk over the journal ended.
struct bad_place {
  std::size_t segment = 0;          ///< Index in the run of segments.
  std::uint64_t offset = 0;         ///< In it.
  std::uint64_t last_sequence = 0;  ///< Of the last good frame.
  bool header_sound = false;        ///< A right header stands there, with a wrong body.
  frame_header header{};            ///< Then.
};

/// A part of the tail, in one segment: from `begin` on nothing counts, up to `end` something was written.
struct torn_part {
  std::size_t segment = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct tail_verdict {
  bool corrupt = false;
  std::string proof;            ///< Then: why the bad place must have been durable.
  std::vector<torn_part> torn;  ///< Else; empty: the journal simply ends there.
};

result<tail_verdict> judge_tail(std::span<const segment_ptr> segments, std::uint64_t journal_id, std::uint64_t segment_bytes, const bad_place& place);

}  // namespace weir::runtime
