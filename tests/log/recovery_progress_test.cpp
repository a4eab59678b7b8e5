// How far a recovery has come, as whoever waits for a node is told.
#include <utility>
#include <vector>

#include "tests/log/recovery_fixture.hpp"

using namespace weir;
using namespace weir::runtime;

TEST_CASE("a recovery tells how far it has come, from nothing to all of the journal", "[recovery]") {
  using told_bytes = std::pair<std::uint64_t, std::uint64_t>;
  machine m;
  m.options.segment_bytes = 1u << 20;
  m.options.journal_bytes_max = 16u << 20;
  m.start();
  const std::uint64_t segments = 5;
  for (std::uint64_t n = 1; m.log->statistics().segments < segments; ++n) {
    m.log->append(make_frame(5, n, 60'000));
    REQUIRE(m.log->run_once());
  }
  std::vector<told_bytes> told;
  m.options.recovering = [&told](std::uint64_t done, std::uint64_t total) { told.emplace_back(done, total); };
  m.start();
  REQUIRE(told.size() == segments + 1);
  const std::uint64_t total = segments * m.options.segment_bytes;
  CHECK(told.front() == told_bytes(0, total));
  CHECK(told.back() == told_bytes(total, total));
  for (std::size_t i = 1; i < told.size(); ++i) {
    CHECK(told[i].first > told[i - 1].first);
    CHECK(told[i].second == total);
  }
}
