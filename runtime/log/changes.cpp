#include "runtime/log/changes.hpp"

#include <algorithm>

namespace weir::runtime {

change_batch& change_batch::operator=(change_batch&& other) noexcept {
  slots_ = std::exchange(other.slots_, {});
  memory_ = std::move(other.memory_);
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  viewed_slots_ = std::exchange(other.viewed_slots_, nullptr);
  viewed_count_ = std::exchange(other.viewed_count_, 0);
  viewed_bytes_ = std::exchange(other.viewed_bytes_, nullptr);
  return *this;
}

void change_batch::reserve(std::size_t changes, std::size_t bytes) {
  slots_.reserve(slots_.size() + changes);
  if (size_ + bytes > capacity_) grow(size_ + bytes);
}

/// At least twice what there was, so that the copies of a growing batch cost its final size once more.
void change_batch::grow(std::size_t needed) {
  const std::size_t capacity = std::max(needed, 2 * capacity_);
  auto memory = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
  memory_ = std::move(memory);
  capacity_ = capacity;
}

change_batch change_batch::over(const change_slot* slots, std::uint32_t count, const char* bytes) noexcept {
  change_batch b;
  b.viewed_slots_ = slots;
  b.viewed_count_ = count;
  b.viewed_bytes_ = bytes;
  return b;
}

change change_batch::at(std::uint32_t index) const noexcept {
  const char* base = viewed_slots_ ? viewed_bytes_ : memory_.get();
  const std::uint32_t begin = index == 0 ? 0 : slots()[index - 1].value_end;
  const change_slot& s = slots()[index];
  return {s.id,
          s.removed != 0,
          s.time,
          {base + begin, s.key_end - begin},
          {base + s.key_end, s.subkey_end - s.key_end},
          {base + s.subkey_end, s.value_end - s.subkey_end}};
}

std::string_view change_batch::bytes() const noexcept {
  if (!viewed_slots_) return {memory_.get(), size_};
  return {viewed_bytes_, viewed_count_ == 0 ? 0 : viewed_slots_[viewed_count_ - 1].value_end};
}

}  // namespace weir::runtime
