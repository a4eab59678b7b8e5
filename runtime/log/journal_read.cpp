// Reading frames back for readers that have fallen behind.
#include <fmt/format.h>

#include "runtime/log/journal_core.hpp"
#include "runtime/log/segment_walk.hpp"

namespace weir::runtime {

/// One read() at work.
struct journal_core::reading {
  std::uint64_t log = 0;
  std::uint64_t next = 0;  ///< The LSN that comes next.
  std::uint64_t bytes_left = 0;
  std::vector<frame_ptr> frames;
};

result<std::vector<frame_ptr>> journal_core::read(std::uint64_t log, std::uint64_t from, std::uint64_t bytes_max) {
  reading r{log, from, bytes_max, {}};
  while (true) {
    auto more = read_run(r);
    if (!more) return more.why();
    if (!*more) return std::move(r.frames);
  }
}

/// Reads from the mark before r.next up to the mark behind it: between two marks of a log there is little that is not its own. False at the end.
result<bool> journal_core::read_run(reading& r) {
  index_mark mark;
  segment_ptr in;
  std::uint64_t last = 0;
  {
    std::lock_guard lock(books_.mutex);
    last = books_.index.last_lsn(r.log);
    if (r.next > last) return false;
    const auto found = books_.index.find(r.log, r.next);
    if (!found) {
      const std::uint64_t first = books_.index.first_lsn(r.log);
      return error{error_code::failed, fmt::format("LSN {} of log {} is not in {} any more{}; was its reader registered?", r.next, r.log, store_->directory(),
                                                   first > 0 ? fmt::format(", which begins with LSN {} of it", first) : std::string())};
    }
    mark = *found;
    in = books_.segment_at(mark.address);
    if (const auto behind = books_.index.after(r.log, r.next)) last = behind->lsn - 1;
  }
  segment_walk walk(*in, store_->journal_id(), options_.segment_bytes, mark.address % options_.segment_bytes);
  const auto damaged = [&](std::string_view why) {
    return error{error_code::corrupt, fmt::format("{} is damaged at offset {}: {}; LSN {} of log {} cannot be read; 'weir data verify {}' shows all damage",
                                                  in->path, walk.offset(), why, r.next, r.log, options_.directory)};
  };
  while (r.next <= last) {
    auto found = walk.next(segment_walk::body::skipped);
    if (!found) return found.why();
    if (*found == segment_walk::found::bad) return damaged(walk.why());
    if (*found == segment_walk::found::end) return damaged("the log goes on elsewhere");
    const frame_header& h = walk.header();
    if (*found == segment_walk::found::filler || h.log != r.log || h.lsn < r.next) continue;
    if (h.lsn != r.next) return damaged(fmt::format("it holds LSN {} there", h.lsn));
    auto parsed = walk.parse();
    if (!parsed) return parsed.why().code == error_code::corrupt ? damaged(parsed.why().message) : parsed.why();
    const std::uint64_t bytes = h.frame_bytes;
    r.frames.push_back(std::move(*parsed));
    ++r.next;
    if (bytes >= r.bytes_left) return false;
    r.bytes_left -= bytes;
  }
  return true;
}

}  // namespace weir::runtime
