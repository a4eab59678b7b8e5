// Operators for bench_sdk: a source as fast as it can, and a sink that looks at each record, so that a chain between them writes no records to any log.
#include <cstdint>
#include <string>
#include <weir/weir.hpp>

namespace {

/// A thousand records of 100 bytes at each poll, with keys of 8 bytes.
class torrent final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "torrent", .version = "1", .ostreams = {"out"}}; }
  void initialize(weir::context& ctx) override { out_ = ctx.ostream("out"); }
  weir::poll_result poll(weir::context&) override {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const std::uint64_t key = i & 63;
      out_.produce(std::string_view(reinterpret_cast<const char*>(&key), sizeof key), value_);
    }
    return weir::poll_result::more;
  }

 private:
  weir::ostream out_;
  const std::string value_ = std::string(92, 'v');
};
WEIR_EXPORT_OPERATOR(torrent)

class abyss final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "abyss", .version = "1", .istreams = {"in"}, .delivery = weir::delivery::eager}; }
  void initialize(weir::context&) override {}
  void process_record(weir::context&, const weir::record& r) override { bytes_ += r.value.size(); }

 private:
  std::uint64_t bytes_ = 0;
};
WEIR_EXPORT_OPERATOR(abyss)

}  // namespace
