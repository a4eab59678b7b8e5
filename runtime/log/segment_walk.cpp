#include "runtime/log/segment_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/log/crc32c.hpp"

namespace weir::runtime {

result<const char*> segment_window::at(std::uint64_t offset, std::uint64_t size) {
  if (offset >= begin_ && offset + size <= end_) return static_cast<const char*>(buffer_.data() + (offset - begin_));
  const bool moves_on = offset >= begin_ && offset <= end_ + piece_;
  piece_ = moves_on ? std::min(2 * piece_, last_piece) : first_piece;
  const std::uint64_t begin = block_floor(offset);
  const std::uint64_t end = std::min(segment_bytes_, std::max(begin + piece_, block_ceiling(offset + size)));
  if (buffer_.size() < end - begin) buffer_ = aligned_buffer(end - begin);
  begin_ = end_ = 0;
  auto got = file_.read(begin, buffer_.data(), end - begin);
  if (!got) return got.why();
  std::memset(buffer_.data() + *got, 0, end - begin - *got);
  begin_ = begin;
  end_ = end;
  return static_cast<const char*>(buffer_.data() + (offset - begin_));
}

segment_walk::found segment_walk::bad(std::string why) {
  why_ = std::move(why);
  return found::bad;
}

result<bool> segment_walk::read_header_at(std::uint64_t offset) {
  auto bytes = window_.at(offset, sizeof(frame_header));
  if (!bytes) return bytes.why();
  auto header = read_header(*bytes, sizeof(frame_header));
  if (!header) {
    newer_format_ = header.why().code == error_code::refused;
    why_ = header.why().message;
    return false;
  }
  header_ = *header;
  const std::uint64_t address = segment_.number * segment_bytes_ + offset;
  if (header_.journal_id != journal_id_) {
    why_ = "a frame of another journal stands here";
  } else if (header_.address != address) {
    why_ = fmt::format("a frame of another place stands here: it says that its address is {}", header_.address);
  } else if (header_.frame_bytes > segment_bytes_ - offset) {
    why_ = "the frame reaches beyond the end of its segment";
  } else {
    return true;
  }
  return false;
}

result<segment_walk::found> segment_walk::next(body how) {
  offset_ = next_;
  newer_format_ = header_sound_ = false;
  if (!segment_goes_on(offset_, segment_bytes_)) return found::end;
  auto sound = read_header_at(offset_);
  if (!sound) return sound.why();
  if (!*sound) return found::bad;
  if ((header_.flags & filler_frame) != 0) {
    next_ = offset_ + header_.frame_bytes;
    return found::filler;
  }
  if (how == body::checked) {
    auto bytes = window_.at(offset_, header_.frame_bytes);
    if (!bytes) return bytes.why();
    if (crc32c(0, *bytes + sizeof(frame_header), header_.body_bytes) != header_.body_checksum) {
      header_sound_ = true;
      return bad("the body's checksum does not match");
    }
  }
  next_ = offset_ + header_.frame_bytes;
  return found::frame;
}

result<frame_ptr> segment_walk::parse() {
  auto bytes = window_.at(offset_, header_.frame_bytes);
  if (!bytes) return bytes.why();
  auto copy = std::make_unique_for_overwrite<char[]>(header_.frame_bytes);
  std::memcpy(copy.get(), *bytes, header_.frame_bytes);
  return frame::parse(std::move(copy), header_.frame_bytes);
}

result<std::uint64_t> segment_walk::find_later(std::uint64_t offset) {
  for (std::uint64_t at = block_ceiling(offset); segment_goes_on(at, segment_bytes_); at += block_bytes) {
    // Most blocks do not begin with the magic number: no checksum is computed for those.
    auto bytes = window_.at(at, sizeof(frame_header));
    if (!bytes) return bytes.why();
    std::uint32_t magic = 0;
    std::memcpy(&magic, *bytes, sizeof magic);
    if (magic != frame_magic) continue;
    auto sound = read_header_at(at);
    if (!sound) return sound.why();
    if (*sound) return at;
  }
  return std::uint64_t{0};
}

}  // namespace weir::runtime
