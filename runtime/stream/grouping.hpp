// Which partition of a subscriber gets which record: a pure function of (log, LSN, index, key hash, partition count), so that a restart decides the same.
// Computed once per frame and subscribing operator, read by all its partitions. Costs about 2 ns per record; nothing for a single partition.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/log/frame.hpp"

namespace weir::runtime {

/// A key's hash chooses one of 4,096 slots by its high bits; this table says which partition owns a slot. Jump consistent hash, so that few slots move when
/// the number of partitions changes. (Lamping, Veach: A fast, minimal memory, consistent hash algorithm, 2014.)
class slot_table {
 public:
  static constexpr std::uint32_t slots = 4096;
  explicit slot_table(std::uint32_t partitions);
  std::uint32_t partition_of(std::uint64_t hash) const noexcept { return partition_[hash >> 52]; }
  std::uint32_t partitions() const noexcept { return partitions_; }

 private:
  std::uint32_t partitions_;
  std::array<std::uint16_t, slots> partition_;
};

/// One istream of a subscriber that reads one ostream of a log.
struct subscription {
  std::uint16_t istream = 0;
  std::uint16_t ostream = 0;
  std::uint32_t grouping = 0;  ///< WEIR_GROUPING_…
};

/// The records of one frame's ostream that belong to each partition of one subscriber.
class record_selection {
 public:
  /// Records of `batch`, the output of (log, lsn), for `table.partitions()` partitions of a subscriber; the log is partition `log_partition` of its operator.
  record_selection(const record_batch& batch, std::uint64_t log, std::uint64_t lsn, std::uint32_t log_partition, std::uint32_t grouping,
                   const slot_table& table);

  std::uint32_t count(std::uint32_t partition) const noexcept;
  /// The selected indexes, ascending; nullptr where all records are selected.
  const std::uint32_t* indexes(std::uint32_t partition) const noexcept;

 private:
  std::uint32_t all_ = 0;   ///< Records in the batch.
  std::int64_t only_ = -1;  ///< The one partition that gets them; -1: `spread_` says.
  bool everyone_ = false;
  std::vector<std::uint32_t> begin_;  ///< Per partition, and the end.
  std::vector<std::uint32_t> spread_;
};

/// What one subscribing operator gets of one frame. Shared by the deliveries to its partitions.
struct frame_selection : ref_counted<frame_selection> {
  std::vector<record_selection> parts;  ///< In the order of the subscriber's subscriptions to that log.
};

}  // namespace weir::runtime
