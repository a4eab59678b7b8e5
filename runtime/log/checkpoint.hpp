// Where recovery begins: two checksummed slots, DIR/checkpoint.0 and .1, written in turn, so that a crash while one is written leaves the other. A checkpoint
// is written after its snapshot is verified and renamed into place; what the older of both still needs may not be recycled. One thread at a time; blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/log/snapshot.hpp"
#include "runtime/seam/files.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

struct checkpoint {
  std::uint64_t number = 0;  ///< 1, 2, 3, …; decides the slot, and which of both is newer.
  std::uint64_t journal_id = 0;
  std::uint64_t sequence = 0;      ///< The last frame that the snapshot covers; all up to it was durable.
  std::uint64_t read_from = 0;     ///< Journal address of the first frame behind it: recovery reads from there.
  std::uint64_t epoch = 0;         ///< The highest that was written when it was made.
  std::uint64_t next_segment = 0;  ///< Number that the next new segment gets at least.
  snapshot_identity snapshot;      ///< sequence 0: none, state begins empty.
  friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

/// Writes the slot number % 2 and syncs it (and the directory, where the file is new).
result<void> write_checkpoint(files& fs, const std::string& data_directory, const checkpoint& c);

/// Syncs the slots there are: what a killed process wrote into them may be in the cache only, and nothing may be given up for its sake before it is durable.
result<void> sync_checkpoints(files& fs, const std::string& data_directory);

struct read_checkpoints_result {
  std::vector<checkpoint> valid;  ///< Newest first; none in a new directory.
  std::uint32_t damaged = 0;      ///< Slots that exist and hold no valid checkpoint: at most one is the trace of a crash.
};
/// Fails when a slot cannot be read or was written by a newer version.
result<read_checkpoints_result> read_checkpoints(files& fs, const std::string& data_directory);

}  // namespace weir::runtime
