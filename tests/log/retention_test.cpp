#include "runtime/log/checkpoint.hpp"
#include "runtime/log/inspect.hpp"
#include "tests/log/retention_fixture.hpp"

using namespace weir;
using namespace weir::runtime;

TEST_CASE("ten times the journal's size passes through below its limit, and what is left is recovered", "[retention]") {
  machine m;
  start_with_reader(m);
  std::uint64_t most = 0;
  const std::uint64_t lsn = pass_through(m, 0, 10 * m.options.journal_bytes_max, &most);
  CHECK(most <= m.options.journal_bytes_max);
  CHECK(m.log->statistics().snapshots >= 10);
  CHECK(m.disk.glob("/data/snapshots/*")->size() == 2);
  m.start();
  CHECK(m.found.warnings.empty());
  CHECK(is_fold(m.found.logs.at(1), 1, lsn));
  CHECK(is_fold(m.found.logs.at(2), 2, lsn));
  CHECK(m.found.logs.at(2).inputs.at(1).lsn == lsn);
}

TEST_CASE("with the newest snapshot, a checkpoint slot or both damaged the state is right, or the start refused", "[retention][recovery]") {
  machine m;
  start_with_reader(m);
  const std::uint64_t lsn = pass_through(m, 0, 3 * m.options.journal_bytes_max);
  const disk_image whole = image_of(m);
  const auto snapshots = m.disk.glob("/data/snapshots/*").value();
  REQUIRE(snapshots.size() == 2);
  const auto newest = read_checkpoints(m.disk, "/data")->valid.front();
  const std::string slot = "/data/checkpoint." + std::to_string(newest.number % 2);

  const auto recovers = [&](const disk_image& image, std::size_t warnings) {
    machine other;
    put_image(other, image);
    other.start();
    CHECK(other.found.warnings.size() == warnings);
    CHECK(is_fold(other.found.logs.at(1), 1, lsn));
    CHECK(is_fold(other.found.logs.at(2), 2, lsn));
    // The one that was used is still there after the next checkpoint was written in the other slot.
    other.log->register_reader({.log = 1, .reader = 2, .lsn = lsn});
    const std::uint64_t later = pass_through(other, lsn, 2 * other.options.journal_bytes_max);
    other.start();
    CHECK(is_fold(other.found.logs.at(1), 1, later));
  };
  disk_image image = whole;
  image[snapshots[1]][300] ^= 1;
  recovers(image, 1);
  image = whole;
  image.erase(snapshots[1]);
  recovers(image, 1);
  image = whole;
  image[slot][20] ^= 1;
  recovers(image, 1);

  image = whole;
  image[snapshots[0]][300] ^= 1;
  image[snapshots[1]][300] ^= 1;
  machine other;
  put_image(other, image);
  const auto started = other.try_start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.why().code == error_code::corrupt);
}

TEST_CASE("a slow reader makes sources wait, then outputs, never positions", "[retention]") {
  machine m;
  start_with_reader(m);
  std::uint64_t lsn = 0;
  const auto write_while = [&](admission a) {
    for (int i = 0; i < 1000 && m.log->admits(a); ++i) {
      m.log->append(make_frame(1, ++lsn, 5000));
      m.log->run_once();
      m.work_in_background();
    }
  };
  write_while(admission::source);
  CHECK(lsn < 1000);
  CHECK(m.log->admits(admission::output));
  const std::uint64_t sources_stopped = lsn;
  write_while(admission::output);
  CHECK(lsn > sources_stopped);
  CHECK_FALSE(m.log->admits(admission::output));
  CHECK(m.log->admits(admission::positions));
  CHECK(journal_files_bytes(m) <= m.options.journal_bytes_max);
  const auto frames = m.log->read(1, 1, 1);
  REQUIRE(frames.ok());
  CHECK(frames->front()->lsn == 1);

  // Once it has read on, everything goes on, without anything else being written.
  m.log->append(make_frame(2, 1, 0, {{.log = 1, .lsn = lsn}}));
  m.write_all();
  m.work_in_background();
  CHECK(m.log->admits(admission::source));
  CHECK(m.heard.freed > 0);
  CHECK(segments_of(m) <= 4);
  CHECK_FALSE(m.log->read(1, 1, 1).ok());
}

