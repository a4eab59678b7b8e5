#include "runtime/log/changes.hpp"

namespace weir::runtime {

void change_batch::add(const change& c) {
  bytes_.append(c.key);
  const auto key_end = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(c.subkey);
  const auto subkey_end = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(c.value);
  slots_.push_back({c.time, c.id, static_cast<std::uint16_t>(c.removed), key_end, subkey_end, static_cast<std::uint32_t>(bytes_.size())});
}

change_batch change_batch::over(const change_slot* slots, std::uint32_t count, const char* bytes) noexcept {
  change_batch b;
  b.viewed_slots_ = slots;
  b.viewed_count_ = count;
  b.viewed_bytes_ = bytes;
  return b;
}

change change_batch::at(std::uint32_t index) const noexcept {
  const char* base = viewed_slots_ ? viewed_bytes_ : bytes_.data();
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
  if (!viewed_slots_) return bytes_;
  return {viewed_bytes_, viewed_count_ == 0 ? 0 : viewed_slots_[viewed_count_ - 1].value_end};
}

}  // namespace weir::runtime
