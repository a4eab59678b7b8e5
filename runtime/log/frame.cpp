#include "runtime/log/frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "runtime/log/crc32c.hpp"

namespace weir::runtime {
namespace {

constexpr std::size_t checksummed_header_bytes = offsetof(frame_header, header_checksum);

error bad_header(std::string_view what) { return {error_code::corrupt, fmt::format("not a frame: {}", what)}; }

}  // namespace

frame_header frame::header() const noexcept {
  frame_header h{};
  h.magic = frame_magic;
  h.format = format_version;
  h.flags = flags;
  h.header_bytes = sizeof(frame_header);
  h.frame_bytes = frame_bytes_;
  h.log = log;
  h.lsn = lsn;
  h.generation = generation;
  h.sections = sections_;
  h.body_bytes = body_bytes_;
  h.raw_bytes = raw_bytes_;
  h.body_checksum = body_checksum_;
  return h;
}

bool frame::compressed(std::uint32_t output) const noexcept { return std::find(compressed_.begin(), compressed_.end(), output) != compressed_.end(); }

std::uint64_t frame::memory_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const record_batch& b : outputs) sum += b.stored_size();
  return std::max<std::uint64_t>(sum, 1);
}

void complete_header(frame_header& h) noexcept { h.header_checksum = crc32c(0, &h, checksummed_header_bytes); }

result<frame_header> read_header(const char* bytes, std::size_t size) {
  if (size < sizeof(frame_header)) return bad_header(fmt::format("{} bytes are left where a header takes {}", size, sizeof(frame_header)));
  frame_header h;
  std::memcpy(&h, bytes, sizeof h);
  if (h.magic != frame_magic) return bad_header("it does not begin with the magic number");
  if (crc32c(0, bytes, checksummed_header_bytes) != h.header_checksum) return bad_header("the header's checksum does not match");
  if (h.format != format_version)
    return error{error_code::refused, fmt::format("the frame at {} has format {}, this version of weir reads {}: use the version that wrote it", h.address,
                                                  h.format, format_version)};
  const bool known_flags =
      (h.flags & ~(filler_frame | mark_frame | letters_frame)) == 0 && (h.flags & (filler_frame | letters_frame)) != (filler_frame | letters_frame);
  if (!known_flags || h.reserved != 0) return bad_header("the header has flags that this format does not know");
  const bool lengths_agree = h.header_bytes == sizeof h && h.frame_bytes % 8 == 0 && h.frame_bytes >= sizeof h && h.body_bytes <= h.frame_bytes - sizeof h;
  if (!lengths_agree) return bad_header("the header's lengths contradict each other");
  if ((h.flags & filler_frame) != 0) return h;  // Padding may be longer than any frame, and has no body.
  if (h.frame_bytes > frame_bytes_limit || h.raw_bytes > frame_bytes_limit) return bad_header("it is larger than any frame may be");
  if (h.frame_bytes - sizeof h - h.body_bytes >= 8) return bad_header("the header's lengths contradict each other");
  if (h.sections == 0 || h.sections > h.body_bytes / sizeof(section)) return bad_header("the number of sections and the body's length contradict each other");
  return h;
}

}  // namespace weir::runtime
