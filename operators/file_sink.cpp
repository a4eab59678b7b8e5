// `file-sink`: records as lines of a file, each there exactly once.
//
//   - name: table
//     uses: file-sink
//     istreams: {records: counts}
//     with: {path: out/counts.csv, format: key_value, separator: ",", header: "word,count"}
//
// How it is exact: the file's valid size is state. flush() writes a frame's lines behind it, syncs the file, and only then is the frame queued with the new
// size. After a crash the lines that no frame vouches for are cut and come again. So the file belongs to the sink: what it held before the first start is
// replaced (with a warning), and a file that is shorter than the sink left it is refused. With parallelism n > 1 there are n files; `path` says where the
// number goes: out/counts-{partition}.csv. Records of one key are then in one file, in order. The directory must exist. While lines cannot be written (the
// disk is full) the sink waits and tries again.
#include <weir/file.hpp>
#include <weir/weir.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "operators/record_text.hpp"

namespace weir::operators {

class file_sink final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "file-sink",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .states = {weir::per_partition<std::uint64_t>("valid_size")},
            .delivery = weir::delivery::durable,
            .blocking = true,
            .config = {{"path", config_type::path, weir::required, "the file, relative to the manifest; {partition} stands for the partition's number"},
                       record_text::format_key(),
                       record_text::separator_key(),
                       {"header", config_type::text, "", "first line of the file; none where empty"}}};
  }

  void initialize(weir::context& ctx) override {
    valid_size_ = ctx.partition_state<std::uint64_t>("valid_size");
    text_ = record_text(ctx.config());
    const std::string path = path_of(ctx);
    const std::string header = ctx.config().text("header");
    file_ = weir::file::open(ctx, path, weir::file::mode::write);
    const std::uint64_t valid = valid_size_[""];
    const std::uint64_t size = file_->size();
    if (size < valid) {
      throw std::runtime_error(path + " has " + std::to_string(size) + " bytes, but " + std::to_string(valid) +
                               " were written to it: it was cut or replaced; restore it, or start with a fresh data directory");
    }
    if (size > valid) {
      if (ctx.start() == weir::start::created) ctx.log(weir::level::warning, path + " held " + std::to_string(size) + " bytes before; they are replaced");
      file_->truncate(valid);
      file_->sync();
    }
    if (valid == 0 && !header.empty()) lines_ = header + '\n';
  }

  void process_record(weir::context&, const weir::record& record) override { text_.append(record, lines_); }

  void flush(weir::context&) override {
    if (lines_.empty()) return;
    std::uint64_t& valid = valid_size_[""];
    try {
      file_->write(valid, lines_);
    } catch (const weir::file_error& e) {
      throw weir::retry_later(e.what());  // Most likely the disk is full: nothing vouches for these bytes yet, so they may be written again.
    }
    file_->sync();  // An error here is never tried again: what the disk holds is unknown then.
    valid += lines_.size();
    lines_.clear();
  }

 private:
  static std::string path_of(const weir::context& ctx) {
    static const std::string placeholder = "{partition}";
    std::string path = ctx.config().path("path");
    const std::size_t at = path.find(placeholder);
    if (at != std::string::npos) return path.replace(at, placeholder.size(), std::to_string(ctx.partition()));
    if (ctx.partitions() > 1) {
      throw std::invalid_argument("with.path names one file for " + std::to_string(ctx.partitions()) +
                                  " partitions; put {partition} into it, as in out/rows-{partition}.csv, or use parallelism 1");
    }
    return path;
  }

  weir::partition_state<std::uint64_t> valid_size_;
  record_text text_;
  std::optional<weir::file> file_;
  std::string lines_;  // Of the frame under construction, not yet in the file.
};

WEIR_EXPORT_OPERATOR(file_sink)

}  // namespace weir::operators
