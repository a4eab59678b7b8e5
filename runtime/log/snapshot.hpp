// Snapshots: the fold of all logs at one sequence of the journal, made in the background from the snapshot before and the frames since, never from an
// operator's memory. A snapshot is a file DIR/snapshots/<sequence>.snapshot of checksummed blocks, in one order: by log, states before timers, then by
// (id, key, sub-key) in byte order. So old + changes = new is one pass over both, with one block of each in memory, and any two snapshots of the same logs
// are equal byte for byte. One thread at a time each; everything here blocks on files.
//
//   file  = block… (all of them with the snapshot's sequence and the journal's id; numbered from 0; about 256 KiB), then one with a snapshot_end
//   block = snapshot_block | payload of payload_bytes (a multiple of 8)
//   entry = snapshot_item | key | sub-key | value, padded with zeros to 8. A log begins with an item of kind log (key: snapshot_head; value: its positions).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/log/changes.hpp"
#include "runtime/log/format.hpp"
#include "runtime/log/log_head.hpp"
#include "runtime/log/log_image.hpp"
#include "runtime/log/snapshot_changes.hpp"
#include "runtime/seam/files.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

/// What names a snapshot beyond doubt.
struct snapshot_identity {
  std::uint64_t journal_id = 0;
  std::uint64_t sequence = 0;  ///< All frames of the journal up to here are in it.
  std::uint64_t bytes = 0;     ///< Of the file.
  std::uint32_t checksum = 0;  ///< Over the checksums of all blocks.
  friend bool operator==(const snapshot_identity&, const snapshot_identity&) = default;
};

std::string snapshot_name(std::uint64_t sequence);                                     ///< "<20 digits>.snapshot"
std::string snapshot_path(const std::string& data_directory, std::uint64_t sequence);  ///< DIR/snapshots/<name>
inline constexpr std::string_view unfinished_snapshot_suffix = ".part";                ///< Left by a crash; may be removed at any start.

/// Writes a snapshot front to back. The file is complete and synced after finish(); before, it is worth nothing.
class snapshot_writer {
 public:
  /// `path` must not exist.
  static result<std::unique_ptr<snapshot_writer>> create(files& fs, const std::string& path, std::uint64_t journal_id, std::uint64_t sequence);
  result<void> begin_log(const log_head& head);          ///< Ids rise.
  result<void> add(section_kind kind, const change& c);  ///< Of the log begun last; (kind, id, key, sub-key) rise; nothing removed.
  result<snapshot_identity> finish();

 private:
  snapshot_writer(std::unique_ptr<file> to, std::uint64_t journal_id, std::uint64_t sequence);
  result<void> add_item(section_kind kind, const change& c);
  result<void> write_block(bool last);

  std::unique_ptr<file> file_;
  snapshot_identity identity_;
  std::string block_;  ///< Room for the header, then the payload.
  std::uint32_t blocks_ = 0;
  std::uint64_t items_ = 0;
};

/// Reads a snapshot front to back, verifying as it goes: checksums, order, counts, lengths. Holds one block.
class snapshot_reader {
 public:
  static result<std::unique_ptr<snapshot_reader>> open(files& fs, const std::string& path);

  /// Moves to the next item. False at the end, which is verified then; an error where the file is damaged or cannot be read.
  result<bool> next();
  bool at_log() const noexcept { return kind_ == section_kind::commit; }  ///< The item begins a log: head() is new. Else it is a change of head().log.
  const log_head& head() const noexcept { return head_; }
  section_kind kind() const noexcept { return kind_; }   ///< states or timers, where not at_log().
  const change& item() const noexcept { return item_; }  ///< Valid until the next next().
  /// journal_id and sequence from the beginning, all of it once next() returned false.
  const snapshot_identity& identity() const noexcept { return identity_; }

 private:
  snapshot_reader(std::unique_ptr<file> from, std::string path, std::uint64_t size);
  error damaged(std::string_view why) const;
  result<void> read_block();
  result<void> read_payload(const snapshot_block& header);
  const char* check_header(const snapshot_block& header) const;
  const char* check_end() const;
  const char* read_item();
  const char* read_head(std::string_view fixed, std::string_view members, std::string_view positions);
  const char* check_order();

  std::unique_ptr<file> file_;
  std::string path_;
  snapshot_identity identity_;
  std::uint64_t offset_ = 0;  ///< Of what is read next.
  std::vector<char> block_;   ///< Payload.
  std::size_t block_at_ = 0;
  std::uint32_t blocks_ = 0;
  std::uint64_t items_ = 0;
  bool ended_ = false;
  bool any_log_ = false;
  log_head head_;
  section_kind kind_ = section_kind::commit;
  change item_;
  change_key last_;  ///< The item before, for the order; of kind commit where there was none in this log.
};

/// new = old + changes, in one pass; `old` null: there was none. Does not finish() the writer.
result<void> merge(snapshot_reader* old, const collected_changes& changes, snapshot_writer& to);

/// All of it: merges the snapshot at `old_path` (empty: none) with `changes` into DIR/snapshots/<sequence>.snapshot, reads it back to verify it, and renames it
/// into place, files and directory synced. Repeats safely: an unfinished file of the same name is replaced.
result<snapshot_identity> make_snapshot(files& fs, const std::string& data_directory, std::uint64_t journal_id, std::uint64_t sequence,
                                        const std::string& old_path, const collected_changes& changes);

/// Reads all of it, keeping nothing.
result<snapshot_identity> verify_snapshot(files& fs, const std::string& path);

struct loaded_snapshot {
  snapshot_identity identity;
  std::map<std::uint64_t, log_image> logs;
};
result<loaded_snapshot> load_snapshot(files& fs, const std::string& path);

}  // namespace weir::runtime
