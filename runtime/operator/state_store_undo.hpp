// The old bytes of changed cells, last in first out, in one growing run of memory that is reused: no allocation per record once it has grown. Private to
// state_store.cpp.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

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

  std::uint64_t size() const noexcept { return bytes_.size(); }

  void push(state_cell& c, bool created) {
    const std::uint32_t kept = c.present ? c.value_size : 0;
    const record r{&c, c.saved, last_, kept, c.present, created};
    last_ = bytes_.size();
    bytes_.resize(last_ + sizeof r + state_cell::padded(kept));
    std::memcpy(bytes_.data() + last_, &r, sizeof r);
    if (kept > 0) std::memcpy(bytes_.data() + last_ + sizeof r, c.value, kept);
  }

  /// Hands the records beyond `mark` to `restore(record, old bytes)`, the last first, and forgets them.
  template <class Restore>
  void pop_to(std::uint64_t mark, Restore restore) {
    while (bytes_.size() > mark) {
      record r;
      std::memcpy(&r, bytes_.data() + last_, sizeof r);
      restore(r, bytes_.data() + last_ + sizeof r);
      bytes_.resize(last_);
      last_ = r.previous;
    }
  }

  void clear() noexcept {
    if (bytes_.capacity() > kept_bytes_max) bytes_ = {};
    bytes_.clear();
    last_ = 0;
  }

 private:
  static constexpr std::size_t kept_bytes_max = 4u << 20;  // One huge frame does not hold memory for ever.
  std::vector<char> bytes_;
  std::uint64_t last_ = 0;
};

}  // namespace weir::runtime
