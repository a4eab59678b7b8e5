// Memory for very many small blocks, such as the cells of a state: cut from large chunks on huge pages where the kernel has them, because at a million cells
// the misses of the page tables cost more than those of the caches (a third of an access, measured). A freed block serves the next of its size; chunks are
// given back only with the pool, so a pool keeps what its owner needed at most. Owned by one store; one thread at a time.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace weir::runtime {

inline constexpr std::size_t huge_page_bytes = 2u << 20;

/// Memory that asks for huge pages where it is large enough for one.
inline void* allocate_large(std::size_t size) {
  if (size < huge_page_bytes) return ::operator new (size, std::align_val_t{64});
  void* memory = ::operator new (size, std::align_val_t{huge_page_bytes});
  // A kernel that refuses gives the same memory on small pages.
  (void)::madvise(memory, size, MADV_HUGEPAGE);
  return memory;
}

inline void free_large(void* memory, std::size_t size) noexcept {
  ::operator delete (memory, std::align_val_t{size < huge_page_bytes ? std::size_t{64} : huge_page_bytes});
}

class block_pool {
 public:
  block_pool() = default;
  block_pool(const block_pool&) = delete;
  block_pool& operator=(const block_pool&) = delete;
  ~block_pool() {
    for (const auto& [memory, size] : chunks_) free_large(memory, size);
  }

  /// 16-byte aligned; blocks of up to 64 bytes do not straddle more cache lines than they must.
  void* take(std::size_t size) {
    if (!pooled(size)) return ::operator new(size);
    free_block*& free = free_[class_of(size)];
    if (free) return std::exchange(free, free->next);
    const std::size_t bytes = (class_of(size) + 1) * step;
    if (left_ < bytes) add_chunk();
    // What a block leaves of a line so as not to straddle the next one serves smaller blocks.
    if (const std::size_t gap = gap_before(bytes); gap > 0) {
      give(next_, gap);
      next_ += gap;
      left_ -= gap;
      if (left_ < bytes) add_chunk();
    }
    void* block = next_;
    next_ += bytes;
    left_ -= bytes;
    return block;
  }

  /// `size` as it was taken.
  void give(void* block, std::size_t size) noexcept {
    if (!pooled(size)) return ::operator delete(block);
    free_block*& free = free_[class_of(size)];
    free = new (block) free_block{free};
  }

 private:
  struct free_block {
    free_block* next;
  };
  static constexpr std::size_t step = 16;
  static constexpr std::size_t line_bytes = 64;
  static constexpr std::size_t pooled_bytes_max = 512;
  static constexpr std::size_t first_chunk_bytes = 4096;

#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool pooled(std::size_t) noexcept { return false; }  // So that AddressSanitizer sees each block.
#else
  static constexpr bool pooled(std::size_t size) noexcept { return size > 0 && size <= pooled_bytes_max; }
#endif
  static constexpr std::size_t class_of(std::size_t size) noexcept { return (size - 1) / step; }

  /// Up to the next line where the block would touch one line more than it must, else 0.
  std::size_t gap_before(std::size_t bytes) const noexcept {
    const std::size_t used = reinterpret_cast<std::uintptr_t>(next_) % line_bytes;
    const std::size_t lines = (bytes + line_bytes - 1) / line_bytes;
    return used + bytes > lines * line_bytes ? line_bytes - used : 0;
  }

  void add_chunk() {
    const std::size_t size = chunks_.empty() ? first_chunk_bytes : std::min(2 * chunks_.back().second, huge_page_bytes);
    chunks_.emplace_back(allocate_large(size), size);
    next_ = static_cast<char*>(chunks_.back().first);
    left_ = size;
  }

  std::array<free_block*, pooled_bytes_max / step> free_{};
  std::vector<std::pair<void*, std::size_t>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace weir::runtime
