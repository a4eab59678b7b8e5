#include "runtime/stream/grouping.hpp"

namespace weir::runtime {

namespace {

std::uint32_t jump_consistent_hash(std::uint64_t key, std::uint32_t buckets) noexcept {
  std::int64_t bucket = -1;
  std::int64_t next = 0;
  while (next < buckets) {
    bucket = next;
    key = key * 2862933555777941757u + 1;
    next = static_cast<std::int64_t>(static_cast<double>(bucket + 1) * (static_cast<double>(1ll << 31) / static_cast<double>((key >> 33) + 1)));
  }
  return static_cast<std::uint32_t>(bucket);
}

constexpr std::uint32_t shuffle_run = 64;  ///< Neighbouring records that stay together, so that views stay in one cache line's reach.

/// Which partition a shuffled record goes to: runs in turn, beginning elsewhere with each frame, so that frames of one record are spread too.
std::uint32_t shuffled(std::uint64_t log, std::uint64_t lsn, std::uint32_t index, std::uint32_t partitions) noexcept {
  return static_cast<std::uint32_t>((log + lsn + index / shuffle_run) % partitions);
}

}  // namespace

slot_table::slot_table(std::uint32_t partitions) : partitions_(partitions) {
  for (std::uint32_t slot = 0; slot < slots; ++slot)
    partition_[slot] = static_cast<std::uint16_t>(jump_consistent_hash(slot * 0x9e3779b97f4a7c15u, partitions));
}

record_selection::record_selection(const record_batch& batch, std::uint64_t log, std::uint64_t lsn, std::uint32_t log_partition, std::uint32_t grouping,
                                   const slot_table& table)
    : all_(batch.count()) {
  const std::uint32_t partitions = table.partitions();
  if (grouping == WEIR_GROUPING_LOCAL) {
    only_ = log_partition;
    return;
  }
  if (grouping == WEIR_GROUPING_BROADCAST || partitions == 1) {
    everyone_ = true;
    return;
  }
  const auto owner = [&](std::uint32_t index) {
    return grouping == WEIR_GROUPING_GROUP_BY ? table.partition_of(batch.slots()[index].hash) : shuffled(log, lsn, index, partitions);
  };
  begin_.assign(partitions + 1, 0);
  for (std::uint32_t i = 0; i < all_; ++i) ++begin_[owner(i) + 1];
  for (std::uint32_t p = 0; p < partitions; ++p) begin_[p + 1] += begin_[p];
  spread_.resize(all_);
  std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
  for (std::uint32_t i = 0; i < all_; ++i) spread_[next[owner(i)]++] = i;
}

std::uint32_t record_selection::count(std::uint32_t partition) const noexcept {
  if (everyone_ || only_ == partition) return all_;
  if (only_ >= 0) return 0;
  return begin_[partition + 1] - begin_[partition];
}

const std::uint32_t* record_selection::indexes(std::uint32_t partition) const noexcept {
  return everyone_ || only_ >= 0 ? nullptr : spread_.data() + begin_[partition];
}

}  // namespace weir::runtime
