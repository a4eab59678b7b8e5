#include <catch2/catch.hpp>
#include <set>

#include "runtime/stream/grouping.hpp"

using namespace weir::runtime;

namespace {

record_batch batch_of(std::uint32_t count) {
  record_batch b;
  for (std::uint32_t i = 0; i < count; ++i) b.append(i, "key-" + std::to_string(i % 97), "value");
  b.hash_keys();
  return b;
}

std::vector<std::uint32_t> indexes(const record_selection& s, std::uint32_t partition) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < s.count(partition); ++i) all.push_back(s.indexes(partition) ? s.indexes(partition)[i] : i);
  return all;
}

}  // namespace

TEST_CASE("every record goes to exactly one partition, in order", "[stream][grouping]") {
  const record_batch b = batch_of(1000);
  for (const std::uint32_t grouping : {WEIR_GROUPING_SHUFFLE, WEIR_GROUPING_GROUP_BY})
    for (const std::uint32_t partitions : {1u, 2u, 3u, 7u}) {
      const record_selection s(b, 5, 9, 0, grouping, slot_table(partitions));
      std::set<std::uint32_t> seen;
      for (std::uint32_t p = 0; p < partitions; ++p) {
        const auto mine = indexes(s, p);
        CHECK(std::is_sorted(mine.begin(), mine.end()));
        seen.insert(mine.begin(), mine.end());
        if (partitions > 1) CHECK(mine.size() > 0);
      }
      CHECK(seen.size() == 1000);
    }
}

TEST_CASE("a key has one partition whatever the frame, and few keys move when partitions are added", "[stream][grouping]") {
  const record_batch b = batch_of(500);
  const slot_table three(3);
  const slot_table four(4);
  std::uint32_t moved = 0;
  std::set<std::uint64_t> keys;
  for (std::uint32_t i = 0; i < b.count(); ++i) {
    const std::uint64_t hash = b.slots()[i].hash;
    if (!keys.insert(hash).second) continue;
    CHECK(three.partition_of(hash) == three.partition_of(key_hash(b.at(i).key)));
    if (three.partition_of(hash) != four.partition_of(hash)) {
      CHECK(four.partition_of(hash) == 3);  // Jump consistent hashing moves keys to the new partition only.
      ++moved;
    }
  }
  CHECK(moved > 0);
  CHECK(moved < keys.size() / 2);
}

TEST_CASE("shuffle is a function of the position: single records of successive frames are spread", "[stream][grouping]") {
  const record_batch one = batch_of(1);
  std::set<std::uint32_t> used;
  for (std::uint64_t lsn = 1; lsn <= 3; ++lsn) {
    const record_selection a(one, 4, lsn, 0, WEIR_GROUPING_SHUFFLE, slot_table(3));
    const record_selection again(one, 4, lsn, 0, WEIR_GROUPING_SHUFFLE, slot_table(3));
    for (std::uint32_t p = 0; p < 3; ++p) {
      CHECK(a.count(p) == again.count(p));
      if (a.count(p) == 1) used.insert(p);
    }
  }
  CHECK(used.size() == 3);
}

TEST_CASE("local goes to the same index, broadcast to all", "[stream][grouping]") {
  const record_batch b = batch_of(10);
  const record_selection local(b, 1, 1, 2, WEIR_GROUPING_LOCAL, slot_table(4));
  const record_selection all(b, 1, 1, 2, WEIR_GROUPING_BROADCAST, slot_table(4));
  for (std::uint32_t p = 0; p < 4; ++p) {
    CHECK(local.count(p) == (p == 2 ? 10u : 0u));
    CHECK(all.count(p) == 10);
  }
}
