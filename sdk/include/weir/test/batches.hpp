// The ostreams of a frame under construction in a test: the memory behind weir_batch. It moves at each growth and grows by little, so that an operator that
// keeps pointers into it is found out. Not thread-safe.
#pragma once

#include <weir/abi.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

/// Stands for the node's key hash (another function): never 0.
inline std::uint64_t key_hash(std::string_view key) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash | 1;
}

class batches {
 public:
  struct mark {
    std::uint32_t count, size;
  };
  struct produced {
    std::int64_t time;
    std::uint64_t hash;
    std::string_view key, value;
  };

  explicit batches(std::size_t ostreams) : raw_(ostreams), memory_(ostreams) {}

  weir_batch* raw() noexcept { return raw_.data(); }
  std::uint32_t ostreams() const noexcept { return static_cast<std::uint32_t>(raw_.size()); }

  std::uint64_t records() const noexcept {
    std::uint64_t all = 0;
    for (const weir_batch& batch : raw_) all += batch.count;
    return all;
  }

  void grow(std::uint32_t ostream, std::size_t bytes) {
    weir_batch& batch = raw_[ostream];
    const std::uint32_t slots = batch.count + 1 + batch.count / 4;
    // A small batch moves with every record, so that operators which keep pointers into it are found; a large one would take for ever to fill.
    const std::size_t spare = batch.size > 4096 ? batch.size / 4 : 0;
    const auto capacity = static_cast<std::uint32_t>(round8(batch.size) + bytes + spare);
    memory grown{std::make_unique<weir_slot[]>(slots), std::make_unique<char[]>(capacity)};
    if (batch.count != 0) std::memcpy(grown.slots.get(), batch.slots, batch.count * sizeof(weir_slot));
    if (batch.size != 0) std::memcpy(grown.bytes.get(), batch.bytes, batch.size);
    std::memset(grown.bytes.get() + batch.size, 0xdd, capacity - batch.size);
    memory_[ostream] = std::move(grown);
    batch = {memory_[ostream].slots.get(), memory_[ostream].bytes.get(), batch.count, slots, batch.size, capacity};
  }

  produced at(std::uint32_t ostream, std::uint32_t index) const noexcept {
    const weir_batch& batch = raw_[ostream];
    const weir_slot& slot = batch.slots[index];
    const std::size_t key = index == 0 ? 0 : round8(batch.slots[index - 1].value_end);
    const std::size_t value = round8(slot.key_end);
    return {slot.time, slot.hash, {batch.bytes + key, slot.key_end - key}, {batch.bytes + value, slot.value_end - value}};
  }

  std::vector<mark> save() const {
    std::vector<mark> marks;
    for (const weir_batch& batch : raw_) marks.push_back({batch.count, batch.size});
    return marks;
  }
  void restore(const std::vector<mark>& marks) noexcept {
    for (std::size_t i = 0; i < marks.size(); ++i) {
      raw_[i].count = marks[i].count;
      raw_[i].size = marks[i].size;
    }
  }
  /// The frame is over: the next one begins with no memory at all.
  void clear() {
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      memory_[i] = {};
      raw_[i] = {};
    }
  }

 private:
  struct memory {
    std::unique_ptr<weir_slot[]> slots;
    std::unique_ptr<char[]> bytes;
  };
  static std::size_t round8(std::size_t n) noexcept { return (n + 7) / 8 * 8; }

  std::vector<weir_batch> raw_;
  std::vector<memory> memory_;
};

}  // namespace weir::testing
