// Makes pages out of queued frames: gives each frame its sequence and place, completes its header, copies it, pads with filler, and moves on from segment to
// segment. Knows what every log's chain ends with. One thread at a time (the journal's threads take turns under a lock).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>

#include "runtime/log/journal_page.hpp"
#include "runtime/log/queue.hpp"
#include "runtime/log/segment_store.hpp"

namespace weir::runtime {

/// The last frame of a log, as the next one names it.
struct chain_end {
  std::uint64_t lsn = 0;
  std::uint64_t digest = 0;
};
using chain_ends = absl::flat_hash_map<std::uint64_t, chain_end>;

/// Where the journal goes on.
struct journal_end {
  segment_ptr segment;
  std::uint64_t offset = 0;  ///< A multiple of a block.
  std::uint64_t sequence = 0;
  std::uint64_t epoch = 0;
};

class journal_assembler {
 public:
  enum class outcome : std::uint8_t {
    ready,    ///< The page must be written.
    nothing,  ///< Nothing is queued.
    blocked,  ///< The next segment cannot be made because the disk is full: why(). Another try is fine.
    failed,   ///< Nothing more can be written: why().
  };

  journal_assembler(segment_store& store, journal_end end, chain_ends chains) : store_(store), end_(std::move(end)), chains_(std::move(chains)) {}
  ~journal_assembler();
  journal_assembler(const journal_assembler&) = delete;
  journal_assembler& operator=(const journal_assembler&) = delete;

  /// Fills the page with what is queued. `durable_sequence` goes into the headers.
  outcome fill(journal_page& page, queue<frame>& from, std::uint64_t durable_sequence);
  /// A page that says how far the journal is durable, and nothing else.
  outcome mark(journal_page& page, std::uint64_t durable_sequence);
  const error& why() const noexcept { return why_; }

  bool idle(const queue<frame>& from) const noexcept { return held_ == nullptr && from.empty(); }
  void set_epoch(std::uint64_t epoch) noexcept { end_.epoch = epoch; }
  std::uint64_t epoch() const noexcept { return end_.epoch; }
  std::uint64_t last_lsn(std::uint64_t log) const;
  void forget(std::uint64_t log) { chains_.erase(log); }       ///< It gets no frames any more.
  std::uint64_t tickets() const noexcept { return tickets_; }  ///< Pages made so far.
  std::uint64_t segment() const noexcept { return end_.segment->number; }
  std::uint64_t offset() const noexcept { return end_.offset; }

 private:
  std::uint64_t frame_bytes_most() const noexcept { return store_.segment_bytes() - segment_payload_offset; }
  std::uint64_t offset_in(const journal_page& page) const noexcept { return end_.offset + page.size; }
  bool take_next(queue<frame>& from);
  bool accept(const frame& f);
  void begin_frame(journal_page& page, std::uint64_t durable_sequence);
  bool copy_on(journal_page& page);
  void add_filler(journal_page& page, std::uint64_t bytes, std::uint16_t flags, std::uint64_t durable_sequence);
  void pad_to_block(journal_page& page, std::uint64_t durable_sequence);
  outcome move_to_next_segment(journal_page& page, std::uint64_t durable_sequence);
  outcome finish(journal_page& page);
  outcome fail(error why, outcome how = outcome::failed);

  segment_store& store_;
  journal_end end_;
  chain_ends chains_;
  frame* held_ = nullptr;     ///< Taken from the queue, not yet placed as a whole; a reference is ours.
  std::uint64_t copied_ = 0;  ///< Bytes of held_ that are in pages already; 0 while it has no place.
  frame_header header_{};     ///< Of held_, once it has a place.
  std::uint64_t tickets_ = 0;
  error why_;
};

}  // namespace weir::runtime
