// The state or timer changes of one frame, in the order in which each key was first changed: slots beside bytes, as they are stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/log/format.hpp"

namespace weir::runtime {

struct change {
  std::uint16_t id = 0;  ///< State id, or timer kind.
  bool removed = false;
  std::int64_t time = 0;
  std::string_view key;
  std::string_view subkey;
  std::string_view value;
};

/// Owns its bytes while a frame is built, views a frame's bytes when it was read.
class change_batch {
 public:
  void add(const change& c);
  void clear() noexcept {
    slots_.clear();
    bytes_.clear();
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
  std::vector<change_slot> slots_;
  std::string bytes_;
  const change_slot* viewed_slots_ = nullptr;
  std::uint32_t viewed_count_ = 0;
  const char* viewed_bytes_ = nullptr;
};

}  // namespace weir::runtime
