#include "runtime/log/frame.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "runtime/seam/random.hpp"
#include "tests/log/frame_bytes.hpp"

using namespace weir::runtime;

namespace {

frame_ptr rich_frame(std::uint64_t seed, std::size_t records = 40) {
  seeded_random random(seed);
  auto f = make_intrusive<frame>();
  f->log = 3;
  f->lsn = 17;
  f->generation = 2;
  f->cause = frame_cause::timer;
  f->idle = true;
  f->watermark = 1'000;
  f->positions = {{7, 12, whole_frame, false, true, 55}, {9, 1, 4, true, false, INT64_MIN}};
  f->states.add({1, false, 0, "key", "sub", "value"});
  f->states.add({2, true, 0, "gone", "", ""});
  f->timers.add({WEIR_TIMER_EVENT, false, 123, "key", "sub", ""});
  f->timers.add({WEIR_TIMER_PROCESSING, true, 5, "key", "", ""});
  f->outputs.resize(3);
  for (std::size_t i = 0; i < records; ++i) {
    const std::string key(random.next() % 12, static_cast<char>('a' + random.next() % 26));
    f->outputs[i % 2 == 0 ? 0 : 2].append(static_cast<std::int64_t>(i), key, std::string(random.next() % 100, 'v'));
  }
  return f;
}

void check_equal(const frame& a, const frame& b) {
  CHECK(a.log == b.log);
  CHECK(a.lsn == b.lsn);
  CHECK(a.generation == b.generation);
  CHECK(a.cause == b.cause);
  CHECK(a.idle == b.idle);
  CHECK(a.ended == b.ended);
  CHECK(a.watermark == b.watermark);
  CHECK(a.positions == b.positions);
  const auto same_changes = [](const change_batch& x, const change_batch& y) {
    REQUIRE(x.count() == y.count());
    CHECK(x.bytes() == y.bytes());
    for (std::uint32_t i = 0; i < x.count(); ++i) {
      CHECK(x.at(i).id == y.at(i).id);
      CHECK(x.at(i).removed == y.at(i).removed);
      CHECK(x.at(i).time == y.at(i).time);
      CHECK(x.at(i).key == y.at(i).key);
      CHECK(x.at(i).value == y.at(i).value);
    }
  };
  same_changes(a.states, b.states);
  same_changes(a.timers, b.timers);
  for (std::size_t o = 0; o < std::max(a.outputs.size(), b.outputs.size()); ++o) {
    const record_batch none;
    const record_batch& x = o < a.outputs.size() ? a.outputs[o] : none;
    const record_batch& y = o < b.outputs.size() ? b.outputs[o] : none;
    REQUIRE(x.count() == y.count());
    for (std::uint32_t i = 0; i < x.count(); ++i) {
      REQUIRE(x.at(i).time == y.at(i).time);
      REQUIRE(x.at(i).hash == y.at(i).hash);
      REQUIRE(x.at(i).key == y.at(i).key);
      REQUIRE(x.at(i).value == y.at(i).value);
    }
  }
}

}  // namespace

TEST_CASE("a frame reads back as it was sealed", "[frame]") {
  const frame_ptr f = rich_frame(1);
  REQUIRE(f->seal());
  CHECK(f->sealed());
  const std::string bytes = stored(*f);
  CHECK(bytes.size() == f->frame_bytes());
  CHECK(bytes.size() % 8 == 0);
  auto back = parsed(bytes);
  REQUIRE(back.ok());
  check_equal(*f, **back);
  CHECK((*back)->epoch == 1);
  CHECK((*back)->digest == frame_digest(*read_header(bytes.data(), bytes.size())));
  CHECK((*back)->memory_bytes() == f->memory_bytes());
  CHECK(stored(**back) == bytes);
}

TEST_CASE("a frame with nothing in it still has a commit part", "[frame]") {
  auto f = make_intrusive<frame>();
  f->log = 1;
  f->lsn = 1;
  f->outputs.resize(2);
  REQUIRE(f->seal());
  CHECK(f->header().sections == 1);
  CHECK(f->memory_bytes() == 1);
  auto back = parsed(stored(*f));
  REQUIRE(back.ok());
  CHECK((*back)->watermark == INT64_MIN);
  CHECK((*back)->positions.empty());
  CHECK((*back)->cause == frame_cause::input);
}

