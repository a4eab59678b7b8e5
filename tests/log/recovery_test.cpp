#include "runtime/log/crc32c.hpp"
#include "tests/log/recovery_fixture.hpp"

using namespace weir;
using namespace weir::runtime;

namespace {

/// Log 5 with that many frames, each written and acknowledged alone; no mark behind the last one.
disk_image journal_of(std::uint64_t frames, std::uint32_t record_bytes = 50) {
  machine m;
  m.start();
  for (std::uint64_t n = 1; n <= frames; ++n) {
    m.log->append(make_frame(5, n, record_bytes));
    REQUIRE(m.log->run_once());
  }
  return image_of(m);
}

const std::string first_segment = "/data/journal/0000000000000001.seg";

/// The frames of log 5 among what is in the first segment of an image.
std::vector<placed_frame> frames_of_log(const disk_image& image) {
  std::vector<placed_frame> all;
  for (const auto& f : frames_in(image.at(first_segment))) {
    if (f.header.log == 5) all.push_back(f);
  }
  return all;
}

/// Recovers, checks that log 5 is the fold of its first frames, goes on writing and recovers that. The LSN first recovered.
std::uint64_t recover_and_go_on(const disk_image& image, std::uint64_t* cut = nullptr) {
  machine m;
  put_image(m, image);
  m.start();
  const std::uint64_t lsn = m.recovered_lsn(5);
  if (lsn > 0) CHECK(is_fold(m.found.logs.at(5), 5, lsn));
  if (cut) *cut = m.found.cut_bytes;
  for (std::uint64_t n = lsn + 1; n <= lsn + 3; ++n) {
    m.log->append(make_frame(5, n, 50));
    REQUIRE(m.log->run_once());
  }
  m.start();
  CHECK(m.found.cut_bytes == 0);
  REQUIRE(m.recovered_lsn(5) == lsn + 3);
  CHECK(is_fold(m.found.logs.at(5), 5, lsn + 3));
  return lsn;
}

result<void> try_recover(const disk_image& image, std::uint64_t* lsn = nullptr) {
  machine m;
  put_image(m, image);
  const auto started = m.try_start();
  if (started && lsn) {
    *lsn = m.recovered_lsn(5);
    if (*lsn > 0) CHECK(is_fold(m.found.logs.at(5), 5, *lsn));
  }
  if (!started) CHECK(image_of(m).at(first_segment) == image.at(first_segment));  // Damage is reported, never repaired.
  return started;
}

}  // namespace

TEST_CASE("the last two frames cut at every byte leave whole frames", "[recovery]") {
  constexpr std::uint64_t frames = 6;
  const disk_image whole = journal_of(frames);
  const auto placed = frames_of_log(whole);
  REQUIRE(placed.size() == frames);
  const auto end_of = [&](std::uint64_t lsn) { return placed[lsn - 1].offset + placed[lsn - 1].header.frame_bytes; };
  seeded_random random(3);
  const std::size_t last = placed[frames - 1].offset + block_bytes;
  // The filler behind a frame is long; what is cut from its body makes no difference.
  const auto is_inside_filler = [&](std::size_t cut) { return cut % 512 != 0 && (cut - segment_payload_offset) % block_bytes > end_of(1) % block_bytes + 200; };
  for (std::size_t cut = placed[frames - 2].offset; cut <= last; ++cut) {
    if (is_inside_filler(cut)) continue;
    for (const char* how : {"zeros", "noise", "end of file"}) {
      INFO("cut at " << cut << ", then " << how);
      disk_image image = whole;
      std::string& bytes = image[first_segment];
      if (*how == 'e') bytes.resize(cut);
      if (*how == 'z') std::memset(bytes.data() + cut, 0, bytes.size() - cut);
      if (*how == 'n') {
        for (std::size_t i = cut; i < bytes.size(); ++i) bytes[i] = static_cast<char>(random.next());
      }
      // Bytes that were zero anyway may be cut without harm.
      std::string padded = bytes;
      padded.resize(whole.at(first_segment).size(), '\0');
      const auto is_whole = [&](std::uint64_t lsn) {
        const placed_frame& f = placed[lsn - 1];
        return padded.compare(f.offset, f.header.frame_bytes, whole.at(first_segment), f.offset, f.header.frame_bytes) == 0;
      };
      const std::uint64_t expected = !is_whole(frames - 1) ? frames - 2 : !is_whole(frames) ? frames - 1 : frames;
      std::uint64_t kept = 0;
      REQUIRE(recover_and_go_on(image, &kept) == expected);
      if (expected < frames && cut > placed[expected].offset && cut < end_of(expected + 1)) CHECK(kept > 0);
    }
  }
}

