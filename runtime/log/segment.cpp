#include "runtime/log/segment.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstring>

#include "runtime/log/crc32c.hpp"

namespace weir::runtime {
namespace {

constexpr std::size_t number_digits = 16;
constexpr std::size_t checksummed_bytes = offsetof(segment_header, checksum);

}  // namespace

std::string segment_name(std::uint64_t number) { return fmt::format("{:016}{}", number, segment_suffix); }

std::optional<std::uint64_t> segment_number(std::string_view name, std::string_view suffix) {
  if (name.size() != number_digits + suffix.size() || name.substr(number_digits) != suffix) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + number_digits, number);
  if (failure != std::errc() || end != name.data() + number_digits) return std::nullopt;
  return number;
}

std::string journal_directory(const std::string& data_directory) { return data_directory + "/journal"; }

segment_header make_segment_header(std::uint64_t journal_id, std::uint64_t number, std::uint64_t segment_bytes, bool recycled) noexcept {
  segment_header h{};
  h.magic = segment_magic;
  h.format = format_version;
  if (recycled) h.flags = recycled_segment;
  h.journal_id = journal_id;
  h.number = number;
  h.segment_bytes = segment_bytes;
  h.checksum = crc32c(0, &h, checksummed_bytes);
  return h;
}

std::optional<error> check_segment_header(const char* bytes, std::uint64_t journal_id, std::uint64_t number, std::uint64_t segment_bytes,
                                          const std::string& path) {
  segment_header h;
  std::memcpy(&h, bytes, sizeof h);
  const auto damaged = [&](std::string_view why) { return error{error_code::corrupt, fmt::format("{} has a damaged header at offset 0: {}", path, why)}; };
  if (h.magic != segment_magic) return damaged("it does not begin with the magic number of a segment");
  if (crc32c(0, &h, checksummed_bytes) != h.checksum) return damaged("its checksum does not match");
  if (h.format > format_version) {
    return error{error_code::refused, fmt::format("{} has the newer format {}; this weir reads up to {}; use a newer weir", path, h.format, format_version)};
  }
  if (h.journal_id != journal_id) return damaged("it belongs to another journal");
  if (h.number != number) return damaged(fmt::format("it says that it is segment {}; was the file renamed?", h.number));
  if (h.segment_bytes != segment_bytes) return damaged(fmt::format("it says that segments have {} bytes", h.segment_bytes));
  return std::nullopt;
}

}  // namespace weir::runtime
