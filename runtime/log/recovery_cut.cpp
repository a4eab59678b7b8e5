#include "runtime/log/recovery_cut.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace weir::runtime {
namespace {

constexpr std::uint64_t piece_bytes = 1u << 20;

result<void> copy_part(files& fs, const std::string& path, file& from, const torn_part& part) {
  auto to = fs.open(path, open_mode::write);
  if (!to) return to.why();
  if (auto emptied = (*to)->truncate(0); !emptied) return emptied;
  aligned_buffer buffer(piece_bytes);
  for (std::uint64_t at = part.begin; at < part.end;) {
    const std::uint64_t size = std::min(piece_bytes, part.end - at);
    auto got = from.read(at, buffer.data(), size);
    if (!got) return got.why();
    std::memset(buffer.data() + *got, 0, size - *got);
    if (auto written = (*to)->write(at - part.begin, {buffer.data(), size}); !written) return written;
    at += size;
  }
  return (*to)->sync();
}

/// Zeros [from, segment's end); `from` is a multiple of a block.
result<void> zero_to_end(file& to, std::uint64_t from, std::uint64_t segment_bytes) {
  aligned_buffer zeros(std::min(piece_bytes, segment_bytes));
  std::memset(zeros.data(), 0, zeros.size());
  for (std::uint64_t at = from; at < segment_bytes;) {
    const std::uint64_t size = std::min(zeros.size(), segment_bytes - at);
    if (auto written = to.write(at, {zeros.data(), size}); !written) return written;
    at += size;
  }
  return {};
}

/// Rewrites the block in which the last good frame ends: the frame's bytes, filler, zeros. It was never acknowledged, or it would not be torn. Returns where
/// the next page goes.
result<std::uint64_t> close_block(const segment_store& store, const segment& s, const bad_place& place, std::uint64_t epoch, std::uint64_t proven) {
  const std::uint64_t begin = block_floor(place.offset);
  const std::uint64_t good = place.offset - begin;
  std::uint64_t gap = block_bytes - good;
  if (gap < sizeof(frame_header) && begin + block_bytes < store.segment_bytes()) gap += block_bytes;
  aligned_buffer block(good + gap);
  auto got = s.file->read(begin, block.data(), block_bytes);
  if (!got) return got.why();
  std::memset(block.data() + good, 0, block.size() - good);
  if (gap >= sizeof(frame_header)) {
    frame_header h{};
    h.magic = frame_magic;
    h.format = format_version;
    h.flags = filler_frame;
    h.journal_id = store.journal_id();
    h.address = s.number * store.segment_bytes() + place.offset;
    h.header_bytes = sizeof h;
    h.frame_bytes = static_cast<std::uint32_t>(gap);
    h.sequence = place.last_sequence;
    h.epoch = epoch;
    h.durable_sequence = std::min(proven, place.last_sequence);
    complete_header(h);
    std::memcpy(block.data() + good, &h, sizeof h);
  }
  if (auto written = s.file->write(begin, {block.data(), block.size()}); !written) return written.why();
  return place.offset + gap;
}

}  // namespace

result<std::uint64_t> keep_torn_tail(files& fs, const segment_store& store, std::span<const segment_ptr> segments, std::span<const torn_part> parts) {
  std::uint64_t bytes = 0;
  for (const torn_part& part : parts) {
    const segment& s = *segments[part.segment];
    const std::string path = fmt::format("{}/{:016}{}", store.directory(), s.number * store.segment_bytes() + part.begin, torn_suffix);
    if (auto copied = copy_part(fs, path, *s.file, part); !copied) return copied.why();
    bytes += part.end - part.begin;
  }
  if (auto synced = fs.sync_directory(store.directory()); !synced) return synced.why();
  return bytes;
}

result<std::uint64_t> cut_torn_tail(const segment_store& store, std::span<const segment_ptr> segments, std::span<const torn_part> parts, const bad_place& place,
                                    std::uint64_t epoch, std::uint64_t proven) {
  // From the back, so that the place where the walk ended stays bad until nothing behind it is left.
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    file& f = *segments[part->segment]->file;
    if (auto zeroed = zero_to_end(f, block_ceiling(part->begin), store.segment_bytes()); !zeroed) return zeroed.why();
    if (auto synced = f.sync(); !synced) return synced.why();
  }
  if (place.offset % block_bytes == 0) return place.offset;
  const segment& s = *segments[place.segment];
  auto next = close_block(store, s, place, epoch, proven);
  if (!next) return next;
  if (auto synced = s.file->sync(); !synced) return synced.why();
  return next;
}

}  // namespace weir::runtime
