// Reads a stream's durable records for those who look at it from outside: over its partitions, in the order of the journal, a bounded page at a time. Keeps
// nothing between two pages and registers nowhere, so that it holds nobody up; what retention has let go meanwhile is refused. Any thread but a core's; blocks
// on files.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "runtime/log/journal.hpp"
#include "runtime/node/streams.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

struct stream_reader_limits {
  std::uint64_t page_bytes = 1u << 20;       ///< Keys and values of one page, beyond its first record.
  std::uint64_t searched_bytes = 16u << 20;  ///< Records that one page looks at.
  std::uint64_t newest_bytes = 256u << 20;   ///< The same while the newest are searched.
};

class stream_reader {
 public:
  stream_reader(journal& from, const stream_status& stream, stream_reader_limits limits = {}) : journal_(from), stream_(stream), limits_(limits) {}

  /// error_code::refused where positions are not there (any more, or yet), error_code::usage where they or the partition are not the stream's.
  result<read_page> read(const read_request& what);

 private:
  /// How far one partition is read.
  struct cursor {
    stream_partition of;
    record_position next;
    std::deque<frame_ptr> frames;  ///< From next.lsn on.
  };
  /// A record that fits, while the newest are searched.
  struct candidate {
    std::uint64_t sequence = 0;
    record_position at;
  };

  result<std::vector<cursor>> begin(const read_request& what) const;
  result<void> check(const record_position& at, const stream_partition& of) const;
  result<bool> seek_newest(std::vector<cursor>& cursors, const read_request& what);
  result<bool> search_back(const cursor& c, const read_request& what, std::uint64_t bytes_max, std::vector<candidate>& found);
  result<void> fill(cursor& c) const;
  result<cursor*> earliest_frame(std::vector<cursor>& cursors) const;
  /// Takes what fits of the frame that comes next; false where the page is full.
  bool take(cursor& c, const read_request& what, read_page& page);
  error gone(const record_position& at, std::uint64_t first) const;

  journal& journal_;
  const stream_status& stream_;
  const stream_reader_limits limits_;
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t page_bytes_ = 0;
};

}  // namespace weir::runtime
