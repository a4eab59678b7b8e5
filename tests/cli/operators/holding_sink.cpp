// Writes its rows in flush, as file-sink does, and throws on every number that ends with 50, after it has already taken a part of it.
#include <weir/file.hpp>
#include <weir/weir.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

class holding_sink final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "holding-sink",
            .version = "1",
            .istreams = {"records"},
            .states = {weir::per_partition<std::uint64_t>("valid_size")},
            .blocking = true,
            .config = {{"path", weir::config_type::path, weir::required, "the file"}}};
  }
  void initialize(weir::context& ctx) override {
    valid_size_ = ctx.partition_state<std::uint64_t>("valid_size");
    file_ = weir::file::open(ctx, ctx.config().path("path"), weir::file::mode::write);
    file_->truncate(valid_size_[""]);
  }
  void process_record(weir::context&, const weir::record& record) override {
    rows_.append(record.value);
    if (record.value.ends_with("50")) throw std::runtime_error("no number that ends with 50");
    rows_ += '\n';
  }
  void flush(weir::context&) override {
    if (rows_.empty()) return;
    std::uint64_t& valid = valid_size_[""];
    file_->write(valid, rows_);
    file_->sync();
    valid += rows_.size();
    rows_.clear();
  }

 private:
  weir::partition_state<std::uint64_t> valid_size_;
  std::optional<weir::file> file_;
  std::string rows_;
};
WEIR_EXPORT_OPERATOR(holding_sink)
