// Records on their way from outside to an external stream, and what bounds them. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::runtime {

struct publish_record {
  static constexpr std::int64_t no_time = INT64_MIN;
  // Within publish_batch::bytes.
  std::uint32_t key_begin = 0;
  std::uint32_t key_end = 0;
  std::uint32_t value_begin = 0;
  std::uint32_t value_end = 0;
  std::int64_t time = no_time;  ///< Nanoseconds since the epoch; no_time: when it is taken.
};

/// The records of one request.
struct publish_batch {
  std::string producer;     ///< Empty: nobody numbers them, and what is sent again is there again.
  std::uint64_t first = 1;  ///< Number of the first one, from 1 on; the others follow.
  std::string bytes;
  std::vector<publish_record> records;

  std::string_view key(const publish_record& r) const noexcept { return std::string_view(bytes).substr(r.key_begin, r.key_end - r.key_begin); }
  std::string_view value(const publish_record& r) const noexcept { return std::string_view(bytes).substr(r.value_begin, r.value_end - r.value_begin); }
};

struct publish_limits {
  std::uint32_t records_max = 65'536;          ///< Of a request.
  std::uint64_t record_bytes_max = 1u << 20;   ///< Key and value.
  std::uint64_t waiting_bytes_max = 8u << 20;  ///< Of a partition: taken or not, but not durable yet; a request that is alone may have more.
  std::size_t producers_max = 100'000;         ///< That a partition remembers.
  std::int64_t wait_ns = 10'000'000'000;       ///< For a request to become durable; then it is answered "not now".
};

}  // namespace weir::runtime
