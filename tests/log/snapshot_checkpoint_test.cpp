#include <catch2/catch.hpp>
#include <string>

#include "runtime/log/checkpoint.hpp"
#include "runtime/seam/random.hpp"
#include "runtime/seam/simulated_files.hpp"

using namespace weir::runtime;

namespace {

checkpoint numbered(std::uint64_t number) {
  return {number, 77, number * 10, number * 4096, 3, number + 5, {77, number * 10, 1'000 + number, static_cast<std::uint32_t>(number)}};
}

}  // namespace

TEST_CASE("checkpoints are written in turn and read newest first", "[checkpoint]") {
  simulated_files fs;
  REQUIRE(fs.make_directory("d"));
  CHECK(read_checkpoints(fs, "d").value().valid.empty());
  for (std::uint64_t number = 1; number <= 5; ++number) {
    REQUIRE(write_checkpoint(fs, "d", numbered(number)));
    const auto read = read_checkpoints(fs, "d").value();
    CHECK(read.damaged == 0);
    REQUIRE(read.valid.size() == (number == 1 ? 1 : 2));
    CHECK(read.valid[0] == numbered(number));
    if (number > 1) CHECK(read.valid[1] == numbered(number - 1));
  }
}

TEST_CASE("a damaged slot is counted and the other one read", "[checkpoint]") {
  simulated_files fs;
  REQUIRE(fs.make_directory("d"));
  for (std::uint64_t number : {4, 5}) REQUIRE(write_checkpoint(fs, "d", numbered(number)));
  const std::string good = fs.content("d/checkpoint.1");
  for (std::size_t bit = 0; bit < sizeof(checkpoint_slot) * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    fs.put("d/checkpoint.1", bad);
    const auto read = read_checkpoints(fs, "d").value();
    REQUIRE(read.damaged == 1);
    REQUIRE(read.valid.size() == 1);
    REQUIRE(read.valid[0] == numbered(4));
  }
  fs.put("d/checkpoint.1", "");
  CHECK(read_checkpoints(fs, "d").value().damaged == 1);
  fs.put("d/checkpoint.1", fs.content("d/checkpoint.0"));
  CHECK(read_checkpoints(fs, "d").value().damaged == 1);
}

TEST_CASE("a crash while a checkpoint is written leaves it or the one before", "[checkpoint][crash]") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    simulated_files fs;
    seeded_random random(seed);
    REQUIRE(fs.make_directory("d"));
    const std::uint64_t before = seed % 3;
    for (std::uint64_t number = 1; number <= before; ++number) REQUIRE(write_checkpoint(fs, "d", numbered(number)));
    fs.lose_power_in(1 + random.next() % 4);
    const bool written = write_checkpoint(fs, "d", numbered(before + 1)).ok();
    fs.crash(random);
    const auto read = read_checkpoints(fs, "d");
    REQUIRE(read.ok());
    if (read->valid.empty()) {
      REQUIRE(before == 0);
      REQUIRE_FALSE(written);
    } else {
      REQUIRE((read->valid[0] == numbered(before + 1) || (!written && read->valid[0] == numbered(before))));
    }
  }
}
