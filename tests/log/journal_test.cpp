#include "tests/log/journal_fixture.hpp"

using namespace weir;
using namespace weir::runtime;

TEST_CASE("a new directory is made, and what was written is recovered as it was", "[journal]") {
  machine m;
  m.start();
  CHECK(m.found.created);
  for (std::uint64_t n = 1; n <= 300; ++n) {
    m.log->append(make_frame(5, n, 200));
    if (n % 3 == 0) m.log->append(make_frame(6, n / 3, 1000));
  }
  m.write_all();
  CHECK(m.heard.frames == 400);
  CHECK(m.heard.in_order);
  CHECK(m.heard.durable_lsn[5] == 300);
  m.start();
  CHECK_FALSE(m.found.created);
  CHECK(m.found.cut_bytes == 0);
  CHECK(m.found.epoch == 1);
  CHECK(is_fold(m.found.logs.at(5), 5, 300));
  CHECK(is_fold(m.found.logs.at(6), 6, 100));
  CHECK(m.found.logs.at(0).lsn == 1);
}

TEST_CASE("a quiet journal writes one durable mark and then nothing", "[journal]") {
  machine m;
  m.start();
  m.log->append(make_frame(5, 1));
  CHECK(m.log->run_once());
  CHECK(m.log->run_once());
  const auto syncs = m.log->statistics().syncs;
  CHECK_FALSE(m.log->run_once());
  CHECK_FALSE(m.log->run_once());
  CHECK(m.log->statistics().syncs == syncs);
}

