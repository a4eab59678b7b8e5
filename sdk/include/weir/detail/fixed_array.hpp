// An array whose length is known when it is made; owns its items. A std::vector that does not grow compiles in a fraction of the time, which every operator's
// source file pays.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::detail {

template <class T>
class fixed_array {
 public:
  explicit fixed_array(std::size_t count) : items_(count == 0 ? nullptr : new T[count]()), count_(static_cast<std::uint32_t>(count)) {}
  ~fixed_array() { delete[] items_; }
  fixed_array(const fixed_array&) = delete;
  fixed_array& operator=(const fixed_array&) = delete;

  T& operator[](std::size_t i) noexcept { return items_[i]; }
  const T* data() const noexcept { return items_; }
  std::uint32_t size() const noexcept { return count_; }

 private:
  T* items_;
  std::uint32_t count_;
};

}  // namespace weir::detail
