#include "runtime/log/compression_backoff.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "runtime/seam/random.hpp"

using namespace weir::runtime;

namespace {

/// One log's frames, with two outputs of which the first is to be compressed.
struct sealing_log {
  compression_backoff backoff{{true, false}};
  seeded_random random{3};

  frame_ptr frame_of(std::size_t bytes, bool shrinks) {
    auto f = make_intrusive<frame>();
    for (int output = 0; output < 2; ++output) {
      std::string value(bytes, 'a');
      for (char& c : value) c = shrinks ? c : static_cast<char>(random.next());
      record_batch b;
      b.append(0, "key", value);
      f->outputs.push_back(std::move(b));
    }
    return f;
  }
  /// Seals a frame; whether compression of its first output was tried.
  bool tries(const frame_ptr& f) {
    const auto chosen = backoff.choose(*f);
    REQUIRE(chosen.size() == 2);
    CHECK_FALSE(chosen[1]);
    const bool tried = chosen[0];
    REQUIRE(f->seal(chosen).ok());
    backoff.note(*f);
    return tried;
  }
  /// So many frames that do not shrink are stored untried, then one is tried.
  std::uint32_t skipped() {
    for (std::uint32_t count = 0; count < 1000; ++count)
      if (tries(frame_of(8192, false))) return count;
    return 1000;
  }
};

}  // namespace

TEST_CASE("what does not shrink is tried ever more rarely, at most every 65th time", "[frame][lz4]") {
  sealing_log log;
  for (const std::uint32_t expected : {0u, 1u, 2u, 4u, 8u, 16u, 32u, 64u, 64u, 64u}) CHECK(log.skipped() == expected);
}

TEST_CASE("once something shrinks again, every batch is tried", "[frame][lz4]") {
  sealing_log log;
  for (const std::uint32_t expected : {0u, 1u, 2u}) CHECK(log.skipped() == expected);
  for (int skipped = 0; skipped < 4; ++skipped) CHECK_FALSE(log.tries(log.frame_of(8192, true)));
  for (int tried = 0; tried < 10; ++tried) {
    const auto f = log.frame_of(8192, true);
    CHECK(log.tries(f));
    CHECK(f->compressed(0));
    CHECK_FALSE(f->compressed(1));
  }
  for (const std::uint32_t expected : {0u, 1u, 2u}) CHECK(log.skipped() == expected);
}

TEST_CASE("batches too small for compression are neither tried nor counted", "[frame][lz4]") {
  sealing_log log;
  CHECK(log.skipped() == 0);
  for (int small = 0; small < 5; ++small) CHECK_FALSE(log.tries(log.frame_of(100, false)));
  const auto none = make_intrusive<frame>();
  CHECK_FALSE(log.tries(none));
  for (const std::uint32_t expected : {1u, 2u}) CHECK(log.skipped() == expected);
}