TEST_CASE("a frame that was read in part is kept", "[retention]") {
  machine m;
  start_with_reader(m);
  m.log->append(make_frame(1, 1, 100));
  m.log->append(make_frame(2, 1, 0, {{.log = 1, .lsn = 1, .index = 0}}));
  for (std::uint64_t lsn = 2; lsn < 150 && m.log->admits(admission::source); ++lsn) {
    m.log->append(make_frame(3, lsn - 1, 5000));
    m.write_all();
    m.work_in_background();
  }
  CHECK(m.log->read(1, 1, 1).ok());
  CHECK_FALSE(m.log->admits(admission::source));
}

TEST_CASE("a full disk delays snapshots and nothing else", "[retention]") {
  machine m;
  start_with_reader(m);
  pass_through(m, 0, m.options.journal_bytes_max);
  const auto before = m.log->statistics().snapshots;
  m.disk.set_capacity(m.disk.used_bytes());
  m.log->append(make_frame(9, 1, 100));
  std::uint64_t lsn = m.heard.durable_lsn[1];
  for (std::uint64_t end = lsn + 12; lsn < end;) {
    m.log->append(make_frame(1, ++lsn, 5000));
    m.log->append(make_frame(2, lsn, 0, {{.log = 1, .lsn = lsn}}));
    m.write_all();
    m.work_in_background();
    m.time.advance(1'000'000'000);
  }
  CHECK(m.heard.failures.empty());
  m.disk.set_capacity(UINT64_MAX);
  pass_through(m, lsn, m.options.journal_bytes_max);
  CHECK(m.log->statistics().snapshots > before);
  CHECK(m.heard.failures.empty());
}

TEST_CASE("a checkpoint made while a frame is written in parts is read from the beginning of that frame", "[retention][snapshot]") {
  int made = 0;
  for (std::uint64_t before = 0; before < 12; ++before) {
    machine m;
    m.start();
    for (std::uint64_t lsn = 1; lsn <= before; ++lsn) m.log->append(make_frame(1, lsn, 15'000));
    m.write_all();
    m.log->append(make_frame(1, before + 1, 30'000));
    REQUIRE(m.log->run_once());  // A page, which is a part of it.
    m.work_in_background();
    m.write_all();
    const auto checkpoints = read_checkpoints(m.disk, "/data");
    if (checkpoints->valid.empty()) continue;
    const checkpoint& c = checkpoints->valid.front();
    const auto looked = inspect_data(m.disk, "/data", {.from_sequence = c.sequence + 1}, [&](const inspected_frame& f) {
      CHECK(f.header.address >= c.read_from);
      ++made;
      return false;
    });
    CHECK(looked.ok());
  }
  CHECK(made > 0);
}

TEST_CASE("a snapshot has the last values, of frames folded at once and of frames read back", "[retention][snapshot]") {
  machine m;
  m.start();
  std::map<std::string, std::string> expected;
  seeded_random random(11);
  std::uint64_t lsn = 0;
  while (m.log->statistics().snapshots < 4) {
    auto f = make_intrusive<frame>();
    f->log = 1;
    f->lsn = ++lsn;
    const std::uint64_t changes = lsn % 3 == 0 ? 40 : 1;
    for (std::uint64_t i = 0; i < changes; ++i) {
      const std::string key = "k" + std::to_string((random.next() % 5) * 10 + i);
      const std::string value = std::to_string(lsn);
      change c;
      c.id = 1;
      c.key = key;
      c.value = value;
      f->states.add(c);
      expected[key] = value;
    }
    record_batch b;
    b.append(0, "k", std::string(3000, 'r'));
    f->outputs.push_back(std::move(b));
    REQUIRE(f->seal().ok());
    m.log->append(std::move(f));
    m.write_all();
    m.work_in_background();
  }
  m.log.reset();
  const auto seen = read_log(m.disk, m.options.directory, 1);
  REQUIRE(seen.ok());
  CHECK(seen->lsn == lsn);
  CHECK(seen->states.cells() == expected.size());
  for (const auto& [key, value] : expected) CHECK(seen->states.find(1, {key}, {}) == std::string_view(value));
  m.start();
  const log_image& image = m.found.logs.at(1);
  CHECK(image.lsn == lsn);
  CHECK(image.states.cells() == expected.size());
  for (const auto& [key, value] : expected) CHECK(image.states.find(1, {key}, {}) == std::string_view(value));
}
