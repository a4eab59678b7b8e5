// harmless
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include <cstdint>

/// State whose type is a private member with initialisers, written before its use is complete.
class counter final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "counter", .version = "1", .istreams = {"in"}, .ostreams = {"out"}, .states = {weir::keyed<totals>("totals")}};
  }
  void initialize(weir::context& ctx) override { totals_ = ctx.state<totals>("totals"); }
  void process_record(weir::context& ctx, const weir::record& r) override { ctx.produce_record("out", r.key, ++totals_[r.key].records); }

 private:
  struct totals {
    std::uint64_t records = 0;
    double mean = 0;
  };
  weir::keyed_state<totals> totals_;
};

int main() {
  auto driver = weir::test_driver::of<counter>();
  driver.send("in", "a", "");
  driver.send("in", "a", "");
  return driver.received("out").at(1).value == "2" ? 0 : 1;
}
