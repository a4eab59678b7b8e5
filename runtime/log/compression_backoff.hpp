// Which outputs of a log's next frame are worth an attempt at lz4, of those whose streams ask for it. Data that does not shrink (random, encrypted, compressed
// already) must not pay for trying again and again: after each attempt in vain twice as many batches are stored as they are, up to 64, before the next one.
// Counted in batches, not in time, so that a simulation decides the same. One log actor's own; a few instructions a frame.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/log/frame.hpp"

namespace weir::runtime {

class compression_backoff {
 public:
  static constexpr std::uint32_t skipped_most = 64;

  /// Per ostream: whether its stream asks for compression.
  explicit compression_backoff(const std::vector<bool>& asked) : outputs_(asked.size()), chosen_(std::make_unique<bool[]>(asked.size())) {
    for (std::size_t i = 0; i < asked.size(); ++i) outputs_[i].asked = asked[i];
  }

  /// For f.seal(). Valid until the next call.
  std::span<const bool> choose(const frame& f) noexcept {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      output& o = outputs_[i];
      chosen_[i] = o.asked && large_enough(f, i) && o.skip == 0;
      if (o.asked && large_enough(f, i) && o.skip > 0) --o.skip;
    }
    return {chosen_.get(), outputs_.size()};
  }
  /// After f was sealed with what choose(f) gave.
  void note(const frame& f) noexcept {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (!chosen_[i]) continue;
      output& o = outputs_[i];
      o.skip = f.compressed(static_cast<std::uint32_t>(i)) ? 0 : std::clamp<std::uint32_t>(o.skipped_last * 2, 1, skipped_most);
      o.skipped_last = o.skip;
    }
  }

 private:
  struct output {
    bool asked = false;
    std::uint32_t skip = 0;          ///< Batches before the next attempt.
    std::uint32_t skipped_last = 0;  ///< After the last attempt.
  };
  /// Smaller batches are stored as they are anyway, and say nothing about the others.
  static bool large_enough(const frame& f, std::size_t i) noexcept { return i < f.outputs.size() && f.outputs[i].stored_size() >= compressed_bytes_min; }

  std::vector<output> outputs_;
  std::unique_ptr<bool[]> chosen_;
};

}  // namespace weir::runtime
