#include "runtime/log/snapshot.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "runtime/log/crc32c.hpp"
#include "runtime/seam/simulated_files.hpp"
#include "tests/log/snapshot_bytes.hpp"

using namespace weir::runtime;

namespace {

constexpr std::uint64_t journal_id = 77;

/// A snapshot of `frames` random frames at sequence 10, in "d"; its path.
std::string some_snapshot(simulated_files& fs, int frames, std::size_t value_bytes_max = 60) {
  seeded_random random(1);
  log_images images;
  collected_changes changes;
  for (int i = 0; i < frames; ++i) changes.add(*random_frame(random, images, 4, value_bytes_max));
  REQUIRE(make_snapshot(fs, "d", journal_id, 10, "", changes));
  return snapshot_path("d", 10);
}

}  // namespace

TEST_CASE("snapshots made one from another equal the fold of all frames, and one made at once", "[snapshot][model]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    seeded_random random(seed);
    simulated_files fs;
    log_images images;
    collected_changes all;
    std::string last;
    std::uint64_t sequence = 0;
    for (int i = 0; i < 6; ++i) {
      collected_changes changes;
      for (std::uint64_t n = random.next() % 80; n > 0; --n) {
        const frame_ptr f = random_frame(random, images, 1 + seed % 6);
        changes.add(*f);
        all.add(*f);
        ++sequence;
      }
      ++sequence;
      const auto made = make_snapshot(fs, "d", journal_id, sequence, last, changes);
      REQUIRE(made.ok());
      last = snapshot_path("d", sequence);
      REQUIRE(made->bytes == fs.content(last).size());
      const auto loaded = load_snapshot(fs, last);
      REQUIRE(loaded.ok());
      REQUIRE(loaded->identity == *made);
      require_equal(loaded->logs, images);
      const auto at_once = make_snapshot(fs, "other", journal_id, sequence, "", all);
      REQUIRE(at_once.ok());
      REQUIRE(*at_once == *made);
      REQUIRE(fs.content(snapshot_path("other", sequence)) == fs.content(last));
    }
  }
}

TEST_CASE("a snapshot of nothing is read back as nothing", "[snapshot]") {
  simulated_files fs;
  const std::string path = some_snapshot(fs, 0);
  const auto loaded = load_snapshot(fs, path);
  REQUIRE(loaded.ok());
  CHECK(loaded->logs.empty());
  CHECK(loaded->identity.sequence == 10);
  CHECK(loaded->identity.journal_id == journal_id);
}

TEST_CASE("a snapshot of many blocks keeps values larger than a block", "[snapshot]") {
  simulated_files fs;
  const std::string path = some_snapshot(fs, 300, 40'000);
  CHECK(fs.content(path).size() > 10u * snapshot_block_target);
  collected_changes large;
  auto f = make_intrusive<frame>();
  f->log = 1;
  f->lsn = 1;
  f->states.add({1, false, 0, "key", "", std::string(3u << 20, 'x')});
  large.add(*f);
  REQUIRE(make_snapshot(fs, "d", journal_id, 11, path, large));
  const auto loaded = load_snapshot(fs, snapshot_path("d", 11));
  REQUIRE(loaded.ok());
  CHECK(loaded->logs.at(1).states.find(1, {"key", 0}, {}) == std::string(3u << 20, 'x'));
}

TEST_CASE("a snapshot is not made from one of another journal or of later frames", "[snapshot]") {
  simulated_files fs;
  const std::string path = some_snapshot(fs, 5);
  CHECK_FALSE(make_snapshot(fs, "d", journal_id + 1, 11, path, {}));
  CHECK_FALSE(make_snapshot(fs, "d", journal_id, 9, path, {}));
  CHECK(make_snapshot(fs, "d", journal_id, 11, path, {}));
}

TEST_CASE("a snapshot with any bit flipped, cut anywhere or with bytes behind it is refused", "[snapshot][fuzz]") {
  simulated_files fs;
  const std::string path = some_snapshot(fs, 8);
  const std::string good = fs.content(path);
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 3) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    fs.put(path, bad);
    if (verify_snapshot(fs, path).ok()) FAIL("bit " << bit << " was flipped and not noticed");
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    fs.put(path, std::string_view(good).substr(0, size));
    if (load_snapshot(fs, path).ok()) FAIL("cut at " << size << " and not noticed");
  }
  fs.put(path, good + std::string(8, '\0'));
  CHECK_FALSE(verify_snapshot(fs, path));
  fs.put(path, good);
  CHECK(verify_snapshot(fs, path));
}