TEST_CASE("sealing copies no slots and no bytes of a batch", "[frame]") {
  const frame_ptr f = rich_frame(2);
  REQUIRE(f->seal());
  const auto has_piece = [&](const void* at) {
    return std::any_of(f->pieces().begin(), f->pieces().end(), [&](std::string_view p) { return static_cast<const void*>(p.data()) == at; });
  };
  CHECK(has_piece(f->outputs[0].slots()));
  CHECK(has_piece(f->outputs[0].bytes()));
  CHECK(has_piece(f->outputs[2].slots()));
  CHECK(has_piece(f->states.slots()));
  CHECK(has_piece(f->timers.bytes().data()));
}

TEST_CASE("two equal frames give identical bytes, whatever memory held before", "[frame]") {
  const auto bytes_after = [](char rubbish) {
    const frame_ptr f = rich_frame(3, 0);
    f->outputs[1].reserve(8, 512);
    weir_batch raw = f->outputs[1].lend();
    std::fill(raw.bytes, raw.bytes + raw.byte_capacity, rubbish);
    f->outputs[1].append(1, "key", "value");
    raw = f->outputs[1].lend();
    raw.slots[raw.count++] = {2, 0, 16 + 3, 24 + 5};
    std::memcpy(raw.bytes + 16, "key", 3);
    std::memcpy(raw.bytes + 24, "value", 5);
    raw.size = 24 + 5;
    f->outputs[1].take_back(raw);
    REQUIRE(f->seal());
    return stored(*f);
  };
  CHECK(bytes_after('\0') == bytes_after('\x5a'));
}

TEST_CASE("lz4 is used where asked for, above 4 KiB, and where it shrinks by an eighth", "[frame][lz4]") {
  const auto sealed = [](bool ask, std::size_t size, bool random) {
    auto f = make_intrusive<frame>();
    f->log = 1;
    f->lsn = 1;
    f->outputs.resize(1);
    seeded_random numbers(4);
    std::string value(size, 'v');
    if (random)
      for (char& c : value) c = static_cast<char>(numbers.next());
    f->outputs[0].append(1, "key", value);
    const bool compressed[] = {ask};
    REQUIRE(f->seal(compressed));
    return f;
  };
  const frame_ptr plain = sealed(false, 100'000, false);
  const frame_ptr packed = sealed(true, 100'000, false);
  CHECK_FALSE(plain->compressed(0));
  CHECK(packed->compressed(0));
  CHECK(packed->frame_bytes() < plain->frame_bytes() / 8);
  CHECK(packed->header().raw_bytes == plain->header().raw_bytes);
  CHECK_FALSE(sealed(true, 4'000, false)->compressed(0));
  CHECK_FALSE(sealed(true, 100'000, true)->compressed(0));
  auto back = parsed(stored(*packed));
  REQUIRE(back.ok());
  CHECK((*back)->compressed(0));
  check_equal(*plain, **back);
  CHECK(stored(**back) == stored(*packed));
}

TEST_CASE("a frame beyond the limit is refused with what to do", "[frame]") {
  auto f = make_intrusive<frame>();
  f->outputs.resize(1);
  f->outputs[0].append(1, "", std::string(frame_bytes_limit, 'x'));
  const auto sealed = f->seal();
  REQUIRE_FALSE(sealed);
  CHECK(sealed.why().message.find("frame_bytes_max") != std::string::npos);
  CHECK_FALSE(f->sealed());
}

TEST_CASE("a digest differs when the header or the body differs", "[frame]") {
  const auto digest = [](std::uint64_t lsn, std::size_t records) {
    const frame_ptr f = rich_frame(5, records);
    f->lsn = lsn;
    REQUIRE(f->seal());
    frame_header h = f->header();
    complete_header(h);
    return frame_digest(h);
  };
  CHECK(digest(1, 10) == digest(1, 10));
  CHECK(digest(1, 10) != digest(2, 10));
  CHECK(digest(1, 10) != digest(1, 11));
}

TEST_CASE("a frame that is said to hold dead letters must hold records", "[frame]") {
  for (const bool records : {true, false}) {
    frame f;
    f.flags = letters_frame;
    if (records) f.outputs.emplace_back().append(0, "key", "letter");
    REQUIRE(f.seal().ok());
    const auto back = parsed(stored(f));
    REQUIRE(back.ok() == records);
    if (records) CHECK((*back)->flags == letters_frame);
  }
}
