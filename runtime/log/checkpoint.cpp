#include "runtime/log/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>

#include "runtime/log/crc32c.hpp"

namespace weir::runtime {
namespace {

std::string slot_path(const std::string& data_directory, std::uint64_t slot) { return fmt::format("{}/checkpoint.{}", data_directory, slot); }

std::uint32_t checksum_of(const checkpoint_slot& s) { return crc32c(0, &s, offsetof(checkpoint_slot, checksum)); }

/// The slot's checkpoint; none where the bytes are no valid one.
result<std::optional<checkpoint>> read_slot(files& fs, const std::string& path, std::uint64_t slot) {
  auto opened = fs.open(path, open_mode::read);
  if (!opened) return opened.why();
  checkpoint_slot s{};
  auto read = (*opened)->read(0, reinterpret_cast<char*>(&s), sizeof s);
  if (!read) return read.why();
  if (*read < sizeof s || s.magic != checkpoint_magic || s.checksum != checksum_of(s)) return std::optional<checkpoint>();
  if (s.format != format_version)
    return error{error_code::refused,
                 fmt::format("{} has format {}, this version of weir reads {}: use the version that wrote it", path, s.format, format_version)};
  if (s.number == 0 || s.number % 2 != slot || s.reserved != 0) return std::optional<checkpoint>();
  return std::optional<checkpoint>(
      {s.number, s.journal_id, s.sequence, s.read_from, s.epoch, s.next_segment, {s.journal_id, s.snapshot_sequence, s.snapshot_bytes, s.snapshot_checksum}});
}

}  // namespace

result<void> write_checkpoint(files& fs, const std::string& data_directory, const checkpoint& c) {
  const std::string path = slot_path(data_directory, c.number % 2);
  const bool is_new = !fs.exists(path);
  auto opened = fs.open(path, open_mode::write);
  if (!opened) return opened.why();
  checkpoint_slot s{};
  s.magic = checkpoint_magic;
  s.format = format_version;
  s.number = c.number;
  s.journal_id = c.journal_id;
  s.sequence = c.sequence;
  s.read_from = c.read_from;
  s.epoch = c.epoch;
  s.next_segment = c.next_segment;
  s.snapshot_sequence = c.snapshot.sequence;
  s.snapshot_bytes = c.snapshot.bytes;
  s.snapshot_checksum = c.snapshot.checksum;
  s.checksum = checksum_of(s);
  std::string block(block_bytes, '\0');
  std::memcpy(block.data(), &s, sizeof s);
  if (auto written = (*opened)->write(0, block); !written) return written;
  if (auto synced = (*opened)->sync(); !synced) return synced;
  if (is_new) return fs.sync_directory(data_directory);
  return {};
}

result<void> sync_checkpoints(files& fs, const std::string& data_directory) {
  for (std::uint64_t slot : {0, 1}) {
    const std::string path = slot_path(data_directory, slot);
    if (!fs.exists(path)) continue;
    auto opened = fs.open(path, open_mode::write);
    if (!opened) return opened.why();
    if (auto synced = (*opened)->sync(); !synced) return synced;
  }
  return {};
}

result<read_checkpoints_result> read_checkpoints(files& fs, const std::string& data_directory) {
  read_checkpoints_result all;
  for (std::uint64_t slot : {0, 1}) {
    const std::string path = slot_path(data_directory, slot);
    if (!fs.exists(path)) continue;
    auto read = read_slot(fs, path, slot);
    if (!read) return read.why();
    if (*read)
      all.valid.push_back(**read);
    else
      ++all.damaged;
  }
  std::sort(all.valid.begin(), all.valid.end(), [](const checkpoint& a, const checkpoint& b) { return a.number > b.number; });
  return all;
}

}  // namespace weir::runtime
