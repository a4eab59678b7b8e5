// A sink that takes its time: `records_per_ms` records, then a millisecond's wait. Otherwise as exact as file-sink: the valid size of its file is state.
#include <weir/file.hpp>
#include <weir/weir.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

class slow_sink final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "slow-sink",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .states = {weir::per_partition<std::uint64_t>("valid_size")},
            .blocking = true,
            .config = {{"path", weir::config_type::path, weir::required, "the file"}, {"records_per_ms", weir::config_type::number, "10", "the pace"}}};
  }
  void initialize(weir::context& ctx) override {
    valid_size_ = ctx.partition_state<std::uint64_t>("valid_size");
    records_per_ms_ = ctx.config().number("records_per_ms");
    file_ = weir::file::open(ctx, ctx.config().path("path"), weir::file::mode::write);
    file_->truncate(valid_size_[""]);
  }
  void process_record(weir::context&, const weir::record& record) override {
    lines_.append(record.key.view()).append(" ").append(record.value).push_back('\n');
    if (++records_ % records_per_ms_ == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // It is slow, it waits for nothing.
  }
  void flush(weir::context&) override {
    if (lines_.empty()) return;
    std::uint64_t& valid = valid_size_[""];
    file_->write(valid, lines_);
    file_->sync();
    valid += lines_.size();
    lines_.clear();
  }

 private:
  weir::partition_state<std::uint64_t> valid_size_;
  std::optional<weir::file> file_;
  std::string lines_;
  std::int64_t records_per_ms_ = 10;
  std::int64_t records_ = 0;
};
WEIR_EXPORT_OPERATOR(slow_sink)