TEST_CASE("blocks of a snapshot that were swapped or left out are noticed", "[snapshot]") {
  simulated_files fs;
  const std::string path = some_snapshot(fs, 200, 20'000);
  const std::string good = fs.content(path);
  std::vector<std::string> blocks;
  for (std::size_t at = 0; at < good.size();) {
    snapshot_block header;
    std::memcpy(&header, good.data() + at, sizeof header);
    blocks.push_back(good.substr(at, sizeof header + header.payload_bytes));
    at += blocks.back().size();
  }
  REQUIRE(blocks.size() > 4);
  const auto still_read = [&](auto&& spoil) {
    auto copy = blocks;
    spoil(copy);
    std::string bytes;
    for (const std::string& b : copy) bytes += b;
    fs.put(path, bytes);
    return verify_snapshot(fs, path).ok();
  };
  CHECK(still_read([](auto&) {}));
  CHECK_FALSE(still_read([](auto& b) { std::swap(b[1], b[2]); }));
  CHECK_FALSE(still_read([](auto& b) { b.erase(b.begin() + 1); }));
  CHECK_FALSE(still_read([](auto& b) { b.erase(b.begin(), b.end() - 1); }));
  CHECK_FALSE(still_read([](auto& b) { b.pop_back(); }));
}

TEST_CASE("a snapshot whose items are out of order, doubled or in no log is refused", "[snapshot]") {
  using items = std::vector<std::pair<section_kind, change>>;
  const auto states = section_kind::states;
  const auto timers = section_kind::timers;
  int number = 0;
  const auto readable = [&](const std::vector<std::uint64_t>& logs, const items& all) {
    simulated_files fs;
    REQUIRE(fs.make_directory("d"));
    const std::string path = "d/" + std::to_string(++number);
    auto writer = snapshot_writer::create(fs, path, journal_id, 10).value();
    for (std::uint64_t log : logs) {
      log_head head;
      head.log = log;
      REQUIRE(writer->begin_log(head));
    }
    for (const auto& [kind, item] : all) REQUIRE(writer->add(kind, item));
    REQUIRE(writer->finish());
    return load_snapshot(fs, path).ok();
  };
  const change a{1, false, 0, "a", "", "x"};
  const change b{1, false, 0, "b", "", "x"};
  const change a_sub{1, false, 0, "a", "s", "x"};
  const change timer{1, false, 7, "a", "", ""};
  CHECK(readable({1, 2}, {{states, a}, {states, a_sub}, {states, b}, {timers, timer}}));
  CHECK_FALSE(readable({1}, {{states, b}, {states, a}}));
  CHECK_FALSE(readable({1}, {{states, a_sub}, {states, a}}));
  CHECK_FALSE(readable({1}, {{states, a}, {states, a}}));
  CHECK_FALSE(readable({1}, {{timers, timer}, {states, a}}));
  CHECK_FALSE(readable({1}, {{timers, a}}));
  CHECK_FALSE(readable({1}, {{states, timer}}));
  CHECK_FALSE(readable({}, {{states, a}}));
  CHECK_FALSE(readable({2, 1}, {}));
  CHECK_FALSE(readable({1, 1}, {}));
}

TEST_CASE("forged snapshots whose checksums are right are read within their bounds or refused", "[snapshot][fuzz]") {
  simulated_files fs;
  const std::string path = some_snapshot(fs, 8);
  const std::string good = fs.content(path);
  std::uint64_t accepted = 0;
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    INFO("seed " << seed);
    seeded_random random(seed);
    std::string bytes = good;
    snapshot_block header;
    std::memcpy(&header, bytes.data(), sizeof header);
    for (std::uint64_t n = 1 + random.next() % 3; n > 0; --n) {
      static constexpr std::uint32_t interesting[] = {0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
      const std::size_t at = sizeof header + random.next() % (header.payload_bytes - 3);
      if (random.next() % 2 == 0)
        bytes[at] = static_cast<char>(random.next());
      else
        std::memcpy(bytes.data() + at / 4 * 4, &interesting[random.next() % 8], 4);
    }
    header.payload_checksum = crc32c(0, bytes.data() + sizeof header, header.payload_bytes);
    header.header_checksum = crc32c(0, &header, offsetof(snapshot_block, header_checksum));
    std::memcpy(bytes.data(), &header, sizeof header);
    // The last block tells the checksum of the first; it is forged too.
    snapshot_block last;
    const std::size_t last_at = sizeof header + header.payload_bytes;
    std::memcpy(&last, bytes.data() + last_at, sizeof last);
    snapshot_end end;
    std::memcpy(&end, bytes.data() + last_at + sizeof last, sizeof end);
    end.checksum = crc32c(0, &header.header_checksum, 4);
    std::memcpy(bytes.data() + last_at + sizeof last, &end, sizeof end);
    last.payload_checksum = crc32c(0, &end, sizeof end);
    last.header_checksum = crc32c(0, &last, offsetof(snapshot_block, header_checksum));
    std::memcpy(bytes.data() + last_at, &last, sizeof last);
    fs.put(path, bytes);
    accepted += load_snapshot(fs, path).ok() ? 1 : 0;
  }
  CHECK(accepted > 100);
  CHECK(accepted < 4'900);
}

TEST_CASE("a snapshot that cannot be written leaves none, and is made when it is tried again", "[snapshot][faults]") {
  simulated_files fs;
  const std::string old = some_snapshot(fs, 20);
  seeded_random random(2);
  log_images images;
  collected_changes changes;
  for (int i = 0; i < 20; ++i) changes.add(*random_frame(random, images, 4));
  for (file_call call : {file_call::open, file_call::write, file_call::sync, file_call::rename, file_call::sync_directory, file_call::read}) {
    INFO("call " << static_cast<int>(call));
    fs.fail_call(call, 1, call == file_call::write ? ENOSPC : EIO);
    const auto made = make_snapshot(fs, "d", journal_id, 40, old, changes);
    REQUIRE_FALSE(made.ok());
    if (call == file_call::write) CHECK(made.why().code == weir::error_code::no_space);
  }
  REQUIRE(make_snapshot(fs, "d", journal_id, 40, old, changes));
  CHECK(verify_snapshot(fs, old));
  CHECK(verify_snapshot(fs, snapshot_path("d", 40)));
  CHECK(fs.list("d/snapshots").value().size() == 2);
}

TEST_CASE("after a crash anywhere while a snapshot is made, it is whole or not there, and the old one is", "[snapshot][crash]") {
  std::uint64_t whole = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    simulated_files fs;
    const std::string old = some_snapshot(fs, 20);
    seeded_random random(seed);
    log_images images;
    collected_changes changes;
    for (int i = 0; i < 20; ++i) changes.add(*random_frame(random, images, 4));
    fs.lose_power_in(1 + seed % 6);
    const bool made = make_snapshot(fs, "d", journal_id, 40, old, changes).ok();
    fs.crash(random);
    REQUIRE(verify_snapshot(fs, old));
    const bool there = fs.exists(snapshot_path("d", 40));
    if (there) REQUIRE(verify_snapshot(fs, snapshot_path("d", 40)));
    if (made) REQUIRE(there);
    whole += there ? 1 : 0;
    REQUIRE(make_snapshot(fs, "d", journal_id, 40, old, changes));
    REQUIRE(verify_snapshot(fs, snapshot_path("d", 40)));
  }
  CHECK(whole > 0);
  CHECK(whole < 60);
}
