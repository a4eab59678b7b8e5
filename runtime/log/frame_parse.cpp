// Reads a frame back and believes nothing: after parse() every slot, length and position of the frame may be used without another check.
#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>
#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "runtime/log/commit_generated.h"
#include "runtime/log/crc32c.hpp"
#include "runtime/log/frame.hpp"

namespace weir::runtime {
namespace {

std::uint64_t padded(std::uint64_t n) { return (n + 7) & ~std::uint64_t{7}; }

bool all_zero(const char* from, std::uint64_t size) {
  return std::all_of(from, from + size, [](char c) { return c == 0; });
}

/// Whether the slots' ends rise within `size` and the last one ends there.
bool sound_records(const weir_slot* slots, std::uint32_t count, std::uint64_t size) {
  std::uint64_t end = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const weir_slot& s = slots[i];
    if (s.hash == 0 || s.key_end < padded(end) || s.value_end < padded(s.key_end)) return false;
    end = s.value_end;
  }
  return end == size;
}

bool sound_changes(section_kind kind, const change_slot* slots, std::uint32_t count, std::uint64_t size) {
  std::uint64_t end = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const change_slot& s = slots[i];
    if (s.removed > 1 || s.key_end < end || s.subkey_end < s.key_end || s.value_end < s.subkey_end) return false;
    const bool has_value = s.value_end != s.subkey_end;
    if (s.removed == 1 && has_value) return false;
    if (kind == section_kind::states ? s.time != 0 : (s.id >= timer_ids_limit || has_value)) return false;
    end = s.value_end;
  }
  return end == size;
}

}  // namespace

/// One parse() at work.
class frame_parser {
 public:
  result<frame_ptr> run(std::unique_ptr<char[]> bytes, std::size_t size) {
    bytes_ = bytes.get();
    result<frame_header> header = read_header(bytes_, size);
    if (!header) return header.why();
    header_ = *header;
    if ((header_.flags & filler_frame) != 0) return bad("it is filler and holds nothing");
    if (size != header_.frame_bytes) return bad(fmt::format("it takes {} bytes, {} were read", header_.frame_bytes, size));
    const std::uint64_t body_end = sizeof(frame_header) + std::uint64_t{header_.body_bytes};
    if (!all_zero(bytes_ + body_end, size - body_end)) return bad("the bytes behind its body are not zero");
    if (crc32c(0, bytes_ + sizeof(frame_header), header_.body_bytes) != header_.body_checksum) return bad("the body's checksum does not match");
    frame_ = make_intrusive<frame>();
    fill_in();
    frame_->owned_.push_back(std::move(bytes));
    if (const char* why = read_sections()) return bad(why);
    return frame_;
  }

 private:
  error bad(std::string_view why) const {
    return {error_code::corrupt, fmt::format("the frame at {} (log {}, LSN {}) is damaged: {}", header_.address, header_.log, header_.lsn, why)};
  }

  void fill_in() {
    frame& f = *frame_;
    f.log = header_.log;
    f.lsn = header_.lsn;
    f.generation = header_.generation;
    f.sequence = header_.sequence;
    f.address = header_.address;
    f.epoch = header_.epoch;
    f.digest = frame_digest(header_);
    f.flags = header_.flags;
    f.body_bytes_ = header_.body_bytes;
    f.raw_bytes_ = header_.raw_bytes;
    f.frame_bytes_ = header_.frame_bytes;
    f.body_checksum_ = header_.body_checksum;
    f.sections_ = header_.sections;
    f.pieces_ = {{bytes_ + sizeof(frame_header), header_.body_bytes}};
  }

  /// Why the sections are not sound, or null.
  const char* read_sections() {
    const std::uint64_t table_bytes = std::uint64_t{header_.sections} * sizeof(section);
    payload_ = bytes_ + sizeof(frame_header) + table_bytes;
    payload_left_ = header_.body_bytes - table_bytes;
    raw_left_ = header_.raw_bytes;
    if (raw_left_ < table_bytes) return "its uncompressed length is too small";
    raw_left_ -= table_bytes;
    for (std::uint32_t i = 0; i < header_.sections; ++i) {
      section s;
      std::memcpy(&s, bytes_ + sizeof(frame_header) + i * sizeof(section), sizeof s);
      if (const char* why = read_section(i, s)) return why;
    }
    if (payload_left_ != 0 || raw_left_ != 0) return "its sections and its lengths contradict each other";
    if ((header_.flags & letters_frame) != 0 && frame_->outputs.empty()) return "it is said to hold dead letters and has no records";
    return nullptr;
  }

