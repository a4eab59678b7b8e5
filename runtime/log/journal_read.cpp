// Reading frames back for readers that have fallen behind.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "runtime/log/journal_core.hpp"
#include "runtime/log/segment_walk.hpp"

namespace weir::runtime {

/// Where a log's frames lie far apart, each run costs a read of the disk: a reader is given what there is before it has waited for too many.
constexpr int runs_max = 64;

/// One read() at work.
struct journal_core::reading {
  std::uint64_t log = 0;
  std::uint64_t next = 0;  ///< The LSN that comes next.
  std::uint64_t last = 0;  ///< The log's when the read began: what comes later is not in what the walk has read.
  std::uint64_t bytes_left = 0;
  int runs_left = runs_max;
  std::vector<frame_ptr> frames;
  segment_ptr in;  ///< Where the walk is; declared before it.
  std::optional<segment_walk> walk;
};

result<std::vector<frame_ptr>> journal_core::read(std::uint64_t log, std::uint64_t from, std::uint64_t bytes_max) {
  reading r;
  r.log = log;
  r.next = from;
  r.last = last_lsn(log);
  r.bytes_left = bytes_max;
  while (true) {
    auto more = read_run(r);
    if (!more) return more.why();
    if (!*more) return std::move(r.frames);
  }
}

/// Reads from the mark before r.next up to the mark behind it: between two marks of a log there is little that is not its own. False at the end.
result<bool> journal_core::read_run(reading& r) {
  if (r.next > r.last || r.runs_left-- == 0) return false;
  index_mark mark;
  segment_ptr in;
  std::uint64_t last = r.last;
  {
    std::lock_guard lock(books_.mutex);
    const auto found = books_.index.find(r.log, r.next);
    if (!found) {
      const std::uint64_t first = books_.index.first_lsn(r.log);
      return error{error_code::failed, fmt::format("LSN {} of log {} is not in {} any more{}; was its reader registered?", r.next, r.log, store_->directory(),
                                                   first > 0 ? fmt::format(", which begins with LSN {} of it", first) : std::string())};
    }
    mark = *found;
    in = books_.segment_at(mark.address);
    if (const auto behind = books_.index.after(r.log, r.next)) last = std::min(last, behind->lsn - 1);
  }
  const std::uint64_t offset = mark.address % options_.segment_bytes;
  if (r.in == in && r.walk) {
    r.walk->move_to(offset);
  } else {
    r.in = in;
    r.walk.emplace(*in, store_->journal_id(), options_.segment_bytes, offset);
  }
  segment_walk& walk = *r.walk;
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
