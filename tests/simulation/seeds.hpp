// Which seeds a test runs, and how a failing one is replayed: WEIR_SIMULATION_SEED=n runs that one, WEIR_SIMULATION_SEEDS=n the first n.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace weir::simulation {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::uint64_t seeds_by_default = 50;
#else
inline constexpr std::uint64_t seeds_by_default = 1000;
#endif

inline std::vector<std::uint64_t> seeds() {
  if (const char* one = std::getenv("WEIR_SIMULATION_SEED")) return {std::strtoull(one, nullptr, 10)};
  const char* many = std::getenv("WEIR_SIMULATION_SEEDS");
  const std::uint64_t count = many != nullptr ? std::strtoull(many, nullptr, 10) : seeds_by_default;
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 1; seed <= count; ++seed) all.push_back(seed);
  return all;
}

/// The command that runs this seed of this test again.
inline std::string replay(std::uint64_t seed) {
  return "replay: WEIR_SIMULATION_SEED=" + std::to_string(seed) + " " WEIR_BUILD_DIR "/tests/test_simulation \"" +
         Catch::getResultCapture().getCurrentTestName() + "\"";
}

}  // namespace weir::simulation