  const char* read_section(std::uint32_t number, const section& s) {
    if (s.reserved != 0 || (s.flags & ~lz4_section) != 0) return "a section has flags that this format does not know";
    if (padded(s.stored_bytes) > payload_left_ || padded(s.raw_bytes) > raw_left_) return "a section reaches beyond the body";
    const bool compressed = (s.flags & lz4_section) != 0;
    if (compressed ? s.kind != section_kind::records : s.stored_bytes != s.raw_bytes) return "a section's flags and lengths contradict each other";
    if ((number == 0) != (s.kind == section_kind::commit)) return "its commit part is not where it belongs";
    if (number > 0 && (s.kind < last_.kind || (s.kind == last_.kind && (s.kind != section_kind::records || s.index <= last_.index))))
      return "its sections are not in order";
    if (s.kind != section_kind::records && s.index != 0) return "a section has a number that belongs to none";
    if (!all_zero(payload_ + s.stored_bytes, padded(s.stored_bytes) - s.stored_bytes)) return "a section's padding is not zero";
    const char* raw = compressed ? decompress(s) : payload_;
    if (raw == nullptr) return "a compressed section cannot be decompressed";
    payload_ += padded(s.stored_bytes);
    payload_left_ -= padded(s.stored_bytes);
    raw_left_ -= padded(s.raw_bytes);
    last_ = s;
    return read_payload(s, raw);
  }

  /// The uncompressed section in memory of the frame's; bounded, since raw_bytes is within what is left of the header's.
  const char* decompress(const section& s) {
    auto memory = std::make_unique_for_overwrite<char[]>(std::max<std::size_t>(s.raw_bytes, 1));
    const int size = LZ4_decompress_safe(payload_, memory.get(), static_cast<int>(s.stored_bytes), static_cast<int>(s.raw_bytes));
    if (size < 0 || static_cast<std::uint32_t>(size) != s.raw_bytes) return nullptr;
    frame_->owned_.push_back(std::move(memory));
    frame_->compressed_.push_back(s.index);
    return frame_->owned_.back().get();
  }

  const char* read_payload(const section& s, const char* raw) {
    if (s.kind == section_kind::commit) return read_commit(s, raw);
    const std::uint64_t slot_bytes = std::uint64_t{s.count} * sizeof(weir_slot);  // Both kinds of slot have the same size.
    if (s.count == 0 || slot_bytes > s.raw_bytes) return "a section's count and length contradict each other";
    const auto size = static_cast<std::uint32_t>(s.raw_bytes - slot_bytes);
    const char* bytes = raw + slot_bytes;
    if (s.kind == section_kind::records) {
      if (s.index >= ostreams_limit) return "a section's ostream number is larger than any";
      const auto* slots = reinterpret_cast<const weir_slot*>(raw);
      if (!sound_records(slots, s.count, size)) return "slots of its records contradict their bytes";
      frame_->outputs.resize(s.index + 1);
      frame_->outputs[s.index] = record_batch::over(slots, s.count, bytes, size);
      return nullptr;
    }
    if (s.kind != section_kind::states && s.kind != section_kind::timers) return "a section is of a kind that this format does not know";
    const auto* slots = reinterpret_cast<const change_slot*>(raw);
    if (!sound_changes(s.kind, slots, s.count, size)) return "slots of its changes contradict their bytes";
    (s.kind == section_kind::states ? frame_->states : frame_->timers) = change_batch::over(slots, s.count, bytes);
    return nullptr;
  }

  const char* read_commit(const section& s, const char* raw) {
    if (s.count != 0) return "its commit part has a count";
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(raw), s.raw_bytes);
    if (!verifier.VerifyBuffer<wire::commit>(nullptr)) return "its commit part is not a sound FlatBuffer";
    const wire::commit& c = *flatbuffers::GetRoot<wire::commit>(raw);
    if (c.cause() > wire::cause::MAX) return "its cause is of a kind that this format does not know";
    frame& f = *frame_;
    f.cause = static_cast<frame_cause>(c.cause());
    f.watermark = c.watermark();
    f.idle = c.idle();
    f.ended = c.ended();
    if (const char* why = read_members(c)) return why;
    if (c.positions() == nullptr) return nullptr;
    if (reinterpret_cast<std::uintptr_t>(c.positions()->Data()) % alignof(wire::position) != 0) return "its positions are not aligned";
    f.positions.reserve(c.positions()->size());
    for (const wire::position* p : *c.positions()) {
      if (p->idle() > 1 || p->ended() > 1) return "a position has flags that this format does not know";
      f.positions.push_back({p->log(), p->lsn(), p->index(), p->idle() != 0, p->ended() != 0, p->watermark()});
    }
    return nullptr;
  }

  const char* read_members(const wire::commit& c) {
    if (c.members() == nullptr) return nullptr;
    if (c.members()->size() > chain_operators_limit) return "its chain has more operators than any";
    if (reinterpret_cast<std::uintptr_t>(c.members()->Data()) % alignof(wire::member) != 0) return "its chain's operators are not aligned";
    for (const wire::member* m : *c.members()) frame_->members.push_back({m->watermark(), m->generation()});
    return nullptr;
  }

  const char* bytes_ = nullptr;
  frame_header header_{};
  frame_ptr frame_;
  const char* payload_ = nullptr;
  std::uint64_t payload_left_ = 0;
  std::uint64_t raw_left_ = 0;
  section last_{};
};

result<frame_ptr> frame::parse(std::unique_ptr<char[]> bytes, std::size_t size) { return frame_parser().run(std::move(bytes), size); }

}  // namespace weir::runtime
