// Lays a frame's body out: section table and commit part in one piece of memory, then slots and bytes of every batch where they are.
#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>
#include <lz4.h>

#include <cassert>
#include <cstring>

#include "runtime/log/commit_generated.h"
#include "runtime/log/crc32c.hpp"
#include "runtime/log/frame.hpp"

namespace weir::runtime {
namespace {

constexpr char zeros[8] = {};

template <class T>
std::string_view bytes_of(const T* items, std::size_t count) {
  return {reinterpret_cast<const char*>(items), count * sizeof(T)};
}

flatbuffers::DetachedBuffer commit_part(const frame& f) {
  flatbuffers::FlatBufferBuilder builder(128 + f.positions.size() * sizeof(wire::position) + f.members.size() * sizeof(wire::member));
  wire::position* to = nullptr;
  const auto positions = builder.CreateUninitializedVectorOfStructs<wire::position>(f.positions.size(), &to);
  for (const input_position& p : f.positions) *to++ = wire::position(p.log, p.lsn, p.watermark, p.index, p.idle, p.ended);
  flatbuffers::Offset<flatbuffers::Vector<const wire::member*>> members;
  if (!f.members.empty()) {
    wire::member* member = nullptr;
    members = builder.CreateUninitializedVectorOfStructs<wire::member>(f.members.size(), &member);
    for (const chain_member_head& m : f.members) *member++ = wire::member(m.watermark, m.generation, 0);
  }
  builder.Finish(wire::Createcommit(builder, positions, f.watermark, static_cast<wire::cause>(f.cause), f.idle, f.ended, members));
  return builder.Release();
}

}  // namespace

/// One seal() at work.
class frame_sealer {
 public:
  explicit frame_sealer(frame& f) : frame_(f) {}

  result<void> run(std::span<const bool> compressed) {
    assert(!frame_.sealed());
    if (frame_.outputs.size() > ostreams_limit)
      return error{error_code::failed, fmt::format("an operator has {} ostreams, {} are possible", frame_.outputs.size(), ostreams_limit)};
    pieces_.emplace_back();  // For what comes first and is known last.
    add_changes(section_kind::states, frame_.states);
    add_changes(section_kind::timers, frame_.timers);
    for (std::uint32_t i = 0; i < frame_.outputs.size(); ++i) {
      record_batch& batch = frame_.outputs[i];
      if (!batch.close())
        return error{error_code::failed, fmt::format("ostream {} of the frame has slots that contradict its bytes: the operator wrote past its batch", i)};
      if (!batch.empty()) add_records(i, batch, i < compressed.size() && compressed[i]);
    }
    add_front();
    if (raw_ > frame_bytes_limit - sizeof(frame_header))
      return error{error_code::failed,
                   fmt::format("the frame would take {} bytes, {} are possible: let the step take less input (frame_bytes_max)", raw_, frame_bytes_limit)};
    finish();
    return {};
  }

 private:
  void add_changes(section_kind kind, const change_batch& changes) {
    if (changes.empty()) return;
    add_stored(kind, 0, changes.count(), bytes_of(changes.slots(), changes.count()), changes.bytes());
  }

  void add_records(std::uint32_t index, const record_batch& batch, bool compress) {
    if (compress && batch.stored_size() >= compressed_bytes_min && batch.stored_size() <= frame_bytes_limit && add_compressed(index, batch)) return;
    add_stored(section_kind::records, index, batch.count(), bytes_of(batch.slots(), batch.count()), {batch.bytes(), batch.size()});
  }

  void add_stored(section_kind kind, std::uint32_t index, std::uint32_t count, std::string_view slots, std::string_view bytes) {
    const std::uint64_t size = slots.size() + bytes.size();
    pieces_.push_back(slots);
    if (!bytes.empty()) pieces_.push_back(bytes);
    add_section({kind, 0, index, count, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(size), 0}, size, size);
  }

  bool add_compressed(std::uint32_t index, const record_batch& batch) {
    // lz4 wants one run of bytes; beside its own work this copy is nothing.
    thread_local std::vector<char> source;
    const std::string_view slots = bytes_of(batch.slots(), batch.count());
    source.assign(slots.begin(), slots.end());
    source.insert(source.end(), batch.bytes(), batch.bytes() + batch.size());
    const auto raw = static_cast<std::uint32_t>(source.size());
    const std::uint32_t limit = raw - raw / 8;
    auto stored = std::make_unique_for_overwrite<char[]>(limit);
    const int size = LZ4_compress_default(source.data(), stored.get(), static_cast<int>(raw), static_cast<int>(limit));
    if (source.capacity() > 1u << 20) source = {};
    if (size <= 0) return false;
    const auto stored_size = static_cast<std::uint32_t>(size);
    auto fitting = std::make_unique_for_overwrite<char[]>(stored_size);
    std::memcpy(fitting.get(), stored.get(), stored_size);
    pieces_.emplace_back(fitting.get(), stored_size);
    owned_.push_back(std::move(fitting));
    compressed_.push_back(index);
    add_section({section_kind::records, lz4_section, index, batch.count(), raw, stored_size, 0}, raw, stored_size);
    return true;
  }

  void add_section(const section& s, std::uint64_t raw, std::uint64_t stored) {
    table_.push_back(s);
    raw_ += (raw + 7) & ~std::uint64_t{7};
    stored_ += stored;
    if (stored % 8 != 0) {
      pieces_.emplace_back(zeros, 8 - stored % 8);
      stored_ += 8 - stored % 8;
    }
  }

  void add_front() {
    const flatbuffers::DetachedBuffer commit = commit_part(frame_);
    const auto commit_size = static_cast<std::uint32_t>(commit.size());
    table_.insert(table_.begin(), {section_kind::commit, 0, 0, 0, commit_size, commit_size, 0});
    const std::size_t table_size = table_.size() * sizeof(section);
    const std::size_t size = table_size + ((commit.size() + 7) & ~std::size_t{7});
    auto memory = std::make_unique<char[]>(size);
    std::memcpy(memory.get(), table_.data(), table_size);
    std::memcpy(memory.get() + table_size, commit.data(), commit.size());
    pieces_.front() = {memory.get(), size};
    owned_.push_back(std::move(memory));
    raw_ += size;
    stored_ += size;
  }

  void finish() {
    std::uint32_t checksum = 0;
    for (std::string_view piece : pieces_) checksum = crc32c(checksum, piece.data(), piece.size());
    frame_.body_checksum_ = checksum;
    frame_.body_bytes_ = static_cast<std::uint32_t>(stored_);
    frame_.raw_bytes_ = static_cast<std::uint32_t>(raw_);
    frame_.frame_bytes_ = static_cast<std::uint32_t>(sizeof(frame_header) + stored_);
    frame_.sections_ = static_cast<std::uint32_t>(table_.size());
    frame_.pieces_ = std::move(pieces_);
    frame_.owned_ = std::move(owned_);
    frame_.compressed_ = std::move(compressed_);
  }

  frame& frame_;
  std::vector<section> table_;
  std::vector<std::string_view> pieces_;
  std::vector<std::unique_ptr<char[]>> owned_;
  std::vector<std::uint32_t> compressed_;
  std::uint64_t raw_ = 0;
  std::uint64_t stored_ = 0;
};

result<void> frame::seal(std::span<const bool> compressed) { return frame_sealer(*this).run(compressed); }

}  // namespace weir::runtime
