// Cuts a torn tail: copies it aside, then makes the journal end where its last good frame ends, with zeros in all blocks that will be reused. Everything is
// synced when this returns; a crash in the middle leaves a torn tail again. One thread; blocks on files.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/log/journal_assembler.hpp"
#include "runtime/log/recovery_tail.hpp"

namespace weir::runtime {

/// Copies the parts to DIR/journal/<address>.torn. The number of bytes.
result<std::uint64_t> keep_torn_tail(files& fs, const segment_store& store, std::span<const segment_ptr> segments, std::span<const torn_part> parts);

/// Zeros the parts' segments from where the tail begins, and closes the last good block with filler. `end` is where the last good frame ends; the result is
/// where the next page goes.
result<std::uint64_t> cut_torn_tail(const segment_store& store, std::span<const segment_ptr> segments, std::span<const torn_part> parts, const bad_place& place,
                                    std::uint64_t epoch, std::uint64_t proven);

}  // namespace weir::runtime
