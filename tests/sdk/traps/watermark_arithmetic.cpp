// harmless
// Sums with the first and the last watermark do not wrap around.
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include <chrono>

using namespace std::chrono_literals;

struct windows final : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "w", .version = "1", .istreams = {"in"}, .ostreams = {"late"}}; }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (r.time < ctx.watermark() - 30min) ctx.produce_record("late", r.key, r.value);
    ctx.set_timer("k", ctx.watermark() + 30min);
  }
};

int main() {
  auto d = weir::test_driver::of<windows>();
  d.send("in", "before the first watermark", "");
  const bool on_time = d.received("late").empty();
  d.advance_watermark(weir::event_time::max());
  d.send("in", "after the last", "");
  return on_time && d.received("late").size() == 1 && d.timers() == 0 ? 0 : 1;
}
