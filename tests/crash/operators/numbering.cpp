// Numbers the lines that come to each partition: "partition number line". The number is state, so a gap or a repeat in the output shows an effect that was
// lost or doubled, even where the result would otherwise hide it.
#include <weir/weir.hpp>

#include <cstdint>
#include <string>

class numbering final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "numbering", .version = "1", .istreams = {"lines"}, .ostreams = {"numbered"}, .states = {weir::per_partition<std::uint64_t>("last")}};
  }
  void initialize(weir::context& ctx) override {
    last_ = ctx.partition_state<std::uint64_t>("last");
    numbered_ = ctx.ostream("numbered");
  }
  void process_record(weir::context& ctx, const weir::record& line) override {
    const std::string partition = std::to_string(ctx.partition());
    numbered_.produce(partition, partition + ' ' + std::to_string(++last_[""]) + ' ' + std::string(line.value));
  }

 private:
  weir::partition_state<std::uint64_t> last_;
  weir::ostream numbered_;
};
WEIR_EXPORT_OPERATOR(numbering)
