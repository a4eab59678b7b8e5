// caught: heap-use-after-free
// Two references into one state at once: the first ends with the second access.
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include <cstdint>

struct transfer final : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "t", .version = "1", .istreams = {"in"}, .states = {weir::keyed<std::int64_t>("total")}}; }
  void initialize(weir::context& ctx) override { total_ = ctx.state<std::int64_t>("total"); }
  void process_record(weir::context&, const weir::record&) override {
    std::int64_t& from = total_["alice"];
    std::int64_t& to = total_["bob"];
    from -= 5;
    to += 5;
  }
  weir::keyed_state<std::int64_t> total_;
};

int main() { weir::test_driver::of<transfer>().send("in", "", ""); }
