// One write of the journal: whole blocks of frames in aligned memory, with the frames that end in it. Owned by one of the journal's threads and reused.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/log/frame.hpp"
#include "runtime/log/segment.hpp"
#include "runtime/log/segment_buffer.hpp"

namespace weir::runtime {

struct journal_page {
  /// Beside what frames may fill there is room for the filler, which takes a block more where a header does not fit into the rest of one.
  explicit journal_page(std::uint64_t page_bytes) : limit(block_floor(page_bytes)), buffer(limit + 2 * block_bytes) {}

  std::string_view content() const noexcept { return {buffer.data(), size}; }
  void begin(segment_ptr in, std::uint64_t at) {
    segment = std::move(in);
    offset = at;
    size = 0;
    frames.clear();
    is_mark = false;
  }
  void append(const void* bytes, std::uint64_t count) noexcept;
  /// Zeros up to the next multiple of a block.
  void pad() noexcept;

  const std::uint64_t limit;
  aligned_buffer buffer;
  std::uint64_t size = 0;
  segment_ptr segment;
  std::uint64_t offset = 0;       ///< In the segment; a multiple of a block.
  std::vector<frame_ptr> frames;  ///< In order; durable when this page and all before it are.
  std::uint64_t ticket = 0;       ///< Pages are numbered in the order of their places, from 1.
  std::uint64_t last_sequence = 0;
  bool is_mark = false;
  bool ends_in_frame = false;  ///< Its last frame goes on in the next page.
};

}  // namespace weir::runtime
