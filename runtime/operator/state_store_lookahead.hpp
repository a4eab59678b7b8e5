// The cells that the records of a batch will ask for, found ahead of time: their slots of the table are fetched all at once, and each access fetches the cell
// that is asked for a few accesses later. So memory is waited for neither where the table is nor where the cell is, and a cell is still in the nearest cache
// when its turn comes, which a whole batch of them would not be. Accesses may come in any order, several times or not at all: what is passed over is fetched
// all the same. Private to state_store.cpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/operator/pointer_table.hpp"

namespace weir::runtime {

template <class T>
class state_lookahead {
 public:
  bool empty() const noexcept { return count_ == 0; }

  /// Forgets the batch before; at most `count` objects will be added.
  void begin(std::size_t count) {
    if (count >= entries_.size()) {
      entries_.resize(count + 1);
      places_.assign(std::bit_ceil(8 * count), 0);
    }
    count_ = 0;
    fetched_ = 0;
    next_ = 0;
  }
  void add(std::uint64_t hash, T* object) noexcept {
    places_[hash & (places_.size() - 1)] = static_cast<std::uint32_t>(count_);
    entries_[count_++] = {hash, object};
  }
  /// All are added.
  void start() noexcept { fetch_up_to(distance); }

  /// The object that was added with that hash, or null: it may be missing although it was added.
  T* find(std::uint64_t hash) noexcept {
    std::size_t place = next_;  // Records mostly come in order.
    if (entries_[place].hash != hash) place = places_[hash & (places_.size() - 1)];
    const entry& e = entries_[place];
    if (e.hash != hash || e.object == nullptr) return nullptr;
    next_ = place + 1;
    fetch_up_to(place + distance);
    return e.object;
  }

  /// Before an object ends.
  void forget_all() noexcept {
    if (entries_[0].object == nullptr) return;
    for (entry& e : entries_) e = {};
    count_ = 0;
    next_ = 0;
  }

 private:
  static constexpr std::size_t distance = 16;
  struct entry {
    std::uint64_t hash = 0;
    T* object = nullptr;
  };

  void fetch_up_to(std::size_t end) noexcept {
    for (; fetched_ < count_ && fetched_ < end; ++fetched_) fetch_ahead(entries_[fetched_].object);
  }

  std::vector<entry> entries_ = std::vector<entry>(1);  ///< And one that is never used, behind the last.
  std::vector<std::uint32_t> places_ = {0};             ///< By the low bits of hashes: in entries_, of the last with these bits.
  std::size_t count_ = 0;
  std::size_t fetched_ = 0;
  std::size_t next_ = 0;
};

}  // namespace weir::runtime
