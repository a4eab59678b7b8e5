#include <fmt/format.h>

#include <cstddef>

#include "runtime/log/crc32c.hpp"
#include "runtime/log/snapshot.hpp"

namespace weir::runtime {
namespace {

template <class T>
std::string_view bytes_of(const T& item) {
  return {reinterpret_cast<const char*>(&item), sizeof item};
}

}  // namespace

result<std::unique_ptr<snapshot_writer>> snapshot_writer::create(files& fs, const std::string& path, std::uint64_t journal_id, std::uint64_t sequence) {
  auto opened = fs.open(path, open_mode::create_new);
  if (!opened) return opened.why();
  return std::unique_ptr<snapshot_writer>(new snapshot_writer(std::move(opened).value(), journal_id, sequence));
}

snapshot_writer::snapshot_writer(std::unique_ptr<file> to, std::uint64_t journal_id, std::uint64_t sequence) : file_(std::move(to)) {
  identity_.journal_id = journal_id;
  identity_.sequence = sequence;
  block_.assign(sizeof(snapshot_block), '\0');
}

result<void> snapshot_writer::begin_log(const log_head& head) {
  const snapshot_head fixed{head.log, head.lsn, head.digest, head.epoch, head.watermark, head.generation, head.idle, head.ended, 0};
  std::string positions;
  for (const auto& [log, p] : head.inputs) positions += bytes_of(snapshot_position{p.log, p.lsn, p.watermark, p.index, p.idle, p.ended, 0});
  std::string members;
  for (const chain_member_head& m : head.members) members += bytes_of(snapshot_member{m.watermark, m.generation, 0});
  return add_item(section_kind::commit, {0, false, 0, bytes_of(fixed), members, positions});
}

result<void> snapshot_writer::add(section_kind kind, const change& c) { return add_item(kind, c); }

result<void> snapshot_writer::add_item(section_kind kind, const change& c) {
  const std::uint64_t size = c.key.size() + c.subkey.size() + c.value.size();
  if (size > frame_bytes_limit)
    return error{error_code::failed, fmt::format("a snapshot cannot hold an item of {} bytes, {} are possible", size, frame_bytes_limit)};
  const snapshot_item item{
      kind, c.id, static_cast<std::uint32_t>(c.key.size()), static_cast<std::uint32_t>(c.subkey.size()), static_cast<std::uint32_t>(c.value.size()), c.time};
  block_.append(bytes_of(item)).append(c.key).append(c.subkey).append(c.value);
  block_.append(-block_.size() % 8, '\0');
  ++items_;
  if (block_.size() - sizeof(snapshot_block) < snapshot_block_target) return {};
  return write_block(false);
}

result<snapshot_identity> snapshot_writer::finish() {
  if (block_.size() > sizeof(snapshot_block))
    if (auto written = write_block(false); !written) return written.why();
  const snapshot_end end{items_, blocks_, identity_.checksum};
  block_.append(bytes_of(end));
  if (auto written = write_block(true); !written) return written.why();
  if (auto synced = file_->sync(); !synced) return synced.why();
  return identity_;
}

result<void> snapshot_writer::write_block(bool last) {
  const std::string_view payload = std::string_view(block_).substr(sizeof(snapshot_block));
  snapshot_block header{};
  header.magic = snapshot_magic;
  header.format = format_version;
  header.flags = last ? last_block : 0;
  header.journal_id = identity_.journal_id;
  header.sequence = identity_.sequence;
  header.number = blocks_++;
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = crc32c(0, payload.data(), payload.size());
  header.header_checksum = crc32c(0, &header, offsetof(snapshot_block, header_checksum));
  block_.replace(0, sizeof header, bytes_of(header));
  auto written = file_->write(identity_.bytes, block_);
  identity_.bytes += block_.size();
  identity_.checksum = crc32c(identity_.checksum, &header.header_checksum, sizeof header.header_checksum);
  block_.resize(sizeof header);
  return written;
}

}  // namespace weir::runtime
