// What is on disk, byte for byte (little-endian; all structs 8-byte aligned). docs/log-format.md tells the same in words.
//
//   journal   = segments of segment_bytes; an address counts bytes over all of them: segment number * segment_bytes + offset. Numbers grow for ever.
//   segment   = one 4 KiB block with a segment_header, then frames back to back; a frame never crosses a segment's end
//   frame     = frame_header | section[sections] | section payloads, each padded to 8 | zeros up to frame_bytes (a multiple of 8)
//   flush     = frames padded to 4 KiB by a filler frame; such a block is never rewritten
#pragma once

#include <cstdint>

#include <weir/abi.h>

namespace weir::runtime {

inline constexpr std::uint32_t frame_magic = 0x4d524657;    // "WFRM"
inline constexpr std::uint32_t segment_magic = 0x47455357;  // "WSEG"
inline constexpr std::uint16_t format_version = 1;
inline constexpr std::uint32_t block_bytes = 4096;
/// What any frame may hold, stored and uncompressed; seal() refuses more and readers believe no larger claim. frame_bytes_max (16 MiB by default) is the
/// setting below it: room is left for the one record, or the state changes, that a step ends with.
inline constexpr std::uint32_t frame_bytes_limit = 32u << 20;
inline constexpr std::uint32_t ostreams_limit = 4096;  ///< Of one operator partition, dead letters included.
inline constexpr std::uint32_t compressed_bytes_min = 4096;
inline constexpr std::uint32_t chain_operators_limit = 64;
/// Timers have an id as states do: the kind (WEIR_TIMER_…) and 2 for each operator of the chain before theirs.
inline constexpr std::uint16_t timer_ids_limit = 2 * chain_operators_limit;

enum frame_flags : std::uint16_t {
  filler_frame = 1,   ///< Pads a flush or a segment: log and LSN are 0, the sequence is that of the frame before it. What follows its header means nothing.
  mark_frame = 2,     ///< With filler_frame: one block that says how far the journal was durable when the queue had run empty.
  letters_frame = 4,  ///< Holds dead letters: records of its operator's implicit last ostream. Kept until every reader of that stream has read them.
};

/// Completed by the journal when it takes the frame (journal_id, address, sequence, epoch, previous_digest, durable_sequence, header_checksum).
struct frame_header {
  std::uint32_t magic;
  std::uint16_t format;
  std::uint16_t flags;
  std::uint64_t journal_id;  ///< Random, made with the data directory.
  std::uint64_t address;     ///< Of this header.
  std::uint32_t header_bytes;
  std::uint32_t frame_bytes;  ///< Header, body and padding.
  std::uint64_t sequence;     ///< Dense over the journal, from 1; fillers carry the sequence of the frame before them.
  std::uint64_t log;
  std::uint64_t lsn;               ///< Dense per log, from 1.
  std::uint64_t epoch;             ///< Of the node's start that wrote it.
  std::uint64_t previous_digest;   ///< Of the log's previous frame; 0 for the first.
  std::uint64_t durable_sequence;  ///< All up to here was durable when this frame was written.
  std::uint32_t generation;
  std::uint32_t sections;
  std::uint32_t body_bytes;       ///< Section table and payloads as stored.
  std::uint32_t raw_bytes;        ///< The same before compression.
  std::uint64_t reserved;         ///< 0.
  std::uint32_t body_checksum;    ///< CRC32C over the stored body_bytes.
  std::uint32_t header_checksum;  ///< CRC32C over all of the header before this member.
};
static_assert(sizeof(frame_header) == 112 && alignof(frame_header) == 8);

enum class section_kind : std::uint16_t { commit = 1, states = 2, timers = 3, records = 4 };
enum section_flags : std::uint16_t { lz4_section = 1 };

struct section {
  section_kind kind;
  std::uint16_t flags;
  std::uint32_t index;         ///< records: number of the ostream, in the order of the metadata (dead letters last). Else 0.
  std::uint32_t count;         ///< Slots.
  std::uint32_t raw_bytes;     ///< Slots and bytes, uncompressed.
  std::uint32_t stored_bytes;  ///< What the frame holds; the payload is padded to 8 after it.
  std::uint32_t reserved;      ///< 0.
};
static_assert(sizeof(section) == 24);

/// One changed key of a state or one changed timer. Bytes lie back to back without padding: key, sub-key, value; the ends are offsets into the section's bytes.
struct change_slot {
  std::int64_t time;      ///< Timers: when. Else 0.
  std::uint16_t id;       ///< States: the state's id in the node's directory. Timers: see timer_ids_limit.
  std::uint16_t removed;  ///< 1: erased or cancelled.
  std::uint32_t key_end;
  std::uint32_t subkey_end;
  std::uint32_t value_end;
};
static_assert(sizeof(change_slot) == 24);
static_assert(sizeof(weir_slot) == 24);

enum segment_flags : std::uint16_t {
  recycled_segment = 1,  ///< Holds bytes of an earlier use where nothing was written yet; else those are zero.
};

struct segment_header {
  std::uint32_t magic;
  std::uint16_t format;
  std::uint16_t flags;  ///< segment_flags.
  std::uint64_t journal_id;
  std::uint64_t number;
  std::uint64_t segment_bytes;
  std::uint32_t reserved2;
  std::uint32_t checksum;  ///< CRC32C over what precedes it.
};
static_assert(sizeof(segment_header) == 40);

// -- snapshots and checkpoints; snapshot.hpp and checkpoint.hpp tell what they are for ------------------------------------------------------

inline constexpr std::uint32_t snapshot_magic = 0x504e5357;    // "WSNP"
inline constexpr std::uint32_t checkpoint_magic = 0x504b4357;  // "WCKP"
inline constexpr std::uint32_t snapshot_block_target = 256u << 10;
/// Of a block's payload: the largest item that a frame can bring, with its framing, and what was gathered before it.
inline constexpr std::uint32_t snapshot_block_limit = frame_bytes_limit + 2 * snapshot_block_target;

enum snapshot_flags : std::uint16_t { last_block = 1 };  ///< Its payload is a snapshot_end; nothing follows.

struct snapshot_block {
  std::uint32_t magic;
  std::uint16_t format;
  std::uint16_t flags;
  std::uint64_t journal_id;
  std::uint64_t sequence;  ///< All frames of the journal up to here are in the snapshot; the same in every block.
  std::uint32_t number;    ///< Dense, from 0.
  std::uint32_t payload_bytes;
  std::uint32_t payload_checksum;  ///< CRC32C.
  std::uint32_t header_checksum;   ///< CRC32C over what precedes it.
};
static_assert(sizeof(snapshot_block) == 40);

/// Followed by key, sub-key and value back to back, then zeros to a multiple of 8.
struct snapshot_item {
  section_kind
      kind;  ///< commit: a log begins; the key is a snapshot_head, the sub-key its members, the value its positions, by rising log. Else states or timers.
  std::uint16_t id;
  std::uint32_t key_bytes;
  std::uint32_t subkey_bytes;
  std::uint32_t value_bytes;
  std::int64_t time;
};
static_assert(sizeof(snapshot_item) == 24);

struct snapshot_head {
  std::uint64_t log;
  std::uint64_t lsn;
  std::uint64_t digest;
  std::uint64_t epoch;
  std::int64_t watermark;
  std::uint32_t generation;
  std::uint8_t idle;
  std::uint8_t ended;
  std::uint16_t reserved;
};
static_assert(sizeof(snapshot_head) == 48);

/// Of a chain, the sub-key of its log's item: each of its operators, the head first.
struct snapshot_member {
  std::int64_t watermark;
  std::uint32_t generation;
  std::uint32_t reserved;
};
static_assert(sizeof(snapshot_member) == 16);

struct snapshot_position {
  std::uint64_t log;
  std::uint64_t lsn;
  std::int64_t watermark;
  std::uint32_t index;
  std::uint8_t idle;
  std::uint8_t ended;
  std::uint16_t reserved;
};
static_assert(sizeof(snapshot_position) == 32);

struct snapshot_end {
  std::uint64_t items;     ///< In all blocks.
  std::uint32_t blocks;    ///< Before this one.
  std::uint32_t checksum;  ///< CRC32C over their header checksums.
};
static_assert(sizeof(snapshot_end) == 16);

/// The first bytes of the files checkpoint.0 and checkpoint.1; zeros follow to block_bytes.
struct checkpoint_slot {
  std::uint32_t magic;
  std::uint16_t format;
  std::uint16_t reserved;
  std::uint64_t number;
  std::uint64_t journal_id;
  std::uint64_t sequence;
  std::uint64_t read_from;
  std::uint64_t epoch;
  std::uint64_t next_segment;
  std::uint64_t snapshot_sequence;
  std::uint64_t snapshot_bytes;
  std::uint32_t snapshot_checksum;
  std::uint32_t checksum;  ///< CRC32C over what precedes it.
};
static_assert(sizeof(checkpoint_slot) == 80);

}  // namespace weir::runtime
