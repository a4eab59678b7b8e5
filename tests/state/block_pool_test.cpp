#include "runtime/operator/block_pool.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>

#include "runtime/seam/random.hpp"

using namespace weir::runtime;

TEST_CASE("blocks of a pool never overlap, keep what was written and are 16-byte aligned", "[pool]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    seeded_random random(seed);
    block_pool pool;
    std::map<char*, std::pair<std::size_t, char>> live;
    for (int i = 0; i < 5'000; ++i) {
      if (live.empty() || random.next() % 3 != 0) {
        const std::size_t size = random.next() % (random.next() % 8 == 0 ? 3'000 : 200);
        auto* block = static_cast<char*>(pool.take(size));
        REQUIRE(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
        const auto fill = static_cast<char>(random.next());
        std::memset(block, fill, size);
        REQUIRE(live.emplace(block, std::pair(size, fill)).second);
      } else {
        auto at = live.begin();
        std::advance(at, random.next() % std::min<std::size_t>(live.size(), 50));
        const auto [size, fill] = at->second;
        for (std::size_t b = 0; b < size; ++b)
          if (at->first[b] != fill) FAIL("a block was written by another");
        pool.give(at->first, size);
        live.erase(at);
      }
    }
    for (const auto& [block, of] : live) pool.give(block, of.first);
  }
}

TEST_CASE("a freed block serves the next of its size", "[pool]") {
  block_pool pool;
  void* first = pool.take(100);
  pool.give(first, 100);
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(pool.take(97) == first);
#else
  void* second = pool.take(100);
  CHECK(second != nullptr);
  pool.give(second, 100);
#endif
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("blocks touch no more cache lines than they must, and what that leaves free is used", "[pool]") {
  const auto line = [](const char* at) { return reinterpret_cast<std::uintptr_t>(at) / 64; };
  block_pool mixed;
  for (int i = 0; i < 1'000; ++i)
    for (const std::size_t size : {48, 40, 96, 64, 208}) {
      const auto* block = static_cast<char*>(mixed.take(size));
      REQUIRE(line(block + size - 1) - line(block) == (size - 1) / 64);
    }
  block_pool pool;
  auto* const first = static_cast<char*>(pool.take(48));
  CHECK(pool.take(48) == first + 64);
  CHECK(pool.take(16) == first + 48);
}
#endif

TEST_CASE("large memory is given and taken at every size around a huge page", "[pool]") {
  for (std::size_t size : {std::size_t{1}, huge_page_bytes - 1, huge_page_bytes, huge_page_bytes + 1, 3 * huge_page_bytes}) {
    auto* memory = static_cast<char*>(allocate_large(size));
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % 64 == 0);
    memory[0] = 1;
    memory[size - 1] = 1;
    free_large(memory, size);
  }
}
