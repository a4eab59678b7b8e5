// Streams as others see them from outside: which there are, and their durable records page by page. Plain data.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::runtime {

/// Everything before it is passed: where a record stands, or where the next one will.
struct record_position {
  std::uint64_t log = 0;
  std::uint64_t lsn = 0;
  std::uint32_t index = 0;  ///< Of the record in its stream's part of the frame.
  auto operator<=>(const record_position&) const = default;
};

/// "3:120:7": log, LSN, index; and back.
std::string position_text(const record_position& p);
std::optional<record_position> parse_position(std::string_view text) noexcept;
/// Several with commas between them.
std::string positions_text(const std::vector<record_position>& all);

struct stream_partition {
  std::uint32_t partition = 0;
  std::uint64_t log = 0;
  std::uint64_t first_lsn = 1;  ///< The oldest frame that can be read; behind the last where there is none.
  std::uint64_t last_lsn = 0;   ///< The newest durable one; 0: none yet.
};

struct stream_status {
  std::string name;
  std::string topology;
  std::string producer;       ///< The operator.
  std::uint32_t output = 0;   ///< Its number among the outputs of a frame.
  bool inlined = false;       ///< persist: false: it has no log.
  bool dead_letters = false;  ///< The operator's implicit last ostream.
  std::vector<stream_partition> partitions;
  std::vector<std::string> subscribers;  ///< "topology/operator".
};

enum class read_from : std::uint8_t {
  earliest,   ///< What is there.
  latest,     ///< What comes.
  newest,     ///< The last `records_max` that fit.
  positions,  ///< Of the partitions that these name, and of no others.
};

struct read_request {
  static constexpr std::uint32_t records_limit = 10'000;

  read_from from = read_from::earliest;
  std::vector<record_position> positions = {};
  std::optional<std::uint32_t> partition = {};
  std::optional<std::string> key = {};
  std::uint32_t records_max = 100;  ///< At least 1.
};

struct read_record {
  record_position position;
  std::uint32_t partition = 0;
  std::int64_t time = 0;  ///< Event time, ns.
  std::string key;
  std::string value;
};

/// In the order in which the records became durable.
struct read_page {
  std::vector<read_record> records;
  std::vector<record_position> next;  ///< By partition: where the next page begins.
  bool more = false;                  ///< There is more to be read at once; else as far as all was durable.
  bool all_searched = true;           ///< read_from::newest: false where it gave up, with fewer records than were asked for.
};

}  // namespace weir::runtime
