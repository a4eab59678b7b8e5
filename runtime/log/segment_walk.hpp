// Reads a segment frame by frame and believes nothing: what recovery, readers that have fallen behind and `weir data` have in common. Checks what a frame
// says about itself (checksums, lengths, journal, address); whether it is the right one in its sequence and log is the caller's business. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/log/frame.hpp"
#include "runtime/log/segment.hpp"
#include "runtime/log/segment_buffer.hpp"

namespace weir::runtime {

/// A moving view of a file: any range of it, read in pieces that grow from 64 KiB to a megabyte while it moves on and begin small again where it jumps. What
/// lies beyond the file's end reads as zeros. What was read is not read again: a file that is being written must not be asked for what came later.
class segment_window {
 public:
  static constexpr std::uint64_t first_piece = 64u << 10;
  static constexpr std::uint64_t last_piece = 1u << 20;

  segment_window(file& from, std::uint64_t segment_bytes) : file_(from), segment_bytes_(segment_bytes) {}
  /// The bytes of [offset, offset + size), which must lie in the segment; valid until the next call.
  result<const char*> at(std::uint64_t offset, std::uint64_t size);

 private:
  file& file_;
  const std::uint64_t segment_bytes_;
  aligned_buffer buffer_;
  std::uint64_t piece_ = first_piece;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

class segment_walk {
 public:
  enum class found : std::uint8_t {
    frame,   ///< header() is that of a frame.
    filler,  ///< header() is filler or a mark.
    end,     ///< The segment ends here.
    bad,     ///< No frame of this place stands here: why() tells. The walk cannot go on.
  };
  enum class body : std::uint8_t { checked, skipped };

  segment_walk(const segment& s, std::uint64_t journal_id, std::uint64_t segment_bytes, std::uint64_t offset = segment_payload_offset)
      : segment_(s), journal_id_(journal_id), segment_bytes_(segment_bytes), next_(offset), window_(*s.file, segment_bytes) {}

  /// The next frame to be found is the one at that offset, which one is known to begin at.
  void move_to(std::uint64_t offset) noexcept { next_ = offset; }
  /// Moves to the next frame. Fails only where the file cannot be read.
  result<found> next(body how = body::checked);

  const frame_header& header() const noexcept { return header_; }
  std::uint64_t offset() const noexcept { return offset_; }  ///< Of what was found.
  std::uint64_t address() const noexcept { return segment_.number * segment_bytes_ + offset_; }
  std::uint64_t next_offset() const noexcept { return next_; }  ///< Behind it.
  const std::string& why() const noexcept { return why_; }
  bool newer_format() const noexcept { return newer_format_; }  ///< bad, because a newer version wrote it.
  bool header_sound() const noexcept { return header_sound_; }  ///< bad, but the header is right for this place: the body is not.

  /// A copy of the frame just found, parsed.
  result<frame_ptr> parse();
  /// Looks from `offset` on for the next block that begins with the header of a frame or filler of exactly that place; 0 when there is none.
  result<std::uint64_t> find_later(std::uint64_t offset);

 private:
  found bad(std::string why);
  result<bool> read_header_at(std::uint64_t offset);

  const segment& segment_;
  const std::uint64_t journal_id_;
  const std::uint64_t segment_bytes_;
  std::uint64_t next_;
  std::uint64_t offset_ = 0;
  segment_window window_;
  frame_header header_{};
  std::string why_;
  bool newer_format_ = false;
  bool header_sound_ = false;
};

}  // namespace weir::runtime
