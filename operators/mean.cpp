// `mean`: the mean of each key's numbers so far.
//
//   - name: mean-latency
//     uses: mean
//     istreams: {records: requests}
//     ostreams: {means: mean-latencies}
//     with: {field: /ms}
//
// Every record gives one: the same key and time, and as value the mean, the record itself included, as decimal text (floating-point, in the shortest form that
// reads back as the same number). A record without a number at `field` is an error and meets `on_error`.
#include <weir/weir.hpp>

#include <cstdint>
#include <optional>

#include "operators/number.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

struct mean_so_far {
  number sum;
  std::uint64_t count;
};

class mean final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "mean",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"means"},
            .states = {weir::keyed<mean_so_far>("mean")},
            .config = {{"field", weir::config_type::text, "value", "the number: key, value, or a JSON pointer into the value such as /amount"}}};
  }

  void initialize(weir::context& ctx) override {
    mean_ = ctx.state<mean_so_far>("mean");
    means_ = ctx.ostream("means");
    field_.emplace(ctx.config(), "field");
  }

  void process_record(weir::context&, const weir::record& record) override {
    const number added = number::at(*field_, record);
    mean_so_far& mean = mean_[record.key];
    mean.sum = mean.sum + added;
    mean.count += 1;
    means_.produce(record.key, mean.sum.real() / static_cast<double>(mean.count));
  }

 private:
  weir::keyed_state<mean_so_far> mean_;
  weir::ostream means_;
  std::optional<record_place> field_;
};

WEIR_EXPORT_OPERATOR(mean)

}  // namespace weir::operators
