#include "runtime/log/inspect.hpp"

#include "tests/log/recovery_fixture.hpp"

using namespace weir;
using namespace weir::runtime;

namespace {

/// Five segments of two logs, with a mark at the end.
void write_some(machine& m) {
  m.start();
  for (std::uint64_t n = 1; n <= 30; ++n) {
    m.log->append(make_frame(5, n, 5000));
    if (n % 3 == 0) m.log->append(make_frame(6, n / 3, 10));
    m.log->run_once();
  }
  m.write_all();
}

}  // namespace

TEST_CASE("ls tells segments, logs and how far everything is", "[inspect]") {
  machine m;
  write_some(m);
  const auto listed = list_data(m.disk, "/data");
  REQUIRE(listed.ok());
  CHECK(listed->meta.segment_bytes == m.options.segment_bytes);
  REQUIRE(listed->segments.size() == 5);
  CHECK(listed->segments[0].first_sequence == 1);
  CHECK(listed->segments[1].first_sequence == listed->segments[0].last_sequence + 1);
  REQUIRE(listed->logs.size() == 3);
  CHECK(listed->logs[1].log == 5);
  CHECK(listed->logs[1].first_lsn == 1);
  CHECK(listed->logs[1].last_lsn == 30);
  CHECK(listed->logs[2].last_lsn == 10);
  CHECK(listed->last_sequence == 41);
  CHECK(listed->durable_sequence == 41);
  CHECK(listed->epoch == 1);
  CHECK(listed->problems == 0);
}

TEST_CASE("inspect shows the frames asked for, in order", "[inspect]") {
  machine m;
  write_some(m);
  inspect_filter filter;
  filter.log = 5;
  filter.from_lsn = 10;
  filter.limit = 5;
  std::uint64_t lsn = 10;
  REQUIRE(inspect_data(m.disk, "/data", filter, [&](const inspected_frame& f) {
            CHECK(f.header.log == 5);
            CHECK(f.header.lsn == lsn++);
            REQUIRE(f.content);
            CHECK(f.content->states.count() == 1);
            return true;
          }).ok());
  CHECK(lsn == 15);
  std::uint64_t all = 0, fillers = 0;
  filter = {};
  filter.fillers = true;
  REQUIRE(inspect_data(m.disk, "/data", filter, [&](const inspected_frame& f) {
            ++(f.content ? all : fillers);
            return true;
          }).ok());
  CHECK(all == 41);
  CHECK(fillers > 10);
}

TEST_CASE("verify counts everything and finds nothing wrong with a live directory, which it leaves alone", "[inspect]") {
  machine m;
  write_some(m);
  m.log->append(make_frame(5, 31, 100));  // Queued, not written.
  const disk_image before = image_of(m);
  const auto report = verify_data(m.disk, "/data");
  REQUIRE(report.ok());
  CHECK(report->sound());
  CHECK(report->frames == 41);
  CHECK(report->segments == 5);
  CHECK(report->torn_bytes == 0);
  CHECK(image_of(m) == before);
}

TEST_CASE("verify reports every damage with file and offset, past the first one too", "[inspect]") {
  machine m;
  write_some(m);
  disk_image image = image_of(m);
  std::string& first = image[m.segment(1)];
  std::string& second = image[m.segment(2)];
  const auto in_first = frames_in(first);
  const auto in_second = frames_in(second);
  first[in_first[2].offset + 200] ^= 1;   // A body.
  second[in_second[3].offset + 20] ^= 1;  // A header.
  machine other;
  put_image(other, image);
  const auto report = verify_data(other.disk, "/data");
  REQUIRE(report.ok());
  REQUIRE(report->problems.size() == 2);
  CHECK(report->problems[0].file == m.segment(1));
  CHECK(report->problems[0].offset == in_first[2].offset);
  CHECK(report->problems[0].what.find("log 5 with LSN") != std::string::npos);
  CHECK(report->problems[1].file == m.segment(2));
  CHECK(report->problems[1].offset == in_second[3].offset);
  CHECK(report->frames >= 38);
  image.erase(m.segment(2));
  machine third;
  put_image(third, image);
  const auto missing = verify_data(third.disk, "/data");
  REQUIRE(missing.ok());
  REQUIRE(missing->problems.size() == 2);
  CHECK(missing->problems[1].file == m.segment(2));
  CHECK(missing->problems[1].what == "the segment is missing");
}

TEST_CASE("a torn tail is no problem but is told", "[inspect]") {
  machine m;
  m.start();
  for (std::uint64_t n = 1; n <= 3; ++n) {
    m.log->append(make_frame(5, n, 500));
    m.log->run_once();
  }
  disk_image image = image_of(m);
  const auto frames = frames_in(image[m.segment(1)]);
  image[m.segment(1)][frames[frames.size() - 2].offset + 150] ^= 1;
  machine other;
  put_image(other, image);
  const auto report = verify_data(other.disk, "/data");
  REQUIRE(report.ok());
  CHECK(report->sound());
  CHECK(report->torn_bytes > 0);
  CHECK(report->frames == 3);
}

TEST_CASE("snapshots and checkpoints are verified too", "[inspect]") {
  machine m;
  m.start();
  std::uint64_t lsn = 0;
  while (m.log->statistics().snapshots < 2) {
    m.log->append(make_frame(5, ++lsn, 5000));
    m.write_all();
    m.work_in_background();
  }
  CHECK(verify_data(m.disk, "/data")->sound());
  const auto listed = list_data(m.disk, "/data");
  REQUIRE(listed.ok());
  CHECK(listed->snapshots.size() == 2);
  CHECK(listed->checkpoints.size() == 2);
  const auto snapshots = m.disk.glob("/data/snapshots/*").value();
  disk_image image = image_of(m);
  image[snapshots[1]][200] ^= 1;
  machine other;
  put_image(other, image);
  const auto report = verify_data(other.disk, "/data");
  REQUIRE(report.ok());
  REQUIRE(report->problems.size() == 1);
  CHECK(report->problems[0].file == snapshots[1]);
  image.erase(snapshots[1]);
  machine third;
  put_image(third, image);
  REQUIRE(verify_data(third.disk, "/data")->problems.size() == 1);
}

TEST_CASE("what is not a data directory is refused", "[inspect]") {
  simulated_files disk;
  REQUIRE(disk.make_directory("/empty").ok());
  CHECK_FALSE(verify_data(disk, "/empty").ok());
  CHECK_FALSE(list_data(disk, "/nowhere").ok());
  disk.put("/empty/notes.txt", "");
  const auto foreign = verify_data(disk, "/empty");
  REQUIRE_FALSE(foreign.ok());
  CHECK(foreign.why().code == error_code::refused);
}
