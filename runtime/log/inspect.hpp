// What `weir data ls|inspect|verify DIR` show: a data directory read from outside. Takes no lock and changes nothing, so it may look at a live node's
// directory too; what is not durable yet, or was recycled meanwhile, is left out. One thread each; reads all of the journal.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/log/checkpoint.hpp"
#include "runtime/log/frame.hpp"
#include "runtime/log/journal_meta.hpp"
#include "runtime/log/log_image.hpp"
#include "runtime/seam/files.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

// -- ls ---------------------------------------------------------------------------------------------------------------------------------

struct segment_listing {
  std::uint64_t number = 0;
  std::string file;
  std::uint64_t bytes = 0;  ///< Of frames and padding; the rest is not written yet.
  std::uint64_t frames = 0;
  std::uint64_t first_sequence = 0;  ///< 0: no frame.
  std::uint64_t last_sequence = 0;
};

struct log_listing {
  std::uint64_t log = 0;
  std::uint64_t first_lsn = 0;  ///< In the journal.
  std::uint64_t last_lsn = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

struct snapshot_listing {
  std::string file;
  std::uint64_t sequence = 0;
  std::uint64_t bytes = 0;
  std::optional<error> damage;
};

struct data_listing {
  journal_meta meta;
  std::vector<segment_listing> segments;  ///< Rising.
  std::vector<log_listing> logs;          ///< Rising; 0 is the node's own.
  std::vector<snapshot_listing> snapshots;
  std::vector<checkpoint> checkpoints;  ///< Newest first.
  std::uint64_t last_sequence = 0;
  std::uint64_t durable_sequence = 0;  ///< Proven by what is written behind it.
  std::uint64_t epoch = 0;
  std::uint64_t free_files = 0;         ///< Released segments that wait for reuse.
  std::vector<std::string> torn_files;  ///< Tails that recoveries cut.
  std::uint64_t problems = 0;           ///< `verify` shows them.
};
result<data_listing> list_data(files& fs, const std::string& directory);

// -- inspect ----------------------------------------------------------------------------------------------------------------------------

struct inspect_filter {
  std::optional<std::uint64_t> log;
  std::uint64_t from_lsn = 0;  ///< With log.
  std::uint64_t from_sequence = 0;
  std::uint64_t limit = UINT64_MAX;  ///< Frames.
  bool fillers = false;              ///< Filler and marks, too.
};

struct inspected_frame {
  std::string file;
  std::uint64_t offset = 0;
  frame_header header{};
  frame_ptr content;  ///< Null for filler and marks.
};
/// Calls `show` for the frames that pass the filter, in journal order, until it returns false or the durable prefix ends.
result<void> inspect_data(files& fs, const std::string& directory, const inspect_filter& filter, const std::function<bool(const inspected_frame&)>& show);

/// One log's state, timers and positions at the end of the durable prefix: the newest sound snapshot and the log's frames behind it. In memory as a whole.
result<log_image> read_log(files& fs, const std::string& directory, std::uint64_t log);

// -- verify -----------------------------------------------------------------------------------------------------------------------------

struct data_problem {
  std::string file;
  std::uint64_t offset = 0;
  std::string what;
};

struct verify_report {
  std::uint64_t segments = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  ///< Verified.
  std::uint64_t snapshots = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t torn_bytes = 0;  ///< Behind the journal's end: what a crash left, or a live node is writing. No problem: the next start cuts it.
  std::vector<data_problem> problems;
  bool sound() const noexcept { return problems.empty(); }
};
/// Reads everything, past damage too. An error only where the directory is not one of weir's or cannot be read.
result<verify_report> verify_data(files& fs, const std::string& directory);

}  // namespace weir::runtime
