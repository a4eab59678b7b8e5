#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "runtime/log/changes.hpp"
#include "runtime/log/record_batch.hpp"
#include "runtime/seam/random.hpp"

using namespace weir::runtime;

namespace {

struct model_record {
  std::int64_t time;
  std::string key;
  std::string value;
};

std::vector<model_record> some_records(std::size_t count, std::uint64_t seed) {
  seeded_random random(seed);
  std::vector<model_record> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(
        {static_cast<std::int64_t>(random.next()), std::string(random.next() % 20, 'k'), std::string(random.next() % 200, static_cast<char>('a' + i % 26))});
  return all;
}

void check_equal(const record_batch& batch, const std::vector<model_record>& expected) {
  REQUIRE(batch.count() == expected.size());
  for (std::uint32_t i = 0; i < batch.count(); ++i) {
    const record_batch::view r = batch.at(i);
    REQUIRE(r.time == expected[i].time);
    REQUIRE(r.key == expected[i].key);
    REQUIRE(r.value == expected[i].value);
    REQUIRE(reinterpret_cast<std::uintptr_t>(r.key.data()) % 8 == 0);
    REQUIRE(reinterpret_cast<std::uintptr_t>(r.value.data()) % 8 == 0);
  }
}

}  // namespace

TEST_CASE("a record batch gives back what was appended, whatever its size grew to", "[batch]") {
  for (std::size_t count : {0, 1, 2, 33, 5'000}) {
    const std::vector<model_record> records = some_records(count, count + 1);
    record_batch batch;
    for (const model_record& r : records) batch.append(r.time, r.key, r.value);
    check_equal(batch, records);
    record_batch moved = std::move(batch);
    CHECK(batch.empty());  // NOLINT(bugprone-use-after-move): moving leaves an empty batch.
    check_equal(moved, records);
    check_equal(record_batch::over(moved.slots(), moved.count(), moved.bytes(), moved.size()), records);
    CHECK(moved.close());
    check_equal(moved, records);
  }
}

TEST_CASE("key hashes are filled in where missing, kept where given, and never 0", "[batch]") {
  record_batch batch;
  batch.append(1, "a", "");
  batch.append(1, "a", "", 77);
  batch.append(1, "", "x");
  batch.hash_keys();
  CHECK(batch.at(0).hash == key_hash("a"));
  CHECK(batch.at(1).hash == 77);
  CHECK(batch.at(2).hash == key_hash(""));
  CHECK(key_hash("") == 0x2d06800538d394c2u);  // XXH3_64bits of nothing, seed 0.
}

TEST_CASE("an operator fills a lent batch in place and closing it zeroes the gaps", "[batch]") {
  record_batch batch;
  batch.reserve(2, 64);
  weir_batch raw = batch.lend();
  REQUIRE(raw.slot_capacity >= 2);
  REQUIRE(raw.byte_capacity >= 64);
  std::fill(raw.bytes, raw.bytes + 64, '#');
  raw.slots[0] = {5, 0, 3, 10};   // Key of 3 bytes, value from 8 on of 2.
  raw.slots[1] = {6, 0, 16, 17};  // No key, value of 1.
  raw.count = 2;
  raw.size = 17;
  batch.take_back(raw);
  REQUIRE(batch.close());
  CHECK(batch.at(0).key == "###");
  CHECK(batch.at(0).value == "##");
  CHECK(batch.at(1).key.empty());
  CHECK(batch.at(1).value == "#");
  const char zeros[8] = {};
  CHECK(std::string_view(batch.bytes() + 3, 5) == std::string_view(zeros, 5));
  CHECK(std::string_view(batch.bytes() + 10, 6) == std::string_view(zeros, 6));
}

TEST_CASE("a batch that its operator broke is refused", "[batch]") {
  const auto closes = [](auto&& spoil) {
    record_batch batch;
    batch.append(1, "key", "value");
    batch.append(2, "key", "value");
    weir_batch raw = batch.lend();
    spoil(raw);
    batch.take_back(raw);
    return batch.close();
  };
  CHECK(closes([](weir_batch&) {}));
  CHECK_FALSE(closes([](weir_batch& b) { b.count = b.slot_capacity + 1; }));
  CHECK_FALSE(closes([](weir_batch& b) { b.size = b.byte_capacity + 1; }));
  CHECK_FALSE(closes([](weir_batch& b) { b.size -= 1; }));
  CHECK_FALSE(closes([](weir_batch& b) { b.slots[0].key_end = 0xffffffff; }));
  CHECK_FALSE(closes([](weir_batch& b) { b.slots[0].value_end = 0xfffffff0; }));
  CHECK_FALSE(closes([](weir_batch& b) { b.slots[1].key_end = 3; }));
  CHECK_FALSE(closes([](weir_batch& b) { b.slots[1].value_end = b.slots[1].key_end; }));
}

TEST_CASE("a truncated batch goes on as if the cut records had never been", "[batch]") {
  record_batch once;
  record_batch twice;
  for (record_batch* b : {&once, &twice}) b->append(1, "first", "value");
  const std::uint32_t count = twice.count();
  const std::uint32_t size = twice.size();
  twice.append(2, "cut", std::string(10'000, 'x'));
  twice.truncate(count, size);
  for (record_batch* b : {&once, &twice}) {
    b->append(3, "k", "second");
    REQUIRE(b->close());
  }
  REQUIRE(once.size() == twice.size());
  CHECK(std::string_view(once.bytes(), once.size()) == std::string_view(twice.bytes(), twice.size()));
}

TEST_CASE("a change batch gives back its changes, owned and viewed", "[batch]") {
  change_batch batch;
  CHECK(batch.empty());
  batch.add({1, false, 0, "key", "sub", "value"});
  batch.add({2, true, 0, "gone", "", ""});
  batch.add({1, false, 99, "", "", ""});
  const change_batch view = change_batch::over(batch.slots(), batch.count(), batch.bytes().data());
  for (const change_batch* b : {&std::as_const(batch), &view}) {
    REQUIRE(b->count() == 3);
    CHECK(b->at(0).key == "key");
    CHECK(b->at(0).subkey == "sub");
    CHECK(b->at(0).value == "value");
    CHECK(b->at(1).id == 2);
    CHECK(b->at(1).removed);
    CHECK(b->at(1).key == "gone");
    CHECK(b->at(2).time == 99);
    CHECK(b->at(2).key.empty());
    CHECK(b->bytes() == "keysubvaluegone");
  }
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.bytes().empty());
}

TEST_CASE("a change batch holds the same whether its room was reserved or grew, and wherever it was moved", "[batch]") {
  const std::string bytes(300, 'x');
  change_batch grown;
  change_batch reserved;
  reserved.reserve(100, 1'000);
  std::string all;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string key = std::to_string(i) + bytes.substr(0, i);
    for (change_batch* b : {&grown, &reserved}) b->add({1, false, 0, key, std::string_view(key).substr(0, i % 9), std::string_view(key).substr(0, i % 70)});
    all += key + key.substr(0, i % 9) + key.substr(0, i % 70);
  }
  CHECK(grown.bytes() == all);
  CHECK(reserved.bytes() == all);
  change_batch moved = std::move(grown);
  CHECK(moved.bytes() == all);
  CHECK(moved.count() == 300);
  CHECK(grown.empty());  // NOLINT(bugprone-use-after-move): moving leaves an empty batch.
  CHECK(grown.bytes().empty());
  grown.add({1, false, 0, "k", "", "v"});
  CHECK(grown.bytes() == "kv");
}
