// The old bytes of changed cells, last in first out, in one growing run of memory that is reused: no allocation per record once it has grown. Private to
// state_store.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "runtime/log/short_bytes.hpp"
#include "runtime/operator/state_store_cell.hpp"

namespace weir::runtime {

class state_undo {
 public:
  struct record {
    state_cell* cell;
    std::uint64_t saved;     ///< What cell->saved was.
    std::uint64_t previous;  ///< Where the record before this one begins.
    std::uint32_t value_size;
    bool present;
    bool created;  ///< There was no cell.
  };

  std::uint64_t size() const noexcept { return size_; }

  void push(state_cell& c, bool created) {
    const std::uint32_t kept = c.present ? c.value_size : 0;
    const std::uint64_t at = size_;
    size_ += sizeof(record) + state_cell::padded(kept);
    if (size_ > capacity_) grow(at);
    auto* const r = new (bytes_.get() + at) record{&c, c.saved, last_, kept, c.present, created};
    copy_bytes(reinterpret_cast<char*>(r + 1), c.value(), kept);
    last_ = at;
  }

  /// Hands the records beyond `mark` to `restore(record, old bytes)`, the last first, and forgets them.
  template <class Restore>
  void pop_to(std::uint64_t mark, Restore restore) {
    while (size_ > mark) {
      const record r = *reinterpret_cast<const record*>(bytes_.get() + last_);
      restore(r, bytes_.get() + last_ + sizeof r);
      size_ = last_;
      last_ = r.previous;
    }
  }

  void clear() noexcept {
    if (capacity_ > kept_bytes_max) {
      bytes_ = nullptr;
      capacity_ = 0;
    }
    size_ = 0;
    last_ = 0;
  }

 private:
  static constexpr std::size_t kept_bytes_max = 4u << 20;  // One huge frame does not hold memory for ever.

  void grow(std::uint64_t used) {
    const std::uint64_t capacity = std::max<std::uint64_t>(2 * size_, 1024);
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) std::memcpy(memory.get(), bytes_.get(), used);
    bytes_ = std::move(memory);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::uint64_t size_ = 0;
  std::uint64_t capacity_ = 0;
  std::uint64_t last_ = 0;  ///< Where the newest record begins.
};

}  // namespace weir::runtime
