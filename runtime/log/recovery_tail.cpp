#include "runtime/log/recovery_tail.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::runtime {
namespace {

/// Whether a frame or mark that knows of `durable` proves the bad place durable. A frame is durable with all of the write it ended in, so the rest of that
/// block was, too.
bool proves(std::uint64_t durable, const bad_place& place) {
  if (durable > place.last_sequence) return true;
  return place.last_sequence > 0 && durable == place.last_sequence && place.offset % block_bytes != 0;
}

/// Whether anything was ever written at the bad place itself. Where old bytes of a recycled segment stand there, nobody can tell, and nobody needs to.
result<bool> touched(segment_window& window, const segment& in, std::uint64_t segment_bytes, const bad_place& place) {
  if (place.header_sound || place.offset % block_bytes != 0) return true;
  if (in.recycled || place.offset >= segment_bytes) return false;
  auto block = window.at(place.offset, block_bytes);
  if (!block) return block.why();
  return std::any_of(*block, *block + block_bytes, [](char c) { return c != 0; });
}

}  // namespace

result<tail_verdict> judge_tail(std::span<const segment_ptr> segments, std::uint64_t journal_id, std::uint64_t segment_bytes, const bad_place& place) {
  tail_verdict verdict;
  for (std::size_t i = place.segment; i < segments.size(); ++i) {
    const segment& s = *segments[i];
    const bool first = i == place.segment;
    const std::uint64_t begin = first ? place.offset : segment_payload_offset;
    torn_part part{i, begin, begin};
    if (first && place.offset < segment_bytes) {
      segment_window window(*s.file, segment_bytes);
      auto any = touched(window, s, segment_bytes, place);
      if (!any) return any.why();
      if (*any) part.end = std::min(segment_bytes, block_ceiling(place.offset + (place.header_sound ? place.header.frame_bytes : 1)));
    }
    segment_walk walk(s, journal_id, segment_bytes);
    // At the bad place itself nothing counts.
    std::uint64_t at = first ? place.offset + 1 : begin;
    while (true) {
      auto found = walk.find_later(at);
      if (!found) return found.why();
      if (*found == 0) break;
      const frame_header& h = walk.header();
      if (proves(h.durable_sequence, place)) {
        verdict.corrupt = true;
        verdict.proof = fmt::format("a later frame at offset {} of {} tells that all up to sequence {} was durable", *found, s.path, h.durable_sequence);
        verdict.torn.clear();
        return verdict;
      }
      // Only the header of filler was written, not what it covers.
      const std::uint64_t bytes = (h.flags & filler_frame) != 0 ? block_bytes : h.frame_bytes;
      part.end = std::min(segment_bytes, block_ceiling(*found + bytes));
      at = *found + 1;
    }
    if (part.end > part.begin) verdict.torn.push_back(part);
  }
  return verdict;
}

}  // namespace weir::runtime
