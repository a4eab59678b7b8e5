// A segment: one file of the journal, numbered for ever, prefilled and recycled. What its name, its header and an address mean; pure functions beside the
// open file. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/log/format.hpp"
#include "runtime/seam/files.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

inline constexpr std::uint64_t segment_bytes_min = 16u << 10;
inline constexpr std::uint64_t segment_bytes_max = 2u << 30;
/// The first frame of a segment stands behind the header's block; the first segment has number 1, so that no frame has address 0.
inline constexpr std::uint64_t segment_payload_offset = block_bytes;
inline constexpr std::uint64_t first_segment_number = 1;

constexpr std::uint64_t block_floor(std::uint64_t n) noexcept { return n & ~std::uint64_t{block_bytes - 1}; }
constexpr std::uint64_t block_ceiling(std::uint64_t n) noexcept { return block_floor(n + block_bytes - 1); }

/// Whether a frame header still fits behind `offset`; where it does not, the segment ends there.
constexpr bool segment_goes_on(std::uint64_t offset, std::uint64_t segment_bytes) noexcept { return offset + sizeof(frame_header) <= segment_bytes; }

std::string segment_name(std::uint64_t number);                                               ///< "<16 digits>.seg"
std::optional<std::uint64_t> segment_number(std::string_view name, std::string_view suffix);  ///< Of "<16 digits><suffix>".
inline constexpr std::string_view segment_suffix = ".seg";
inline constexpr std::string_view free_segment_suffix = ".free";       ///< Released; waits for its next use.
inline constexpr std::string_view unfinished_segment_suffix = ".new";  ///< Being filled with zeros; worth nothing after a crash.
inline constexpr std::string_view torn_suffix = ".torn";               ///< A copy of a torn tail, named by its address.

std::string journal_directory(const std::string& data_directory);  ///< DIR/journal

segment_header make_segment_header(std::uint64_t journal_id, std::uint64_t number, std::uint64_t segment_bytes, bool recycled) noexcept;
/// Why these bytes are not the header of that segment, or nothing. `bytes` holds at least sizeof(segment_header).
std::optional<error> check_segment_header(const char* bytes, std::uint64_t journal_id, std::uint64_t number, std::uint64_t segment_bytes,
                                          const std::string& path);

/// An open segment. The journal writes at its end while others read what is durable; it lives as long as anybody holds it, also when it was released.
struct segment {
  std::uint64_t number = 0;
  std::string path;
  bool recycled = false;
  std::unique_ptr<runtime::file> file;
};
/// Shared, because a reader may still be in a segment that the journal has done with; it is not reused before the reader lets go.
using segment_ptr = std::shared_ptr<segment>;

}  // namespace weir::runtime
