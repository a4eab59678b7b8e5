// Hostile bytes: parse() must never crash, read or allocate beyond what is there, whatever a frame claims. Run under ASan and UBSan this proves more.
#include <catch2/catch.hpp>
#include <cstddef>
#include <string>

#include "runtime/log/crc32c.hpp"
#include "runtime/log/frame.hpp"
#include "runtime/seam/random.hpp"
#include "tests/log/frame_bytes.hpp"

using namespace weir::runtime;

namespace {

std::string frame_to_spoil(bool compressed) {
  auto f = make_intrusive<frame>();
  f->log = 5;
  f->lsn = 9;
  f->positions = {{7, 12, whole_frame, false, true, 55}, {9, 1, 4, true, false, 3}};
  for (int i = 0; i < 5; ++i) f->states.add({1, i == 3, 0, "key" + std::to_string(i), "sub", i == 3 ? "" : "value"});
  f->timers.add({WEIR_TIMER_EVENT, false, 123, "key", "sub", ""});
  f->outputs.resize(2);
  for (int i = 0; i < 20; ++i) f->outputs[0].append(i, "k" + std::to_string(i), "value");
  for (int i = 0; i < 40; ++i) f->outputs[1].append(i, "key", std::string(compressed ? 150 : 3, 'v'));
  const bool ask[] = {false, compressed};
  REQUIRE(f->seal(ask));
  REQUIRE(f->compressed(1) == compressed);
  return stored(*f);
}

/// Makes the checksums right again, so that what lies behind them is reached.
void forge(std::string& bytes) {
  frame_header h;
  if (bytes.size() < sizeof h) return;
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.body_bytes <= bytes.size() - sizeof h) h.body_checksum = crc32c(0, bytes.data() + sizeof h, h.body_bytes);
  complete_header(h);
  std::memcpy(bytes.data(), &h, sizeof h);
}

/// Touches every byte that the frame says it has.
std::uint64_t read_all(const frame& f) {
  std::uint64_t sum = f.positions.size();
  const auto touch = [&](std::string_view s) {
    for (char c : s) sum += static_cast<unsigned char>(c);
  };
  for (const change_batch* b : {&f.states, &f.timers})
    for (std::uint32_t i = 0; i < b->count(); ++i) {
      touch(b->at(i).key);
      touch(b->at(i).subkey);
      touch(b->at(i).value);
    }
  for (const record_batch& b : f.outputs)
    for (std::uint32_t i = 0; i < b.count(); ++i) {
      touch(b.at(i).key);
      touch(b.at(i).value);
    }
  return sum;
}

}  // namespace

TEST_CASE("a frame with any bit flipped is refused", "[frame][fuzz]") {
  for (bool compressed : {false, true}) {
    const std::string good = frame_to_spoil(compressed);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
      if (parsed(bad).ok()) FAIL("bit " << bit << " was flipped and not noticed");
    }
  }
}

TEST_CASE("a frame cut at any byte, or with bytes behind it, is refused", "[frame][fuzz]") {
  const std::string good = frame_to_spoil(false);
  for (std::size_t size = 0; size < good.size(); ++size)
    if (parsed(std::string_view(good).substr(0, size)).ok()) FAIL("cut at " << size << " and not noticed");
  CHECK_FALSE(parsed(good + std::string(8, '\0')).ok());
}

TEST_CASE("forged frames whose checksums are right are read within their bounds or refused", "[frame][fuzz]") {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    INFO("seed " << seed);
    seeded_random random(seed);
    static const std::string originals[] = {frame_to_spoil(false), frame_to_spoil(true)};
    std::string bytes = originals[seed % 2];
    for (std::uint64_t n = 1 + random.next() % 4; n > 0; --n) {
      const std::size_t at = random.next() % (bytes.size() - 3);
      static constexpr std::uint32_t interesting[] = {0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
      const std::uint32_t word = interesting[random.next() % 8];
      switch (random.next() % 3) {
        case 0: bytes[at] = static_cast<char>(random.next()); break;
        case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random.next() % 8))); break;
        default: std::memcpy(bytes.data() + at / 4 * 4, &word, 4);
      }
    }
    forge(bytes);
    const auto f = parsed(bytes);
    if (f) {
      ++accepted;
      REQUIRE(read_all(**f) > 0);
      for (const record_batch& b : (*f)->outputs) REQUIRE(b.stored_size() <= frame_bytes_limit);
    } else {
      ++refused;
      REQUIRE_FALSE(f.why().message.empty());
    }
  }
  CHECK(accepted > 1'000);
  CHECK(refused > 1'000);
}

TEST_CASE("each contradiction in a forged frame is refused", "[frame][fuzz]") {
  const std::string good = frame_to_spoil(false);
  const auto still_read = [&](auto&& spoil) {
    std::string bytes = good;
    spoil(bytes);
    forge(bytes);
    return parsed(bytes).ok();
  };
  const auto header = [](std::string& bytes) { return reinterpret_cast<frame_header*>(bytes.data()); };
  const auto table = [](std::string& bytes) { return reinterpret_cast<section*>(bytes.data() + sizeof(frame_header)); };
  CHECK(still_read([](std::string&) {}));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->raw_bytes = 0xffffffff; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->raw_bytes += 8; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->raw_bytes = 8; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->body_bytes -= 8; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->body_bytes = 0; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->frame_bytes = 0xfffffff8; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->sections = 0; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->sections = 0xffffffff; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->sections -= 1; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->flags = filler_frame; }));
  CHECK_FALSE(still_read([&](std::string& b) { header(b)->format += 1; }));
  CHECK_FALSE(still_read([&](std::string& b) { std::swap(table(b)[0], table(b)[1]); }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[1].kind = section_kind::timers; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[1].flags = lz4_section; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[1].count = 0; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[1].count += 1; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[3].index = 1; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[4].index = 0xffffffff; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[4].index = ostreams_limit; }));
  CHECK(still_read([&](std::string& b) { table(b)[4].index = ostreams_limit - 1; }));
  CHECK_FALSE(still_read([&](std::string& b) {
    // More slots than the frame has, as if they were stored behind it.
    table(b)[4].count += 100'000;
    table(b)[4].raw_bytes += 100'000 * sizeof(weir_slot);
    header(b)->raw_bytes += 100'000 * sizeof(weir_slot);
  }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[4].stored_bytes += 8; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[4].flags = lz4_section; }));
  CHECK_FALSE(still_read([&](std::string& b) { table(b)[4].kind = static_cast<section_kind>(9); }));
}

TEST_CASE("a frame of a newer format is refused as such, not as damage", "[frame]") {
  std::string bytes = frame_to_spoil(false);
  reinterpret_cast<frame_header*>(bytes.data())->format = format_version + 1;
  forge(bytes);
  const auto f = parsed(bytes);
  REQUIRE_FALSE(f.ok());
  CHECK(f.why().code == weir::error_code::refused);
}
