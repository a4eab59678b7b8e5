// What is known of one log beside its state and timers: how far it has come, and how far it has read its inputs. Plain data.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "runtime/log/frame.hpp"

namespace weir::runtime {

struct log_head {
  std::uint64_t log = 0;
  std::uint64_t lsn = 0;     ///< Of the last frame; 0: none yet.
  std::uint64_t digest = 0;  ///< Of the last frame.
  std::uint64_t epoch = 0;   ///< Of the start that wrote the last frame.
  std::uint32_t generation = 0;
  std::int64_t watermark = INT64_MIN;
  bool idle = false;
  bool ended = false;
  std::vector<chain_member_head> members;          ///< As the last frame's.
  std::map<std::uint64_t, input_position> inputs;  ///< By input log.

  /// Takes the log's next frame into account. Digest and epoch are those that the journal set on the frame.
  void apply_head(const frame& f);
  /// The same for all frames that `later` has seen since.
  void apply_head(const log_head& later);

  friend bool operator==(const log_head&, const log_head&) = default;
};

}  // namespace weir::runtime
