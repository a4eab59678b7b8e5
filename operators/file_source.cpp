// `file-source`: the lines of files as records; ends when they are read. Key: empty. Value: the line without its end (LF or CRLF).
//
//   - name: lines
//     uses: file-source
//     ostreams: {lines: access-lines}
//     with:
//       path: logs/access-*.log                     # a file, a list of files, or a glob (files then in byte order of their names)
//       event_time_pattern: '\[([^\]]+)\]'
//       event_time_format: "%d/%b/%Y:%H:%M:%S %z"
//       max_delay: 5s
//
// The list of files is fixed at the first start; file number i belongs to partition i mod n. Per file, the offset of the next line is state, and
// commits with the records of the lines before it: after a crash or a new version reading goes on where the last frame ended. What is appended to a file
// after its end was read, and files that a glob finds later, are reported at the next start and not read: a source that has ended stays ended.
//
// Times: with event_time_field or event_time_pattern a line's own; where that cannot be read, the time of the line before (the first: 1970-01-01), counted
// in lines_without_time. Else the time of reading. The watermark follows the greatest time by max_delay.
#include <weir/file.hpp>
#include <weir/weir.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/input_files.hpp"
#include "operators/line_reader.hpp"
#include "operators/line_times.hpp"
#include "operators/pace.hpp"

