#include "runtime/log/crc32c.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/seam/random.hpp"

using weir::runtime::crc32c;
using weir::runtime::crc32c_portable;

namespace {

/// The definition, a bit at a time.
std::uint32_t by_bits(std::uint32_t seed, std::string_view data) {
  std::uint32_t crc = ~seed;
  for (unsigned char c : data) {
    crc ^= c;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

std::string noise(std::size_t size, std::uint64_t seed) {
  weir::runtime::seeded_random random(seed);
  std::string s(size, '\0');
  for (char& c : s) c = static_cast<char>(random.next());
  return s;
}

}  // namespace

TEST_CASE("crc32c gives the published values of RFC 3720", "[crc32c]") {
  std::string rising(32, '\0');
  std::string falling(32, '\0');
  for (int i = 0; i < 32; ++i) {
    rising[static_cast<std::size_t>(i)] = static_cast<char>(i);
    falling[static_cast<std::size_t>(i)] = static_cast<char>(31 - i);
  }
  const std::vector<std::pair<std::string, std::uint32_t>> known = {{"", 0},
                                                                    {"123456789", 0xe3069283u},
                                                                    {std::string(32, '\0'), 0x8a9136aau},
                                                                    {std::string(32, '\xff'), 0x62a8ab43u},
                                                                    {rising, 0x46dd794eu},
                                                                    {falling, 0x113fdb5cu}};
  for (const auto& [data, expected] : known) {
    CHECK(crc32c(0, data.data(), data.size()) == expected);
    CHECK(crc32c_portable(0, data.data(), data.size()) == expected);
  }
}

TEST_CASE("crc32c agrees with its definition at every length around the interleaved runs, aligned or not", "[crc32c]") {
  const std::string data = noise(40'000, 1);
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 100; ++i) sizes.push_back(i);
  for (std::size_t run : {std::size_t{768}, std::size_t{1536}, std::size_t{12'288}, std::size_t{24'576}})
    for (std::size_t d = 0; d < 20; ++d) sizes.push_back(run - 10 + d);
  for (std::size_t size : sizes)
    for (std::size_t offset : {std::size_t{0}, std::size_t{3}}) {
      const std::string_view part(data.data() + offset, size);
      const std::uint32_t expected = by_bits(7, part);
      REQUIRE(crc32c(7, part.data(), size) == expected);
      REQUIRE(crc32c_portable(7, part.data(), size) == expected);
    }
}

TEST_CASE("crc32c of two parts in turn is that of both together", "[crc32c]") {
  const std::string data = noise(30'000, 2);
  const std::uint32_t whole = crc32c(0, data.data(), data.size());
  for (std::size_t cut : {0, 1, 7, 8, 100, 768, 12'288, 15'001, 29'999, 30'000})
    CHECK(crc32c(crc32c(0, data.data(), cut), data.data() + cut, data.size() - cut) == whole);
}

TEST_CASE("crc32c notices every flipped bit", "[crc32c]") {
  std::string data = noise(1'000, 3);
  const std::uint32_t right = crc32c(0, data.data(), data.size());
  for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
    data[bit / 8] = static_cast<char>(data[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE(crc32c(0, data.data(), data.size()) != right);
    data[bit / 8] = static_cast<char>(data[bit / 8] ^ (1 << (bit % 8)));
  }
}
