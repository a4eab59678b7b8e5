// What the tests of retention share: a machine whose log 1 is read by log 2, and how much the journal takes.
#pragma once

#include "tests/log/recovery_fixture.hpp"

namespace weir::runtime {

inline std::uint64_t journal_files_bytes(machine& m) {
  std::uint64_t sum = 0;
  const auto paths = m.disk.glob("/data/journal/*");
  for (const std::string& path : *paths) sum += m.disk.content(path).size();
  return sum;
}

inline std::uint64_t segments_of(machine& m) { return m.disk.glob("/data/journal/*.seg")->size(); }

/// Passes frames of log 1 through, each consumed by log 2 as soon as it is durable, until `bytes` of them are written. The LSN reached.
inline std::uint64_t pass_through(machine& m, std::uint64_t lsn, std::uint64_t bytes, std::uint64_t* most = nullptr) {
  for (std::uint64_t written = 0; written < bytes;) {
    REQUIRE(m.log->admits(admission::source));
    auto f = make_frame(1, ++lsn, 5000);
    written += f->frame_bytes();
    m.log->append(std::move(f));
    m.log->append(make_frame(2, lsn, 0, {{.log = 1, .lsn = lsn}}));
    if (lsn % 2 == 0) m.log->run_once();
    if (lsn % 5 == 0) m.log->run_background_once();
    if (most) *most = std::max(*most, journal_files_bytes(m));
  }
  m.write_all();
  m.work_in_background();
  return lsn;
}

inline void start_with_reader(machine& m, std::uint64_t lsn = 0) {
  m.start();
  m.log->register_reader({.log = 1, .reader = 2, .lsn = lsn});
}

}  // namespace weir::runtime
