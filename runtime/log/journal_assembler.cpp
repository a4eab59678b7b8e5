#include "runtime/log/journal_assembler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace weir::runtime {

void journal_page::append(const void* bytes, std::uint64_t count) noexcept {
  assert(size + count <= buffer.size());
  std::memcpy(buffer.data() + size, bytes, count);
  size += count;
}

void journal_page::pad() noexcept {
  const std::uint64_t end = block_ceiling(size);
  std::memset(buffer.data() + size, 0, end - size);
  size = end;
}

journal_assembler::~journal_assembler() {
  if (held_) held_->release();
}

journal_assembler::outcome journal_assembler::fail(error why, outcome how) {
  why_ = std::move(why);
  return how;
}

std::uint64_t journal_assembler::last_lsn(std::uint64_t log) const {
  const auto found = chains_.find(log);
  return found == chains_.end() ? 0 : found->second.lsn;
}

bool journal_assembler::accept(const frame& f) {
  const std::uint64_t due = last_lsn(f.log) + 1;
  if (f.lsn != due) {
    fail({error_code::failed, fmt::format("a frame of log {} was queued with LSN {} where {} is due; this is a bug", f.log, f.lsn, due)});
    return false;
  }
  if (!f.sealed() || f.frame_bytes() > frame_bytes_most()) {
    fail({error_code::failed, fmt::format("a frame of log {} with LSN {} takes {} bytes, and a segment has room for {}; use larger segments or lower "
                                          "frame_bytes_max",
                                          f.log, f.lsn, f.frame_bytes(), frame_bytes_most())});
    return false;
  }
  return true;
}

bool journal_assembler::take_next(queue<frame>& from) {
  if (!held_) held_ = from.pop();
  return held_ != nullptr;
}

void journal_assembler::begin_frame(journal_page& page, std::uint64_t durable_sequence) {
  frame& f = *held_;
  chain_end& chain = chains_[f.log];
  header_ = f.header();
  header_.journal_id = store_.journal_id();
  header_.address = end_.segment->number * store_.segment_bytes() + offset_in(page);
  header_.sequence = ++end_.sequence;
  header_.epoch = end_.epoch;
  header_.previous_digest = chain.digest;
  header_.durable_sequence = durable_sequence;
  complete_header(header_);
  f.sequence = header_.sequence;
  f.address = header_.address;
  f.epoch = header_.epoch;
  f.digest = frame_digest(header_);
  chain = {f.lsn, f.digest};
}

/// Copies what of held_ is still to come and fits. True when all of it is in pages.
bool journal_assembler::copy_on(journal_page& page) {
  std::uint64_t skip = copied_;
  const auto put = [&](const char* bytes, std::uint64_t count) {
    if (skip >= count) {
      skip -= count;
      return;
    }
    const std::uint64_t n = std::min(count - skip, page.limit - page.size);
    page.append(bytes + skip, n);
    copied_ += n;
    // Nothing behind a piece that was cut short may be copied: its place is in the next page.
    skip = n < count - skip ? UINT64_MAX : 0;
  };
  put(reinterpret_cast<const char*>(&header_), sizeof header_);
  for (const std::string_view piece : held_->pieces()) put(piece.data(), piece.size());
  static constexpr char zeros[8] = {};
  put(zeros, held_->frame_bytes() - sizeof header_ - held_->body_bytes());
  if (copied_ < held_->frame_bytes()) return false;
  page.frames.push_back(frame_ptr::adopt(held_));
  held_ = nullptr;
  copied_ = 0;
  return true;
}

void journal_assembler::add_filler(journal_page& page, std::uint64_t bytes, std::uint16_t flags, std::uint64_t durable_sequence) {
  frame_header h{};
  h.magic = frame_magic;
  h.format = format_version;
  h.flags = static_cast<std::uint16_t>(filler_frame | flags);
  h.journal_id = store_.journal_id();
  h.address = end_.segment->number * store_.segment_bytes() + offset_in(page);
  h.header_bytes = sizeof h;
  h.frame_bytes = static_cast<std::uint32_t>(bytes);
  h.sequence = end_.sequence;
  h.epoch = end_.epoch;
  h.durable_sequence = durable_sequence;
  complete_header(h);
  page.append(&h, sizeof h);
}

void journal_assembler::pad_to_block(journal_page& page, std::uint64_t durable_sequence) {
  std::uint64_t gap = block_ceiling(page.size) - page.size;
  if (gap == 0) return;
  if (gap < sizeof(frame_header) && offset_in(page) + gap < store_.segment_bytes()) gap += block_bytes;
  // At the very end of a segment less than a header may be left: readers stop there by themselves.
  if (gap >= sizeof(frame_header)) add_filler(page, gap, 0, durable_sequence);
  page.pad();
}

journal_assembler::outcome journal_assembler::finish(journal_page& page) {
  page.ticket = ++tickets_;
  page.ends_in_frame = copied_ > 0;
  page.last_sequence = page.ends_in_frame ? end_.sequence - 1 : end_.sequence;
  end_.offset += page.size;
  return outcome::ready;
}

/// Ends the segment behind what is in the page, and the page with it; without anything to write the page just begins in the next segment (`nothing`).
journal_assembler::outcome journal_assembler::move_to_next_segment(journal_page& page, std::uint64_t durable_sequence) {
  auto next = store_.take(end_.segment->number + 1);
  if (!next) return fail(next.why(), next.why().code == error_code::no_space ? outcome::blocked : outcome::failed);
  const std::uint64_t left = store_.segment_bytes() - offset_in(page);
  if (left >= sizeof(frame_header)) add_filler(page, left, 0, durable_sequence);
  page.pad();
  const bool to_write = page.size > 0;
  if (to_write) finish(page);
  end_.segment = std::move(*next);
  end_.offset = segment_payload_offset;
  if (to_write) return outcome::ready;
  page.begin(end_.segment, end_.offset);
  return outcome::nothing;
}

journal_assembler::outcome journal_assembler::fill(journal_page& page, queue<frame>& from, std::uint64_t durable_sequence) {
  page.begin(end_.segment, end_.offset);
  while (take_next(from)) {
    if (copied_ == 0) {
      const std::uint64_t bytes = held_->frame_bytes();
      if (!accept(*held_)) return outcome::failed;
      if (store_.segment_bytes() - offset_in(page) < bytes) {
        const outcome moved = move_to_next_segment(page, durable_sequence);
        // What is in the page goes out whether or not there is a next segment; the frame comes back with the next page.
        if (moved == outcome::blocked && page.size > 0) break;
        if (moved != outcome::nothing) return moved;
      }
      // A frame is spread over pages only where it is larger than one, and then begins with a page.
      if (page.size > 0 && page.size + bytes > page.limit) break;
      begin_frame(page, durable_sequence);
    }
    if (!copy_on(page)) break;
  }
  if (page.size == 0) return outcome::nothing;
  pad_to_block(page, durable_sequence);
  return finish(page);
}

journal_assembler::outcome journal_assembler::mark(journal_page& page, std::uint64_t durable_sequence) {
  page.begin(end_.segment, end_.offset);
  if (end_.offset == store_.segment_bytes()) {
    const outcome moved = move_to_next_segment(page, durable_sequence);
    if (moved != outcome::nothing) return moved;
  }
  page.is_mark = true;
  add_filler(page, block_bytes, mark_frame, durable_sequence);
  page.pad();
  return finish(page);
}

}  // namespace weir::runtime
