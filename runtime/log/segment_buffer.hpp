// Memory for reads and writes past the page cache: aligned to a block, a multiple of blocks. One owner.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "runtime/log/format.hpp"

namespace weir::runtime {

class aligned_buffer {
 public:
  aligned_buffer() = default;
  /// `size` is rounded up to blocks; the bytes are not set.
  explicit aligned_buffer(std::uint64_t size) : size_((size + block_bytes - 1) / block_bytes * block_bytes) {
    data_.reset(static_cast<char*>(std::aligned_alloc(block_bytes, size_)));
    if (!data_) throw std::bad_alloc();
  }
  char* data() const noexcept { return data_.get(); }
  std::uint64_t size() const noexcept { return size_; }

 private:
  struct free_memory {
    void operator()(char* p) const noexcept { std::free(p); }
  };
  std::uint64_t size_ = 0;
  std::unique_ptr<char, free_memory> data_;
};

}  // namespace weir::runtime
