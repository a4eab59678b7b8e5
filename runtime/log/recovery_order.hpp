// Whether frames that are sound in themselves are the right ones: dense sequence, dense LSNs, each log's chain of digests, epochs that never go back. What
// checksums cannot see: stale, misdirected and missing frames. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/log/frame.hpp"
#include "runtime/log/journal_assembler.hpp"

namespace weir::runtime {

class frame_order {
 public:
  /// The next frame that check() sees has number 1, and every log begins there.
  void start_at_beginning() noexcept { known_ = complete_ = true; }
  /// All logs' ends at the current sequence are in chains() from now on.
  void complete() noexcept { complete_ = true; }
  void set_chain(std::uint64_t log, chain_end end) { chains_[log] = end; }

  /// Why this header cannot follow those before it; nothing where it can, and then it counts.
  std::optional<std::string> check(const frame_header& h);

  std::uint64_t sequence() const noexcept { return sequence_; }  ///< Of the last frame; what it is without any is not known() unless the journal began here.
  bool known() const noexcept { return known_; }
  void set_sequence(std::uint64_t sequence) noexcept {
    sequence_ = sequence;
    known_ = true;
  }
  std::uint64_t epoch() const noexcept { return epoch_; }
  void set_epoch(std::uint64_t epoch) noexcept { epoch_ = std::max(epoch_, epoch); }
  std::uint64_t proven() const noexcept { return proven_; }  ///< The highest durable sequence that a frame tells.
  std::uint64_t frames() const noexcept { return frames_; }
  const chain_ends& chains() const noexcept { return chains_; }

 private:
  bool known_ = false;     ///< sequence_ is.
  bool complete_ = false;  ///< A log that is not in chains_ has no frame yet.
  std::uint64_t sequence_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t proven_ = 0;
  std::uint64_t frames_ = 0;
  chain_ends chains_;
};

}  // namespace weir::runtime
