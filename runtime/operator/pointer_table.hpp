// Pointers found by a 64-bit hash that the caller has anyway: open addressing with linear probing, the hash beside the pointer. A look-up touches one cache
// line before the object itself (tables with control bytes touch two), and exactly that line can be prefetched; growing touches no object. The hash must be
// well mixed in its low bits, as XXH3 is. Order of iteration follows the hashes alone. Owns its slots, not the objects; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/operator/block_pool.hpp"

namespace weir::runtime {

/// Asks for the cache line at `at`. A function that does nothing else counts as pure for GCC 12, which drops calls of pure functions without a result: hence
/// the statement that it may not drop.
inline void fetch_ahead(const void* at) noexcept {
  __builtin_prefetch(at);
  asm volatile("");
}

template <class T>
class pointer_table {
 public:
  pointer_table() = default;
  pointer_table(const pointer_table&) = delete;
  pointer_table& operator=(const pointer_table&) = delete;
  ~pointer_table() {
    if (slots_) free_large(slots_, capacity_ * sizeof(slot));
  }

  std::size_t size() const noexcept { return size_; }

  /// The object with that hash for which same(object) holds, or null.
  template <class Same>
  T* find(std::uint64_t hash, const Same& same) const {
    if (size_ == 0) return nullptr;
    for (std::size_t i = likely(hash);; i = next(i)) {
      const slot& s = slots_[i];
      if (!s.object) return nullptr;
      if (s.hash == hash && same(*s.object)) return s.object;
    }
  }

  /// The object must not be there.
  void insert(std::uint64_t hash, T* object) {
    if (8 * (size_ + 1) > 5 * capacity_) grow();
    place({hash, object});
    ++size_;
  }

  /// The object must be there.
  void erase(std::uint64_t hash, const T* object) noexcept {
    std::size_t hole = hash & (capacity_ - 1);
    while (slots_[hole].object != object) hole = next(hole);
    // What was pushed past the hole moves back into it, so that no look-up ends too early.
    for (std::size_t i = next(hole); slots_[i].object; i = next(i)) {
      const std::size_t home = slots_[i].hash & (capacity_ - 1);
      if (((i - home) & (capacity_ - 1)) < ((i - hole) & (capacity_ - 1))) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole].object = nullptr;
    --size_;
  }

  /// Fetches the slots of that hash.
  void prefetch(std::uint64_t hash) const noexcept {
    if (size_ != 0) fetch_ahead(&slots_[hash & (capacity_ - 1)]);
  }

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::size_t i = 0; i < capacity_; ++i)
      if (slots_[i].object) visit(*slots_[i].object);
  }

 private:
  struct slot {
    std::uint64_t hash;
    T* object;
  };

  std::size_t next(std::size_t i) const noexcept { return (i + 1) & (capacity_ - 1); }

  /// Where to begin to look for the hash: its first slot, or one of the next two where those before have another hash. Nearly all are there; in which of them
  /// is what a processor guesses wrong, so it is computed and not branched upon. Where one of those passed over is empty, the hash is in none.
  std::size_t likely(std::uint64_t hash) const noexcept {
    std::size_t i = hash & (capacity_ - 1);
    i = (i + (slots_[i].hash != hash ? 1 : 0)) & (capacity_ - 1);
    i = (i + (slots_[i].hash != hash ? 1 : 0)) & (capacity_ - 1);
    return i;
  }

  void place(slot s) noexcept {
    std::size_t i = s.hash & (capacity_ - 1);
    while (slots_[i].object) i = next(i);
    slots_[i] = s;
  }

  void grow() {
    slot* const old = slots_;
    const std::size_t old_capacity = capacity_;
    const std::size_t capacity = old_capacity == 0 ? 16 : 2 * old_capacity;
    slots_ = static_cast<slot*>(allocate_large(capacity * sizeof(slot)));
    capacity_ = capacity;
    std::memset(static_cast<void*>(slots_), 0, capacity * sizeof(slot));
    for (std::size_t i = 0; i < old_capacity; ++i)
      if (old[i].object) place(old[i]);
    if (old) free_large(old, old_capacity * sizeof(slot));
  }

  slot* slots_ = nullptr;
  std::size_t capacity_ = 0;  ///< A power of two, or 0.
  std::size_t size_ = 0;
};

}  // namespace weir::runtime