namespace weir::operators {

/// How far one file is read.
struct file_progress {
  std::uint64_t index;     // Its place in the list of files.
  std::uint64_t offset;    // Of the next line.
  std::uint64_t line;      // The next line's number, from 0.
  std::uint64_t finished;  // 1: read to its end.
};

/// Event times of the partition, in nanoseconds since the epoch.
struct time_progress {
  std::int64_t last;  // Of the last line.
  std::int64_t greatest;
};

class file_source final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "file-source",
            .version = "1",
            .ostreams = {"lines"},
            .states = {weir::per_partition<file_progress>("files"), weir::per_partition<time_progress>("times")},
            .blocking = true,
            .config = {
                {"path", config_type::list, weir::required, "a file, a list of files, or a glob; relative to the manifest"},
                {"event_time_field", config_type::text, "", "JSON field with the line's time: a top-level name, or a JSON pointer such as /meta/time"},
                {"event_time_pattern", config_type::text, "", "regular expression whose first group is the line's time (searched in its first 1024 bytes)"},
                {"event_time_format", config_type::text, "iso8601", "how times are written: like strptime, or iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns"},
                {"max_delay", config_type::duration, "0s", "how far behind the greatest time so far a line may come without being late"},
                {"rate", config_type::number, "0", "lines per second and partition, for paced replays; 0: as fast as they are taken"},
                {"line_bytes_max", config_type::bytes, "8MiB", "a longer line is an error"}}};
  }

  void initialize(weir::context& ctx) override {
    lines_ = ctx.ostream("lines");
    files_ = ctx.partition_state<file_progress>("files");
    progress_ = ctx.partition_state<time_progress>("times");
    const auto& config = ctx.config();
    without_time_ = ctx.counter("lines_without_time");
    times_.emplace(config.text("event_time_field"), config.text("event_time_pattern"), config.text("event_time_format"));
    max_delay_ = config.duration("max_delay");
    pace_ = pace(config.number("rate"));
    line_bytes_max_ = config.bytes("line_bytes_max");
    list_files(ctx);
  }

  weir::poll_result poll(weir::context& ctx) override {
    const std::uint64_t lines_max = pace_.allowed(ctx.now());
    if (lines_max == 0) return weir::poll_result::idle;
    if (!fill(ctx)) return weir::poll_result::ended;
    pace_.spend(deliver(ctx, lines_max));
    return weir::poll_result::more;
  }

 private:
  /// What one poll delivers at most, so that a frame stays far below its limit.
  static constexpr std::uint64_t poll_bytes_max = std::uint64_t{256} << 10;
  static constexpr std::uint64_t record_overhead = 32;  // Slot and padding: a file may consist of line ends.

  /// Fixes the list of files at the first start, compares it with what is there at later ones, and queues what this partition has still to read.
  void list_files(weir::context& ctx) {
    bool first_start = true;
    files_.for_each([&](std::string_view, const file_progress&) { return first_start = false; });
    const std::vector<input_file> found = find_input_files(ctx, "path", !first_start);
    if (first_start) {
      for (std::size_t i = 0; i < found.size(); ++i) files_[found[i].name] = {i, 0, 0, 0};
      progress_[""] = {0, weir::event_time::min().since_epoch().count()};
    }
    refuse_missing(ctx, found);
    for (const input_file& file : found) {
      const file_progress* progress = files_.find(file.name);
      if (progress == nullptr) {
        if (ctx.partition() == 0) ctx.log(weir::level::warning, file.path + " was not there at the first start and is not read" + remedy);
      } else if (!mine(ctx, *progress)) {
        continue;
      } else if (progress->finished != 0) {
        report_growth(ctx, file, progress->offset);
      } else {
        open(ctx, file, *progress);  // What cannot be read is an error now, not after hours.
        waiting_.push_back({progress->index, file});
      }
    }
    std::sort(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  }

  void refuse_missing(weir::context& ctx, const std::vector<input_file>& found) {
    std::set<std::string_view> names;
    for (const input_file& file : found) names.insert(file.name);
    files_.for_each([&](std::string_view name, const file_progress& progress) {
      if (progress.finished != 0 || !mine(ctx, progress) || names.contains(name)) return;
      throw std::runtime_error(std::string(name) + " is no longer among the files that with.path names, but has been read only to byte " +
                               std::to_string(progress.offset) + ": put it back, or start with a fresh data directory");
    });
  }

  static bool mine(const weir::context& ctx, const file_progress& progress) { return progress.index % ctx.partitions() == ctx.partition(); }

  static void report_growth(weir::context& ctx, const input_file& file, std::uint64_t end) {
    try {
      const std::uint64_t size = weir::file::open(ctx, file.path, weir::file::mode::read).size();
      if (size <= end) return;
      ctx.log(weir::level::warning, file.path + " has grown by " + std::to_string(size - end) + " bytes since its end was read; they are not read" + remedy);
    } catch (const weir::file_error&) {
      // A file that has been read may go.
    }
  }

  static weir::file open(weir::context& ctx, const input_file& file, const file_progress& at) {
    weir::file opened = weir::file::open(ctx, file.path, weir::file::mode::read);
    const std::uint64_t size = opened.size();
    if (size < at.offset) {
      throw std::runtime_error(file.path + " has " + std::to_string(size) + " bytes, but has been read to byte " + std::to_string(at.offset) +
                               ": it was cut or replaced; restore it, or start with a fresh data directory");
    }
    return opened;
  }

  /// Makes the reader have a line; false where no file has one left. Files without a line are finished on the way.
  bool fill(weir::context& ctx) {
    while (!waiting_.empty()) {
      const input_file& file = waiting_.back().second;
      if (!reader_) {
        const file_progress at = *files_.find(file.name);
        reader_.emplace(open(ctx, file, at), file.path, at.offset, at.line, line_bytes_max_);
      }
      if (reader_->fill()) return true;
      save_position(1);
      reader_.reset();
      waiting_.pop_back();
    }
    return false;
  }

  void save_position(std::uint64_t finished) {
    file_progress& at = files_[waiting_.back().second.name];
    at.offset = reader_->offset();
    at.line = reader_->line();
    at.finished = finished;
  }

  /// Produces lines that have been read, and with them the position behind them. Returns how many.
  std::uint64_t deliver(weir::context& ctx, std::uint64_t lines_max) {
    time_progress& time = progress_[""];
    // The time of reading never goes back, though the clock may.
    const weir::event_time now(std::max(ctx.now().since_epoch(), std::chrono::nanoseconds(time.last)));
    const std::uint64_t begin = reader_->offset();
    std::uint64_t lines = 0;
    std::int64_t unreadable = 0;
    while (lines < lines_max && reader_->offset() - begin + lines * record_overhead < poll_bytes_max) {
      const auto line = reader_->next();
      if (!line) break;
      ++lines;
      const auto own = times_->configured() ? times_->read(*line) : std::optional(now);
      if (own) {
        time.last = own->since_epoch().count();
        time.greatest = std::max(time.greatest, time.last);
      } else {
        ++unreadable;
      }
      lines_.produce("", *line, weir::event_time(std::chrono::nanoseconds(time.last)));
    }
    if (unreadable != 0) without_time_.add(unreadable);
    ctx.emit_watermark(weir::event_time(std::chrono::nanoseconds(time.greatest)) - max_delay_);
    save_position(0);
    return lines;
  }

  static constexpr const char* remedy = ": start with a fresh data directory to read everything";

  weir::ostream lines_;
  weir::partition_state<file_progress> files_;  // By the file's name in the manifest; all files, also of other partitions.
  weir::partition_state<time_progress> progress_;
  weir::counter without_time_;
  std::optional<line_times> times_;
  std::chrono::nanoseconds max_delay_{0};
  pace pace_;
  std::uint64_t line_bytes_max_ = 0;
  std::vector<std::pair<std::uint64_t, input_file>> waiting_;  // What this partition has still to read, the next one last.
  std::optional<line_reader> reader_;                          // Of waiting_.back().
};

WEIR_EXPORT_OPERATOR(file_source)

}  // namespace weir::operators
