// caught: heap-use-after-free
// A view of a record's value kept for the next call.
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include <string_view>

struct dedup final : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "d", .version = "1", .istreams = {"in"}, .ostreams = {"out"}}; }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (r.value != last_) ctx.produce_record("out", r.key, r.value);
    last_ = r.value;
  }
  std::string_view last_;
};

int main() {
  auto d = weir::test_driver::of<dedup>();
  d.send("in", "k", "value");
  d.send("in", "k", "value");
}
