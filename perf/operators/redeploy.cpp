// Operators for the benchmark of redeploys: a steady source, two versions of an operator with as many keys as wanted, and sinks that know how long no frame
// came.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <weir/weir.hpp>

namespace {

constexpr std::size_t sinks_max = 3;
std::array<std::atomic<std::int64_t>, sinks_max> longest_gap_ns{};

/// Each of `keys` once, as fast as they are taken; then fifty records every 100 us.
class steady final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "steady", .version = "1", .ostreams = {"out"}, .config = {{"keys", weir::config_type::number, "0", "distinct keys; 0: none"}}};
  }
  void initialize(weir::context& ctx) override {
    out_ = ctx.ostream("out");
    keys_ = ctx.config().number<std::uint64_t>("keys");
  }
  weir::poll_result poll(weir::context& ctx) override {
    if (made_ < keys_) {
      for (int i = 0; i < 2000 && made_ < keys_; ++i) say(made_++);
      return weir::poll_result::more;
    }
    if (ctx.now() < next_) return weir::poll_result::idle_until(next_);
    next_ = ctx.now() + std::chrono::microseconds(100);
    for (int i = 0; i < 50; ++i) {
      random_ = random_ * 6364136223846793005U + 1442695040888963407U;
      say(keys_ == 0 ? 0 : (random_ >> 33) % keys_);
    }
    return weir::poll_result::idle_until(next_);
  }

 private:
  void say(std::uint64_t key) { out_.produce(std::string_view(reinterpret_cast<const char*>(&key), keys_ == 0 ? 0 : sizeof key), "12345678"); }
  weir::ostream out_;
  std::uint64_t keys_ = 0, made_ = 0, random_ = 1;
  weir::processing_time next_;
};
WEIR_EXPORT_OPERATOR(steady)

template <int Version>
class kept final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "kept",
            .version = std::to_string(Version),
            .istreams = {{"in", weir::grouping::group_by}},
            .ostreams = {"out"},
            .states = {weir::keyed<std::uint64_t>("count")}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<std::uint64_t>("count");
    out_ = ctx.ostream("out");
  }
  void process_record(weir::context&, const weir::record& r) override {
    if (!std::string_view(r.key).empty()) ++count_[r.key];
    out_.produce(r.key, r.value);
  }

 private:
  weir::keyed_state<std::uint64_t> count_;
  weir::ostream out_;
};
using kept_1 = kept<1>;
using kept_2 = kept<2>;
WEIR_EXPORT_OPERATOR(kept_1)
WEIR_EXPORT_OPERATOR(kept_2)

class gap_sink final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "gap-sink",
            .version = "1",
            .istreams = {"in"},
            .delivery = weir::delivery::eager,
            .config = {{"number", weir::config_type::number, "0", "under which its gaps are known"}}};
  }
  void initialize(weir::context& ctx) override { longest_ = &longest_gap_ns.at(ctx.config().number<std::uint32_t>("number")); }
  void process_record(weir::context&, const weir::record&) override {}
  void flush(weir::context&) override {
    const auto now = std::chrono::steady_clock::now();
    const std::int64_t gap = last_ == std::chrono::steady_clock::time_point() ? 0 : std::chrono::nanoseconds(now - last_).count();
    last_ = now;
    if (gap > longest_->load(std::memory_order_relaxed)) longest_->store(gap, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t>* longest_ = nullptr;
  std::chrono::steady_clock::time_point last_;
};
WEIR_EXPORT_OPERATOR(gap_sink)

}  // namespace

/// The longest time between two frames at a sink since it was asked last, in nanoseconds.
extern "C" __attribute__((visibility("default"))) std::int64_t perf_take_longest_gap(unsigned sink) { return longest_gap_ns[sink].exchange(0); }
