// refused: deleted
// A record kept for the next call.
#include <weir/weir.hpp>

struct dedup final : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "d", .version = "1", .istreams = {"in"}}; }
  void process_record(weir::context&, const weir::record& r) override { last_ = r; }
  weir::record last_;
};
