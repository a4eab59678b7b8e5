// The state or timer changes of one frame, in the order in which each key was first changed: slots beside bytes, as they are stored.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/log/format.hpp"
#include "runtime/log/short_bytes.hpp"

namespace weir::runtime {

struct change {
  std::uint16_t id = 0;  ///< State id, or timer kind.
  bool removed = false;
  std::int64_t time = 0;
  std::string_view key;
  std::string_view subkey;
  std::string_view value;
};

/// Owns its bytes while a frame is built, views a frame's bytes when it was read. Move-only.
class change_batch {
 public:
  change_batch() = default;
  change_batch(change_batch&& other) noexcept { *this = std::move(other); }
  change_batch& operator=(change_batch&& other) noexcept;

  /// Room for that many more, so that add() does not grow what a frame takes in steps.
  void reserve(std::size_t changes, std::size_t bytes);
  void add(const change& c) {
    const std::size_t needed = size_ + c.key.size() + c.subkey.size() + c.value.size();
    if (needed > capacity_) grow(needed);
    char* const memory = memory_.get();
    copy_bytes(memory + size_, c.key.data(), c.key.size());
    const std::size_t key_end = size_ + c.key.size();
    copy_bytes(memory + key_end, c.subkey.data(), c.subkey.size());
    const std::size_t subkey_end = key_end + c.subkey.size();
    copy_bytes(memory + subkey_end, c.value.data(), c.value.size());
    size_ = needed;
    slots_.push_back({c.time, c.id, static_cast<std::uint16_t>(c.removed), static_cast<std::uint32_t>(key_end), static_cast<std::uint32_t>(subkey_end),
                      static_cast<std::uint32_t>(needed)});
  }
  void clear() noexcept {
    slots_.clear();
    size_ = 0;
    viewed_slots_ = nullptr;
    viewed_count_ = 0;
  }
  static change_batch over(const change_slot* slots, std::uint32_t count, const char* bytes) noexcept;

  std::uint32_t count() const noexcept { return viewed_slots_ ? viewed_count_ : static_cast<std::uint32_t>(slots_.size()); }
  bool empty() const noexcept { return count() == 0; }
  change at(std::uint32_t index) const noexcept;
  const change_slot* slots() const noexcept { return viewed_slots_ ? viewed_slots_ : slots_.data(); }
  std::string_view bytes() const noexcept;

 private:
  void grow(std::size_t needed);

  std::vector<change_slot> slots_;
  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  const change_slot* viewed_slots_ = nullptr;
  std::uint32_t viewed_count_ = 0;
  const char* viewed_bytes_ = nullptr;
};

}  // namespace weir::runtime
