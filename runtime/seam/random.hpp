// The seam for randomness: what must differ from run to run (the journal's identity) comes from here, so that a simulation's seed decides it.
#pragma once

#include <cstdint>

namespace weir::runtime {

class random_source {
 public:
  virtual ~random_source() = default;
  virtual std::uint64_t next() = 0;
};

/// From the kernel (getrandom).
class system_random final : public random_source {
 public:
  std::uint64_t next() override;
};

/// SplitMix64: the same numbers from the same seed. (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.)
class seeded_random final : public random_source {
 public:
  explicit seeded_random(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace weir::runtime
