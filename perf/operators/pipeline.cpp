// Operators for benchmarks: a source of single records, a pass-through, and sinks that measure how old records are.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>
#include <weir/weir.hpp>

namespace {

/// One record of 100 bytes at each look of the node at its idle sources (1 ms), stamped when it is made: whatever is behind it is idle again by then.
class ticker final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "ticker", .version = "1", .ostreams = {"ticks"}}; }
  void initialize(weir::context& ctx) override { ticks_ = ctx.ostream("ticks"); }
  weir::poll_result poll(weir::context& ctx) override {
    ticks_.produce("tick", std::string_view(value_, sizeof value_), weir::event_time(ctx.now().since_epoch()));
    return weir::poll_result::idle;
  }

 private:
  weir::ostream ticks_;
  const char value_[100] = {};
};
WEIR_EXPORT_OPERATOR(ticker)

class pass final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "pass", .version = "1", .istreams = {"in"}, .ostreams = {"out"}}; }
  void initialize(weir::context& ctx) override { out_ = ctx.ostream("out"); }
  void process_record(weir::context&, const weir::record& r) override { out_.produce(r.key, r.value); }

 private:
  weir::ostream out_;
};
WEIR_EXPORT_OPERATOR(pass)

/// Writes quantiles of (now - event time) in microseconds to `report` when it is closed. Durable and eager sinks differ in their delivery only.
template <weir::delivery Delivery>
class latency_sink final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "latency-sink",
            .version = "1",
            .istreams = {"in"},
            .delivery = Delivery,
            .config = {{"report", weir::config_type::text, "", "where quantiles go; empty: nowhere, nothing is measured"},
                       {"skip", weir::config_type::number, "0", "seconds at the beginning that do not count"}}};
  }
  void initialize(weir::context& ctx) override {
    report_ = ctx.config().text("report");
    begin_ = ctx.now() + std::chrono::seconds(ctx.config().number("skip"));
    if (!report_.empty()) late_us_.reserve(1u << 24);
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (report_.empty()) return;
    if (now_ == weir::processing_time::min()) now_ = ctx.now();
    if (now_ >= begin_) late_us_.push_back(static_cast<float>((now_.since_epoch() - r.time.since_epoch()).count()) * 1e-3f);
  }
  void flush(weir::context&) override { now_ = weir::processing_time::min(); }
  void close(weir::context&) override {
    if (report_.empty() || late_us_.empty()) return;
    std::sort(late_us_.begin(), late_us_.end());
    std::FILE* const f = std::fopen(report_.c_str(), "w");
    if (f == nullptr) return;
    std::fprintf(f, "%zu", late_us_.size());
    for (const double q : {0.5, 0.99, 0.999, 1.0})
      std::fprintf(f, " %.0f", static_cast<double>(late_us_[static_cast<std::size_t>(q * static_cast<double>(late_us_.size() - 1))]));
    std::fclose(f);
  }

 private:
  std::string report_;
  weir::processing_time begin_;
  std::vector<float> late_us_;
  weir::processing_time now_ = weir::processing_time::min();  ///< Read once a step: records of a step are seen together.
};
using durable_sink = latency_sink<weir::delivery::durable>;
using eager_sink = latency_sink<weir::delivery::eager>;
WEIR_EXPORT_OPERATOR(durable_sink)
WEIR_EXPORT_OPERATOR(eager_sink)

}  // namespace
