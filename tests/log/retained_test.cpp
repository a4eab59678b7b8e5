#include "tests/log/retention_fixture.hpp"

using namespace weir;
using namespace weir::runtime;

TEST_CASE("retained logs pin segments beyond the limit without making anybody wait, until they are old enough", "[retention]") {
  machine m;
  start_with_reader(m);
  m.log->retain(1, 1'000'000'000);
  std::uint64_t lsn = pass_through(m, 0, 2 * m.options.journal_bytes_max);
  CHECK(m.log->admits(admission::source));
  CHECK(m.log->statistics().retained_bytes > m.options.journal_bytes_max / 2);
  CHECK(m.log->read(1, 1, 1).ok());
  m.time.advance(1'000'000'001);
  m.work_in_background();
  CHECK(m.log->statistics().retained_bytes == 0);
  CHECK(journal_files_bytes(m) <= m.options.journal_bytes_max);
  CHECK_FALSE(m.log->read(1, 1, 1).ok());
  lsn = pass_through(m, lsn, m.options.journal_bytes_max / 2);
  m.start();
  CHECK(is_fold(m.found.logs.at(1), 1, lsn));
}

TEST_CASE("logs without readers pin nothing, but dead letters do", "[retention]") {
  for (const std::uint16_t flags : {std::uint16_t{0}, std::uint16_t{letters_frame}}) {
    machine m;
    m.start();
    m.log->append(make_frame(4, 1, 100, {}, flags));
    for (std::uint64_t lsn = 1; lsn <= 300; ++lsn) {
      m.log->append(make_frame(1, lsn, 5000));
      m.write_all();
      m.work_in_background();
      REQUIRE(m.log->admits(admission::source));
    }
    CHECK(m.log->read(4, 1, 1).ok() == (flags == letters_frame));
  }
}

TEST_CASE("dead letters that are done with pin nothing, those behind them and what readers have not read do", "[retention]") {
  const bool read = GENERATE(true, false);
  machine m;
  m.start();
  if (!read) m.log->register_reader({.log = 4, .reader = 5, .lsn = 0, .letters = true});
  std::uint64_t lsn = 0;
  const auto pass = [&] {
    for (int i = 0; i < 100; ++i) {
      m.log->append(make_frame(1, ++lsn, 5000));
      m.write_all();
      m.work_in_background();
    }
  };
  m.log->append(make_frame(4, 1, 100, {}, letters_frame));
  pass();
  m.log->append(make_frame(4, 2, 100, {}, letters_frame));
  pass();
  pass();
  REQUIRE(m.log->first_lsn(4) == 1);
  m.log->letters_done(4, 1);
  m.work_in_background();
  CHECK(m.log->first_lsn(4) == (read ? 2 : 1));
  m.log->letters_done(4, 2);
  m.work_in_background();
  CHECK(m.log->read(4, 2, 1).ok() == !read);
}

TEST_CASE("dead letters over many segments are kept until they are read, whatever the limit, over restarts, and said once", "[retention]") {
  machine m;
  start_with_reader(m);
  std::uint64_t letters = 0;
  std::uint64_t lsn = 0;
  while (letters < 30) {
    m.log->append(make_frame(4, ++letters, 100, {}, letters_frame));
    lsn = pass_through(m, lsn, 2 * m.options.segment_bytes);
    CHECK(m.log->admits(admission::source));
  }
  const auto all_there = [&] {
    const auto frames = m.log->read(4, 1, UINT32_MAX);
    REQUIRE(frames.ok());
    CHECK(frames->size() == letters);
    CHECK((frames->front()->flags & letters_frame) != 0);
    CHECK(segments_of(m) > 2 * letters);
  };
  const auto said_once = [&] {
    REQUIRE(m.heard.retained.size() == 1);
    CHECK(m.heard.retained.front().log == 4);
    CHECK(m.heard.retained.front().dead_letters);
    CHECK(m.heard.retained.front().bytes > 0);
    CHECK(m.heard.retained.front().journal_bytes > m.options.journal_bytes_max);
  };
  all_there();
  said_once();

  start_with_reader(m, lsn);
  lsn = pass_through(m, lsn, 2 * m.options.journal_bytes_max);
  all_there();
  said_once();

  // Somebody who reads the log for something else has not read them.
  start_with_reader(m, lsn);
  m.log->register_reader({.log = 4, .reader = 5, .lsn = letters});
  lsn = pass_through(m, lsn, m.options.journal_bytes_max);
  all_there();

  start_with_reader(m, lsn);
  m.log->register_reader({.log = 4, .reader = 5, .lsn = letters - 1, .letters = true});
  m.work_in_background();
  CHECK_FALSE(m.log->read(4, 1, 1).ok());
  CHECK(m.log->first_lsn(4) == letters);
  CHECK(m.log->read(4, letters, 1).ok());
  m.log->append(make_frame(5, 1, 0, {{.log = 4, .lsn = letters}}));
  m.write_all();
  m.work_in_background();
  lsn = pass_through(m, lsn, 2 * m.options.journal_bytes_max);
  CHECK(journal_files_bytes(m) <= m.options.journal_bytes_max);
  CHECK(m.log->statistics().retained_bytes == 0);
  m.start();
  CHECK(is_fold(m.found.logs.at(1), 1, lsn));
}

TEST_CASE("what is retained beyond the limit is said again once it had been below", "[retention]") {
  machine m;
  start_with_reader(m);
  m.log->retain(1, 1'000'000'000);
  std::uint64_t lsn = pass_through(m, 0, m.options.journal_bytes_max / 2);
  CHECK(m.heard.retained.empty());
  for (std::size_t times = 1; times <= 2; ++times) {
    lsn = pass_through(m, lsn, 2 * m.options.journal_bytes_max);
    REQUIRE(m.heard.retained.size() == times);
    CHECK(m.heard.retained.back().log == 1);
    CHECK_FALSE(m.heard.retained.back().dead_letters);
    m.time.advance(1'000'000'001);
    m.work_in_background();
    CHECK(journal_files_bytes(m) <= m.options.journal_bytes_max);
  }
}