TEST_CASE("a flipped bit of the last frame is a torn tail, kept aside", "[recovery]") {
  const disk_image whole = journal_of(4);
  const placed_frame last = frames_of_log(whole).back();
  for (std::size_t bit = 0; bit < last.header.frame_bytes * 8u; bit += bit < sizeof(frame_header) * 8 ? 1 : 13) {
    INFO("bit " << bit);
    disk_image image = whole;
    image[first_segment][last.offset + bit / 8] ^= static_cast<char>(1 << bit % 8);
    machine m;
    put_image(m, image);
    const auto started = m.try_start();
    if (!started) {
      // The version is believed where the header's checksum says so; a flipped one is not.
      FAIL(started.why().message);
    }
    CHECK(m.recovered_lsn(5) == 3);
    CHECK(m.found.cut_bytes >= last.header.frame_bytes);
    const auto torn = m.disk.glob("/data/journal/*.torn").value();
    REQUIRE(torn.size() == 1);
    CHECK(m.disk.content(torn[0]).substr(0, m.found.cut_bytes) == image[first_segment].substr(last.offset, m.found.cut_bytes));
  }
}

TEST_CASE("a flipped bit of a frame that was durable is reported with its place, and nothing is changed", "[recovery]") {
  const disk_image whole = journal_of(5);
  const placed_frame damaged = frames_of_log(whole)[2];
  for (std::size_t bit = 0; bit < damaged.header.frame_bytes * 8u; bit += bit < sizeof(frame_header) * 8 ? 1 : 13) {
    INFO("bit " << bit);
    disk_image image = whole;
    image[first_segment][damaged.offset + bit / 8] ^= static_cast<char>(1 << bit % 8);
    const auto started = try_recover(image);
    REQUIRE_FALSE(started.ok());
    CHECK(started.why().code == error_code::corrupt);
    CHECK(started.why().message.find(first_segment + " is damaged at offset " + std::to_string(damaged.offset)) == 0);
    CHECK(started.why().message.find("'weir data verify /data'") != std::string::npos);
    if (bit >= sizeof(frame_header) * 8) CHECK(started.why().message.find("log 5 with LSN 3") != std::string::npos);
  }
}

TEST_CASE("filler that was durable is as good a witness as a frame", "[recovery]") {
  const disk_image whole = journal_of(5);
  const placed_frame third = frames_of_log(whole)[2];
  disk_image image = whole;
  image[first_segment][third.offset + third.header.frame_bytes + 20] ^= 1;
  const auto started = try_recover(image);
  REQUIRE_FALSE(started.ok());
  CHECK(started.why().code == error_code::corrupt);
}

TEST_CASE("a mark proves the last frames durable", "[recovery]") {
  machine m;
  m.start();
  m.log->append(make_frame(5, 1, 50));
  m.write_all();  // With the mark.
  disk_image image = image_of(m);
  image[first_segment][frames_of_log(image)[0].offset + 130] ^= 1;
  const auto started = try_recover(image);
  REQUIRE_FALSE(started.ok());
  CHECK(started.why().code == error_code::corrupt);
}

TEST_CASE("sound frames that contradict those before them are damage, not data", "[recovery]") {
  const disk_image whole = journal_of(4);
  const auto placed = frames_of_log(whole);
  struct wrong {
    const char* what;
    void (*make)(frame_header&);
  };
  for (const wrong& w : std::initializer_list<wrong>{{"another log", [](frame_header& h) { h.log = 6; }},
                                                     {"an LSN too far", [](frame_header& h) { ++h.lsn; }},
                                                     {"an LSN again", [](frame_header& h) { --h.lsn; }},
                                                     {"a missing sequence", [](frame_header& h) { ++h.sequence; }},
                                                     {"an older epoch", [](frame_header& h) { h.epoch = 0; }},
                                                     {"another predecessor", [](frame_header& h) { h.previous_digest ^= 1; }}}) {
    INFO(w.what);
    disk_image image = whole;
    frame_header h = placed.back().header;
    w.make(h);
    put_header(image[first_segment], placed.back().offset, h);
    const auto started = try_recover(image);
    REQUIRE_FALSE(started.ok());
    CHECK(started.why().code == error_code::corrupt);
  }
}

TEST_CASE("a frame of another place or journal is not taken", "[recovery]") {
  const disk_image whole = journal_of(4);
  const auto placed = frames_of_log(whole);
  disk_image misplaced = whole;
  std::string& bytes = misplaced[first_segment];
  bytes.replace(placed[3].offset, block_bytes, whole.at(first_segment), placed[1].offset, block_bytes);
  std::uint64_t lsn = 0;
  REQUIRE(try_recover(misplaced, &lsn).ok());
  CHECK(lsn == 3);
  disk_image foreign = whole;
  frame_header h = placed[3].header;
  h.journal_id ^= 1;
  put_header(foreign[first_segment], placed[3].offset, h);
  REQUIRE(try_recover(foreign, &lsn).ok());
  CHECK(lsn == 3);
}

