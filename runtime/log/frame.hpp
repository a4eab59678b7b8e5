// A frame: the unit of work and of commit, what one operator partition did with some input. Built by an operator actor, given its LSN and sealed by its log
// actor, queued for the journal, published to subscribers by reference. Immutable once sealed; reference-counted, because the journal, subscribers on any
// core and readers hold it at once; freed by whoever lets go last.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/log/changes.hpp"
#include "runtime/log/format.hpp"
#include "runtime/log/intrusive_ptr.hpp"
#include "runtime/log/record_batch.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

enum class frame_cause : std::uint8_t { input, timer, ingest, admin };

inline constexpr std::uint32_t whole_frame = 0xffffffffu;

/// How far a reader has come in one input log, with what it knew of that input there.
struct input_position {
  std::uint64_t log = 0;
  std::uint64_t lsn = 0;              ///< 0: nothing yet.
  std::uint32_t index = whole_frame;  ///< Records before it are consumed; whole_frame: all of the frame.
  bool idle = false;
  bool ended = false;
  std::int64_t watermark = INT64_MIN;
  friend bool operator==(const input_position&, const input_position&) = default;
};

/// One operator of a chain, as of a frame.
struct chain_member_head {
  std::int64_t watermark = INT64_MIN;
  std::uint32_t generation = 0;
  friend bool operator==(const chain_member_head&, const chain_member_head&) = default;
};

class frame final : public ref_counted<frame> {
 public:
  // -- what the operator actor fills in -------------------------------------------------------------------------------------------------
  std::uint64_t log = 0;
  std::uint32_t generation = 0;
  frame_cause cause = frame_cause::input;
  bool idle = false;
  bool ended = false;
  std::int64_t watermark = INT64_MIN;
  std::vector<input_position> positions;   ///< Only those that changed.
  std::vector<chain_member_head> members;  ///< Of a chain, head first, and of a source with due timers to fire yet; of a source, what it emitted.
  change_batch states;
  change_batch timers;
  std::vector<record_batch> outputs;  ///< One per ostream, in the order of the metadata, dead letters last; empty ones write no section.

  // -- what the log actor fills in --------------------------------------------------------------------------------------------------------
  std::uint64_t lsn = 0;
  /// Computes missing key hashes, compresses the outputs whose number is true in `compressed` where that pays, lays the body out as pieces and checksums it.
  /// Once, before the journal sees it; nothing above may change afterwards. Fails when the frame would exceed frame_bytes_limit or an operator broke a batch.
  result<void> seal(std::span<const bool> compressed = {});
  /// Whether the output is stored compressed: where it was asked for and is not, trying again soon is a waste.
  bool compressed(std::uint32_t output) const noexcept;

  // -- for the journal ----------------------------------------------------------------------------------------------------------------------
  bool sealed() const noexcept { return !pieces_.empty(); }
  std::span<const std::string_view> pieces() const noexcept { return pieces_; }  ///< The stored body, in order.
  std::uint32_t body_bytes() const noexcept { return body_bytes_; }
  std::uint32_t frame_bytes() const noexcept { return frame_bytes_; }  ///< With header and padding.
  /// The header without what the journal completes.
  frame_header header() const noexcept;

  // The journal's own; others read sequence only after it told them that the frame is durable.
  std::atomic<frame*> queue_next{nullptr};
  std::uint64_t sequence = 0;
  std::uint64_t address = 0;
  std::uint64_t epoch = 0;   ///< Of the start that wrote it.
  std::uint64_t digest = 0;  ///< frame_digest() of its completed header; what the log's next frame names as previous_digest.
  std::uint16_t flags = 0;   ///< frame_flags; header() passes it on.

  /// Bytes that this frame keeps in memory, for credit: slots and bytes of its outputs, at least 1.
  std::uint64_t memory_bytes() const noexcept;

  /// Reads a frame back from `bytes` (header, body and padding, nothing more; 8-byte aligned), checking both checksums, every length and every slot once. The
  /// frame owns the bytes. No filler frame, which holds nothing. Never allocates more than frame_bytes_limit, whatever the bytes claim.
  static result<intrusive_ptr<frame>> parse(std::unique_ptr<char[]> bytes, std::size_t size);

 private:
  friend class frame_sealer;
  friend class frame_parser;
  std::vector<std::string_view> pieces_;
  std::vector<std::uint32_t> compressed_;       ///< Numbers of the outputs stored compressed.
  std::vector<std::unique_ptr<char[]>> owned_;  ///< Commit part, section table, compressed sections; or the bytes read from disk.
  std::uint32_t body_bytes_ = 0;
  std::uint32_t raw_bytes_ = 0;
  std::uint32_t frame_bytes_ = 0;
  std::uint32_t body_checksum_ = 0;
  std::uint32_t sections_ = 0;
};

using frame_ptr = intrusive_ptr<frame>;

/// What identifies a frame's content in its log's chain. Of a completed header.
constexpr std::uint64_t frame_digest(const frame_header& h) noexcept { return std::uint64_t{h.header_checksum} << 32 | h.body_checksum; }

/// The last thing the journal does to a header: fills in its checksum.
void complete_header(frame_header& h) noexcept;

/// Reads a header (of any frame, fillers too) from at least sizeof(frame_header) bytes, checking its checksum, magic, version and that its lengths agree with
/// each other and the limits. Says nothing about sequence, address and journal, which the caller knows.
result<frame_header> read_header(const char* bytes, std::size_t size);

}  // namespace weir::runtime