TEST_CASE("frames larger than a page are spread over pages and come back whole", "[journal]") {
  machine m;
  m.start();
  for (std::uint64_t n = 1; n <= 20; ++n) m.log->append(make_frame(5, n, n % 2 == 0 ? 50'000 : 100));
  m.write_all();
  CHECK(m.heard.durable_lsn[5] == 20);
  m.start();
  CHECK(is_fold(m.found.logs.at(5), 5, 20));
  const auto frames = m.log->read(5, 1, UINT64_MAX);
  REQUIRE(frames.ok());
  REQUIRE(frames->size() == 20);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const frame& f = *(*frames)[n - 1];
    CHECK(f.lsn == n);
    REQUIRE(f.outputs.size() == 1);
    CHECK(f.outputs[0].at(0).value == std::string(n % 2 == 0 ? 50'000 : 100, static_cast<char>('a' + n % 26)));
  }
}

TEST_CASE("a frame that no segment can hold ends the journal with the reason", "[journal]") {
  machine m;
  m.start();
  m.log->append(make_frame(5, 1, 70'000));
  CHECK_FALSE(m.log->run_once());
  REQUIRE(m.heard.failures.size() == 1);
  CHECK(m.heard.failures[0].message.find("larger segments") != std::string::npos);
}

TEST_CASE("readers that have fallen behind read every log in order from any LSN", "[journal]") {
  machine m;
  m.options.journal_bytes_max = 64 * m.options.segment_bytes;
  m.start();
  for (std::uint64_t n = 1; n <= 2000; ++n) {
    m.log->append(make_frame(5, n, 100 + n % 700));
    if (n % 50 == 0) m.log->append(make_frame(6, n / 50, 10));
    if (n % 7 == 0) m.write_all();
  }
  m.write_all();
  for (int restarts = 0; restarts < 2; ++restarts) {
    for (const std::uint64_t log : {5u, 6u}) {
      const std::uint64_t last = log == 5 ? 2000 : 40;
      for (std::uint64_t from = 1; from <= last; from += 1 + last / 37) {
        const auto frames = m.log->read(log, from, 5000);
        REQUIRE(frames.ok());
        REQUIRE_FALSE(frames->empty());
        std::uint64_t expected = from;
        for (const auto& f : *frames) {
          CHECK(f->log == log);
          CHECK(f->lsn == expected++);
        }
      }
      CHECK(m.log->read(log, last + 1, 5000)->empty());
    }
    m.start();
  }
}

TEST_CASE("reading back goes through the journal once, and gives what there is before it has gone far", "[journal]") {
  machine m;
  m.options.segment_bytes = 8u << 20;
  m.options.journal_bytes_max = 16 * m.options.segment_bytes;
  m.start();
  // Two logs take turns; the third has a small frame in each 100 KiB.
  constexpr std::uint64_t rare = 300;
  for (std::uint64_t n = 1; n <= 5 * rare; ++n) {
    m.log->append(make_frame(5, n, 10'000));
    m.log->append(make_frame(6, n, 10'000));
    if (n % 5 == 0) m.log->append(make_frame(7, n / 5, 10));
    m.write_all();
  }
  struct reader {
    std::uint64_t pages = 0;
    std::uint64_t longest = 0;
    std::uint64_t disk_reads = 0;
  };
  const auto read_all = [&m](std::uint64_t log, std::uint64_t last) {
    reader r;
    const std::uint64_t before = m.disk.calls(file_call::read);
    for (std::uint64_t next = 1; next <= last; ++r.pages) {
      const auto frames = m.log->read(log, next, 1u << 20);
      REQUIRE(frames.ok());
      REQUIRE_FALSE(frames->empty());
      r.longest = std::max<std::uint64_t>(r.longest, frames->size());
      for (const auto& f : *frames) REQUIRE((f->log == log && f->lsn == next++));
    }
    r.disk_reads = m.disk.calls(file_call::read) - before;
    return r;
  };
  const reader busy = read_all(5, 5 * rare);
  CHECK(busy.disk_reads <= 30 * 3 + 10 * busy.pages);  // 30 MiB, and each page grows its pieces anew.
  const reader sparse = read_all(7, rare);
  CHECK(sparse.pages > 1);
  CHECK(sparse.longest < rare / 2);
  CHECK(sparse.disk_reads <= 2 * rare);
}

TEST_CASE("only one process may use a data directory, and only weir's own", "[journal]") {
  machine m;
  m.start();
  auto second = journal::open(m.disk, m.time, m.random, m.options);
  REQUIRE_FALSE(second.ok());
  CHECK(second.why().code == error_code::refused);
  CHECK(second.why().message.find("is in use by process") != std::string::npos);

  simulated_files other;
  REQUIRE(other.make_directory("/data").ok());
  other.put("/data/notes.txt", "mine");
  auto foreign = journal::open(other, m.time, m.random, m.options);
  REQUIRE_FALSE(foreign.ok());
  CHECK(foreign.why().code == error_code::refused);
  CHECK(other.list("/data").value() == std::vector<std::string>{"notes.txt"});
}

TEST_CASE("newer formats, damaged meta and other segment sizes are refused", "[journal]") {
  machine m;
  m.start();
  m.log.reset();
  m.options.segment_bytes *= 2;
  m.options.journal_bytes_max *= 2;
  auto other_size = m.try_start();
  REQUIRE_FALSE(other_size.ok());
  CHECK(other_size.why().code == error_code::refused);
  m.options = small_options();
  std::string meta = m.disk.content("/data/meta");
  m.disk.put("/data/meta", std::string(meta).replace(meta.find("format 1"), 8, "format 9"));
  auto newer = m.try_start();
  REQUIRE_FALSE(newer.ok());
  CHECK(newer.why().code == error_code::refused);
  CHECK(newer.why().message == "data directory /data has the newer format 9; this weir reads up to 1; use a newer weir");
  m.disk.put("/data/meta", std::string(meta).replace(meta.find("journal "), 9, "journal f"));
  auto damaged = m.try_start();
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.why().code == error_code::corrupt);
  m.disk.put("/data/meta", meta);
  m.start();
}

TEST_CASE("an I/O error of a journal write is told once and is final", "[journal]") {
  machine m;
  m.start();
  m.disk.fail_call(file_call::write_durable, 2, EIO);
  m.log->append(make_frame(5, 1));
  CHECK(m.log->run_once());
  m.log->append(make_frame(5, 2));
  CHECK_FALSE(m.log->run_once());
  m.log->append(make_frame(5, 3));
  CHECK_FALSE(m.log->run_once());
  REQUIRE(m.heard.failures.size() == 1);
  CHECK(m.heard.durable_lsn[5] == 1);
  m.start();
  CHECK(m.recovered_lsn(5) >= 1);
  CHECK(m.recovered_lsn(5) <= 2);
}

TEST_CASE("a full disk is said once, and work goes on when there is room again", "[journal]") {
  machine m;
  m.start();
  m.disk.set_capacity(m.disk.used_bytes() + 1000);
  for (std::uint64_t n = 1; n <= 200; ++n) m.log->append(make_frame(5, n, 1000));
  m.write_all();
  for (int i = 0; i < 5; ++i) CHECK_FALSE(m.log->run_once());
  CHECK(m.heard.waits.size() == 1);
  CHECK(m.heard.waits[0].code == error_code::no_space);
  CHECK(m.heard.failures.empty());
  CHECK_FALSE(m.log->admits(admission::source));
  CHECK(m.log->admits(admission::positions));
  CHECK(m.heard.durable_lsn[5] > 10);
  CHECK(m.heard.durable_lsn[5] < 200);
  m.disk.set_capacity(UINT64_MAX);
  m.write_all();
  CHECK(m.heard.durable_lsn[5] == 200);
  CHECK(m.heard.freed == 1);
  CHECK(m.log->admits(admission::source));
}

TEST_CASE("without room for the first segment there is no journal", "[journal]") {
  machine m;
  m.disk.set_capacity(10'000);
  const auto started = m.try_start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.why().code == error_code::no_space);
  m.disk.set_capacity(UINT64_MAX);
  m.start();
  CHECK(m.found.created);
}

TEST_CASE("pages that are written out of order are told in order, and only as a prefix", "[journal]") {
  machine m;
  m.start();
  m.log->append(make_frame(5, 1, 16'000));
  m.log->append(make_frame(5, 2, 16'000));
  REQUIRE(m.log->fill_page(0));
  REQUIRE(m.log->fill_page(1));
  REQUIRE(m.log->write_page(1));
  CHECK(m.heard.frames == 0);
  CHECK(m.log->read(5, 1, UINT64_MAX)->empty());
  REQUIRE(m.log->write_page(0));
  CHECK(m.heard.frames == 2);
  CHECK(m.heard.in_order);
  CHECK(m.log->read(5, 1, UINT64_MAX)->size() == 2);
}

TEST_CASE("a segment that is taken before the one before it is durable is not made again", "[journal]") {
  machine m;
  m.start();
  std::uint64_t lsn = 0;
  for (; lsn < 3; ++lsn) m.log->append(make_frame(5, lsn + 1, 15'000));
  m.write_all();
  m.work_in_background();  // The second segment waits.
  m.log->append(make_frame(5, ++lsn, 15'000));
  REQUIRE(m.log->fill_page(0));  // The end of the first segment.
  REQUIRE(m.log->fill_page(1));  // In the second.
  REQUIRE(m.log->write_page(1));
  m.work_in_background();
  REQUIRE(m.log->write_page(0));
  CHECK(m.heard.durable_lsn[5] == lsn);
  CHECK(m.log->read(5, lsn, 1).ok());
  m.start();
  CHECK(is_fold(m.found.logs.at(5), 5, lsn));
}
