// Makes `factor` records of `bytes` of each.
#include <weir/weir.hpp>

#include <cstdint>
#include <string>

class amplifying final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "amplifying",
            .version = "1",
            .istreams = {{"few", weir::grouping::shuffle}},
            .ostreams = {"many"},
            .config = {{"factor", weir::config_type::number, "1", "records out for one in"}, {"bytes", weir::config_type::bytes, "100B", "their size"}}};
  }
  void initialize(weir::context& ctx) override {
    factor_ = ctx.config().number("factor");
    value_.assign(ctx.config().bytes("bytes"), 'a');
    many_ = ctx.ostream("many");
  }
  void process_record(weir::context&, const weir::record& record) override {
    for (std::int64_t i = 0; i < factor_; ++i) many_.produce(record.key, value_);
  }

 private:
  std::int64_t factor_ = 1;
  std::string value_;
  weir::ostream many_;
};
WEIR_EXPORT_OPERATOR(amplifying)
