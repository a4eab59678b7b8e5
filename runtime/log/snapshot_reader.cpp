#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "runtime/log/crc32c.hpp"
#include "runtime/log/snapshot.hpp"

namespace weir::runtime {

result<std::unique_ptr<snapshot_reader>> snapshot_reader::open(files& fs, const std::string& path) {
  auto opened = fs.open(path, open_mode::read);
  if (!opened) return opened.why();
  auto size = (*opened)->size();
  if (!size) return size.why();
  std::unique_ptr<snapshot_reader> reader(new snapshot_reader(std::move(opened).value(), path, *size));
  if (auto first = reader->read_block(); !first) return first.why();
  return reader;
}

snapshot_reader::snapshot_reader(std::unique_ptr<file> from, std::string path, std::uint64_t size) : file_(std::move(from)), path_(std::move(path)) {
  identity_.bytes = size;
}

error snapshot_reader::damaged(std::string_view why) const {
  return {error_code::corrupt, fmt::format("the snapshot {} is damaged before byte {}: {}", path_, offset_, why)};
}

result<bool> snapshot_reader::next() {
  if (!ended_ && block_at_ == block_.size())
    if (auto more = read_block(); !more) return more.why();
  if (ended_) return false;
  if (const char* why = read_item()) return damaged(why);
  ++items_;
  return true;
}

result<void> snapshot_reader::read_block() {
  snapshot_block header;
  auto read = file_->read(offset_, reinterpret_cast<char*>(&header), sizeof header);
  if (!read) return read.why();
  if (*read < sizeof header) return damaged("the file ends before its last block");
  if (const char* why = check_header(header)) return damaged(why);
  if (header.format != format_version)
    return error{error_code::refused, fmt::format("the snapshot {} has format {}, this version of weir reads {}: use the version that wrote it", path_,
                                                  header.format, format_version)};
  if (auto payload = read_payload(header); !payload) return payload;
  if ((header.flags & last_block) != 0) {
    if (const char* why = check_end()) return damaged(why);
    ended_ = true;
  } else if (block_.empty()) {
    return damaged("a block is empty");
  }
  ++blocks_;
  identity_.checksum = crc32c(identity_.checksum, &header.header_checksum, sizeof header.header_checksum);
  return {};
}

const char* snapshot_reader::check_header(const snapshot_block& header) const {
  if (header.magic != snapshot_magic) return "a block does not begin with the magic number";
  if (header.header_checksum != crc32c(0, &header, offsetof(snapshot_block, header_checksum))) return "a block's header has a wrong checksum";
  if (header.format != format_version) return nullptr;  // Told in its own words.
  if ((header.flags & ~last_block) != 0) return "a block has flags that this format does not know";
  if (header.number != blocks_) return "a block is not where it belongs";
  if (blocks_ > 0 && (header.journal_id != identity_.journal_id || header.sequence != identity_.sequence)) return "a block belongs to another snapshot";
  const std::uint64_t left = identity_.bytes - std::min<std::uint64_t>(identity_.bytes, offset_ + sizeof header);
  if (header.payload_bytes > left) return "the file ends within a block";
  if (header.payload_bytes > snapshot_block_limit || header.payload_bytes % 8 != 0) return "a block has a length that none can have";
  return nullptr;
}

result<void> snapshot_reader::read_payload(const snapshot_block& header) {
  identity_.journal_id = header.journal_id;
  identity_.sequence = header.sequence;
  block_.resize(header.payload_bytes);
  block_at_ = 0;
  auto read = file_->read(offset_ + sizeof header, block_.data(), block_.size());
  if (!read) return read.why();
  offset_ += sizeof header + block_.size();
  if (*read < block_.size()) return damaged("the file ends within a block");
  if (crc32c(0, block_.data(), block_.size()) != header.payload_checksum) return damaged("a block's content has a wrong checksum");
  return {};
}

const char* snapshot_reader::check_end() const {
  snapshot_end end;
  if (block_.size() != sizeof end) return "the last block has a length that none can have";
  std::memcpy(&end, block_.data(), sizeof end);
  if (end.items != items_ || end.blocks != blocks_ || end.checksum != identity_.checksum) return "the blocks are not those that were written";
  if (offset_ != identity_.bytes) return "something follows the last block";
  return nullptr;
}

const char* snapshot_reader::read_item() {
  snapshot_item item;
  const std::size_t left = block_.size() - block_at_;
  if (left < sizeof item) return "an item reaches beyond its block";
  std::memcpy(&item, block_.data() + block_at_, sizeof item);
  const std::uint64_t size = std::uint64_t{item.key_bytes} + item.subkey_bytes + item.value_bytes;
  const std::uint64_t padded = (size + 7) & ~std::uint64_t{7};
  if (padded > left - sizeof item) return "an item reaches beyond its block";
  const char* key = block_.data() + block_at_ + sizeof item;
  const char* subkey = key + item.key_bytes;
  const char* value = subkey + item.subkey_bytes;
  if (!std::all_of(key + size, key + padded, [](char c) { return c == 0; })) return "an item's padding is not zero";
  block_at_ += sizeof item + padded;
  kind_ = item.kind;
  item_ = {item.id, false, item.time, {key, item.key_bytes}, {subkey, item.subkey_bytes}, {value, item.value_bytes}};
  switch (kind_) {
    case section_kind::commit:
      if (item.id != 0 || item.time != 0) return "a log's item has members that belong to none";
      return read_head(item_.key, item_.subkey, item_.value);
    case section_kind::states:
      if (item.time != 0) return "a state has a time";
      return check_order();
    case section_kind::timers:
      if (item.id >= timer_ids_limit || item.value_bytes != 0) return "a timer is of a kind that this format does not know";
      return check_order();
    default: return "an item is of a kind that this format does not know";
  }
}

const char* snapshot_reader::read_head(std::string_view fixed, std::string_view members, std::string_view positions) {
  snapshot_head h;
  if (fixed.size() != sizeof h || positions.size() % sizeof(snapshot_position) != 0 || members.size() % sizeof(snapshot_member) != 0)
    return "a log's item has a length that none can have";
  std::memcpy(&h, fixed.data(), sizeof h);
  if (h.idle > 1 || h.ended > 1 || h.reserved != 0) return "a log has flags that this format does not know";
  if (any_log_ && h.log <= head_.log) return "its logs are not in order";
  any_log_ = true;
  head_ = {h.log, h.lsn, h.digest, h.epoch, h.generation, h.watermark, h.idle != 0, h.ended != 0, {}, {}};
  for (; !members.empty(); members.remove_prefix(sizeof(snapshot_member))) {
    snapshot_member m;
    std::memcpy(&m, members.data(), sizeof m);
    if (m.reserved != 0 || head_.members.size() == chain_operators_limit) return "a chain's operators are not as this format knows them";
    head_.members.push_back({m.watermark, m.generation});
  }
  for (; !positions.empty(); positions.remove_prefix(sizeof(snapshot_position))) {
    snapshot_position p;
    std::memcpy(&p, positions.data(), sizeof p);
    if (p.idle > 1 || p.ended > 1 || p.reserved != 0) return "a position has flags that this format does not know";
    if (!head_.inputs.empty() && p.log <= head_.inputs.rbegin()->first) return "a log's positions are not in order";
    head_.inputs.emplace_hint(head_.inputs.end(), p.log, input_position{p.log, p.lsn, p.index, p.idle != 0, p.ended != 0, p.watermark});
  }
  last_.kind = section_kind::commit;
  return nullptr;
}

const char* snapshot_reader::check_order() {
  if (!any_log_) return "an item belongs to no log";
  const change_key_view name(kind_, item_);
  if (last_.kind != section_kind::commit && !(change_key_view(last_) < name)) return "its items are not in order";
  last_.kind = kind_;
  last_.id = item_.id;
  last_.key.assign(item_.key);
  last_.subkey.assign(item_.subkey);
  return nullptr;
}

}  // namespace weir::runtime
