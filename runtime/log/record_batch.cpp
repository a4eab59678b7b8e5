#define XXH_INLINE_ALL
#include "runtime/log/record_batch.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace weir::runtime {
namespace {

constexpr std::uint64_t slots_min = 32;
constexpr std::uint64_t bytes_min = 2048;

/// At least twice what there was, so that the copies of a growing batch cost its final size once more.
std::uint64_t grown(std::uint64_t capacity, std::uint64_t needed, std::uint64_t least) { return std::max({needed, 2 * capacity, least}); }

}  // namespace

std::uint64_t key_hash(std::string_view key) noexcept {
  const std::uint64_t h = XXH3_64bits(key.data(), key.size());
  return h == 0 ? 1 : h;
}

record_batch::record_batch(record_batch&& other) noexcept
    : raw_(std::exchange(other.raw_, {})), slot_memory_(std::move(other.slot_memory_)), byte_memory_(std::move(other.byte_memory_)) {}

record_batch& record_batch::operator=(record_batch&& other) noexcept {
  raw_ = std::exchange(other.raw_, {});
  slot_memory_ = std::move(other.slot_memory_);
  byte_memory_ = std::move(other.byte_memory_);
  return *this;
}

record_batch record_batch::over(const weir_slot* slots, std::uint32_t count, const char* bytes, std::uint32_t size) noexcept {
  record_batch b;
  // A view has no capacity, so nothing can be written through these pointers.
  b.raw_.slots = const_cast<weir_slot*>(slots);
  b.raw_.bytes = const_cast<char*>(bytes);
  b.raw_.count = count;
  b.raw_.size = size;
  return b;
}

void record_batch::reserve(std::uint32_t slots, std::uint32_t bytes) {
  const std::uint64_t slots_needed = std::uint64_t{raw_.count} + slots;
  if (slots_needed > raw_.slot_capacity) {
    const std::uint64_t capacity = grown(raw_.slot_capacity, slots_needed, slots_min);
    assert(capacity * sizeof(weir_slot) <= UINT32_MAX);
    auto memory = std::make_unique_for_overwrite<char[]>(capacity * sizeof(weir_slot));
    if (raw_.count > 0) std::memcpy(memory.get(), raw_.slots, raw_.count * sizeof(weir_slot));
    slot_memory_ = std::move(memory);
    raw_.slots = reinterpret_cast<weir_slot*>(slot_memory_.get());
    raw_.slot_capacity = static_cast<std::uint32_t>(capacity);
  }
  const std::uint64_t bytes_needed = std::uint64_t{round8(raw_.size)} + bytes;
  if (bytes_needed > raw_.byte_capacity) {
    const std::uint64_t capacity = grown(raw_.byte_capacity, (bytes_needed + 7) & ~std::uint64_t{7}, bytes_min);
    assert(capacity <= UINT32_MAX);
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    if (raw_.size > 0) std::memcpy(memory.get(), raw_.bytes, raw_.size);
    byte_memory_ = std::move(memory);
    raw_.bytes = byte_memory_.get();
    raw_.byte_capacity = static_cast<std::uint32_t>(capacity);
  }
}

void record_batch::append(std::int64_t time, std::string_view key, std::string_view value, std::uint64_t hash) {
  const std::uint32_t begin = round8(raw_.size);
  const std::uint64_t need = ((key.size() + 7) & ~std::size_t{7}) + value.size();
  if (raw_.count == raw_.slot_capacity || begin + need > raw_.byte_capacity) reserve(1, static_cast<std::uint32_t>(need));
  char* at = raw_.bytes + begin;
  if (begin != raw_.size) std::memset(raw_.bytes + raw_.size, 0, begin - raw_.size);
  if (!key.empty()) std::memcpy(at, key.data(), key.size());
  const auto key_end = begin + static_cast<std::uint32_t>(key.size());
  const std::uint32_t value_begin = round8(key_end);
  if (value_begin != key_end) std::memset(raw_.bytes + key_end, 0, value_begin - key_end);
  if (!value.empty()) std::memcpy(raw_.bytes + value_begin, value.data(), value.size());
  raw_.size = value_begin + static_cast<std::uint32_t>(value.size());
  raw_.slots[raw_.count++] = {time, hash, key_end, raw_.size};
}

void record_batch::hash_keys() noexcept {
  std::uint32_t begin = 0;
  for (std::uint32_t i = 0; i < raw_.count; ++i) {
    weir_slot& s = raw_.slots[i];
    if (s.hash == 0) s.hash = key_hash({raw_.bytes + begin, s.key_end - begin});
    begin = round8(s.value_end);
  }
}

bool record_batch::close() noexcept {
  if (raw_.count > raw_.slot_capacity || raw_.size > raw_.byte_capacity) return false;
  std::uint64_t end = 0;  // Of the record before.
  for (std::uint32_t i = 0; i < raw_.count; ++i) {
    weir_slot& s = raw_.slots[i];
    const std::uint64_t begin = (end + 7) & ~std::uint64_t{7};
    const std::uint64_t value_begin = (std::uint64_t{s.key_end} + 7) & ~std::uint64_t{7};
    if (s.key_end < begin || s.value_end < value_begin || s.value_end > raw_.size) return false;
    if (begin != end) std::memset(raw_.bytes + end, 0, begin - end);
    if (value_begin != s.key_end) std::memset(raw_.bytes + s.key_end, 0, value_begin - s.key_end);
    if (s.hash == 0) s.hash = key_hash({raw_.bytes + begin, s.key_end - begin});
    end = s.value_end;
  }
  return end == raw_.size;
}

}  // namespace weir::runtime