TEST_CASE("payload that looks like a frame proves nothing", "[recovery]") {
  // A record holds a copy of the journal's own blocks, with marks that say that everything is durable.
  machine m;
  m.start();
  m.log->append(make_frame(5, 1, 50));
  m.write_all();
  const std::string copy = m.disk.content(first_segment).substr(0, 24u << 10);
  auto f = make_intrusive<frame>();
  f->log = 5;
  f->lsn = 2;
  record_batch b;
  b.append(1, "", copy);
  f->outputs.push_back(std::move(b));
  REQUIRE(f->seal().ok());
  m.log->append(f);
  REQUIRE(m.log->run_once());
  REQUIRE(m.log->run_once());
  disk_image image = image_of(m);
  image[first_segment][frames_of_log(image)[1].offset + 200] ^= 1;  // Torn, as its mark below is gone too.
  std::string& bytes = image[first_segment];
  const std::size_t end = frames_of_log(image)[1].offset + frames_of_log(image)[1].header.frame_bytes;
  std::memset(bytes.data() + end, 0, bytes.size() - end);
  std::uint64_t lsn = 0;
  REQUIRE(try_recover(image, &lsn).ok());
  CHECK(lsn == 1);
}

TEST_CASE("missing and swapped segments are reported", "[recovery]") {
  machine m;
  m.start();
  for (std::uint64_t n = 1; n <= 20; ++n) m.log->append(make_frame(5, n, 15'000));
  m.write_all();
  const disk_image whole = image_of(m);
  const std::string second = m.segment(2), third = m.segment(3);
  REQUIRE(whole.contains(m.segment(4)));
  for (const std::string& missing : {first_segment, second}) {
    machine other;
    disk_image image = whole;
    image.erase(missing);
    put_image(other, image);
    const auto started = other.try_start();
    REQUIRE_FALSE(started.ok());
    CHECK(started.why().code == error_code::corrupt);
    CHECK(started.why().message.find(missing + " is missing") == 0);
  }
  machine other;
  disk_image image = whole;
  std::swap(image[second], image[third]);
  put_image(other, image);
  const auto started = other.try_start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.why().code == error_code::corrupt);
  CHECK(started.why().message.find(second + " has a damaged header") == 0);
}

TEST_CASE("writes that were in flight survive in any combination, and only a prefix counts", "[recovery]") {
  // Four pages of one frame and log each; none of the last three was acknowledged when the others were written.
  machine m;
  m.start();
  for (std::uint64_t log = 10; log < 14; ++log) {
    m.log->append(make_frame(log, 1, 6000));
    REQUIRE(m.log->run_once());
  }
  disk_image whole = image_of(m);
  const auto placed = frames_in(whole[first_segment]);
  std::vector<std::pair<std::size_t, std::size_t>> pages;  // Offset and size of the last three.
  std::uint64_t durable = 0;
  for (const auto& f : placed) {
    if (f.header.log == 10) durable = f.header.sequence;
    if (f.header.log > 10) pages.emplace_back(f.offset, block_ceiling(f.header.frame_bytes));
    if (f.offset < (pages.empty() ? SIZE_MAX : pages[0].first)) continue;
    frame_header h = f.header;
    h.durable_sequence = durable;
    put_header(whole[first_segment], f.offset, h);
  }
  REQUIRE(pages.size() == 3);
  for (unsigned lost = 0; lost < 27; ++lost) {
    INFO("case " << lost);
    disk_image image = whole;
    std::uint64_t prefix = 0;
    bool gap = false;
    for (unsigned i = 0, rest = lost; i < 3; ++i, rest /= 3) {
      if (rest % 3 == 1) std::memset(image[first_segment].data() + pages[i].first, 0, pages[i].second);
      if (rest % 3 == 2) std::memset(image[first_segment].data() + pages[i].first + block_bytes, 0, block_bytes);
      gap |= rest % 3 != 0;
      if (!gap) ++prefix;
    }
    machine other;
    put_image(other, image);
    other.start();
    for (std::uint64_t i = 0; i < 4; ++i) CHECK(other.recovered_lsn(10 + i) == (i <= prefix ? 1 : 0));
    // What was cut never comes back, whatever is written over it.
    other.log->append(make_frame(20, 1, 10));
    REQUIRE(other.log->run_once());
    other.start();
    for (std::uint64_t i = 0; i < 4; ++i) CHECK(other.recovered_lsn(10 + i) == (i <= prefix ? 1 : 0));
    CHECK(other.recovered_lsn(20) == 1);
  }
}
