// Values 1, 2, … of each key in turn, in bursts; ends behind the burst in which the file `until` is there, and says each key's last value once more then.
#include <weir/weir.hpp>

#include <chrono>
#include <filesystem>
#include <string>

#include "tests/redeploy/sequence.hpp"

namespace weir::test {

class sequence_source final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "sequence_source",
            .version = "1",
            .ostreams = {"values", "totals"},
            .states = {weir::per_partition<std::uint64_t>("made")},
            .config = {{"until", weir::config_type::text, weir::required, "a file"},
                       {"burst", weir::config_type::number, "2000", "values"},
                       {"pause", weir::config_type::duration, "5ms", "between two bursts"}}};
  }
  void initialize(weir::context& ctx) override {
    made_ = ctx.partition_state<std::uint64_t>("made");
    values_ = ctx.ostream("values");
    totals_ = ctx.ostream("totals");
    until_ = ctx.config().path("until");
    burst_ = ctx.config().number<std::uint64_t>("burst");
    pause_ = ctx.config().duration("pause");
  }
  weir::poll_result poll(weir::context& ctx) override {
    if (ctx.now() < next_) return weir::poll_result::idle_until(next_);
    next_ = ctx.now() + pause_;
    std::uint64_t& made = made_[""];
    for (std::uint64_t i = 0; i < burst_; ++i, ++made) values_.produce(sequence_key(made), made / sequence_keys + 1);
    if (!std::filesystem::exists(until_)) return weir::poll_result::more;
    for (std::uint64_t k = 0; k < sequence_keys; ++k) totals_.produce(sequence_key(k), made / sequence_keys + (k < made % sequence_keys ? 1 : 0));
    return weir::poll_result::ended;
  }

 private:
  weir::partition_state<std::uint64_t> made_;
  weir::ostream values_, totals_;
  std::string until_;
  std::uint64_t burst_ = 0;
  std::chrono::nanoseconds pause_{};
  weir::processing_time next_;
};
WEIR_EXPORT_OPERATOR(sequence_source)

}  // namespace weir::test
