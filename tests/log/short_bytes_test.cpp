#include "runtime/log/short_bytes.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace weir::runtime;

TEST_CASE("short runs of bytes are copied and compared as memcpy and memcmp do, at every length", "[bytes]") {
  for (std::size_t n = 0; n <= 80; ++n) {
    INFO("length " << n);
    std::string from;
    for (std::size_t i = 0; i < n; ++i) from += static_cast<char>(i * 37 + 1);
    std::string to(n + 2, '#');
    copy_bytes(to.data() + 1, from.data(), n);
    REQUIRE(to == "#" + from + "#");
    REQUIRE(same_bytes(to.data() + 1, from.data(), n));
    for (std::size_t i = 0; i < n; ++i) {
      std::string other = from;
      other[i] = static_cast<char>(other[i] ^ 0x80);
      REQUIRE_FALSE(same_bytes(other.data(), from.data(), n));
    }
  }
}
