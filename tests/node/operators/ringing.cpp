// Timers that fail, and who counts what came of the others.
#include <weir/weir.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace {

/// Rings half a second behind each record; one of its timers throws.
class ringing final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "ringing",
            .version = "1",
            .istreams = {"numbers"},
            .ostreams = {"rings"},
            .config = {{"throws_at", weir::config_type::text, "", "the value of the record whose timer throws"}}};
  }
  void initialize(weir::context& ctx) override { throws_at_ = ctx.config().text("throws_at"); }
  void process_record(weir::context& ctx, const weir::record& r) override { ctx.set_timer(r.value, r.time + std::chrono::milliseconds(500)); }
  void process_timer(weir::context& ctx, const weir::timer& t) override {
    if (std::string_view(t.key) == throws_at_) throw std::runtime_error("does not ring");
    ctx.produce_record("rings", t.key, "");
  }

 private:
  std::string throws_at_;
};

/// Fails where a key comes twice; says at each start how many came.
class once final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "once", .version = "1", .istreams = {"in"}, .states = {weir::keyed<std::uint8_t>("seen"), weir::per_partition<std::uint64_t>("count")}};
  }
  void initialize(weir::context& ctx) override {
    seen_ = ctx.state<std::uint8_t>("seen");
    count_ = ctx.partition_state<std::uint64_t>("count");
    ctx.log(weir::level::info, "has seen " + std::to_string(count_[""]));
  }
  void process_record(weir::context&, const weir::record& r) override {
    if (seen_[r.key]++ != 0) throw std::logic_error("twice");
    ++count_[""];
  }

 private:
  weir::keyed_state<std::uint8_t> seen_;
  weir::partition_state<std::uint64_t> count_;
};

}  // namespace

WEIR_EXPORT_OPERATOR(ringing)
WEIR_EXPORT_OPERATOR(once)
