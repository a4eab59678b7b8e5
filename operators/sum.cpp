// `sum`: the sum of each key's numbers so far.
//
//   - name: revenue
//     uses: sum
//     istreams: {records: orders}
//     ostreams: {sums: revenue}
//     with: {field: /amount}
//
// Every record gives one: the same key and time, and as value the sum, the record itself included, as decimal text. Sums of whole numbers are exact up to 64
// bits; with fractions, or beyond, they are floating-point. A record without a number at `field` is an error and meets `on_error`.
#include <weir/weir.hpp>

#include <optional>

#include "operators/number.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

class sum final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "sum",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"sums"},
            .states = {weir::keyed<number>("sum")},
            .config = {{"field", weir::config_type::text, "value", "the number: key, value, or a JSON pointer into the value such as /amount"}}};
  }

  void initialize(weir::context& ctx) override {
    sum_ = ctx.state<number>("sum");
    sums_ = ctx.ostream("sums");
    field_.emplace(ctx.config(), "field");
  }

  void process_record(weir::context&, const weir::record& record) override {
    const number added = number::at(*field_, record);
    number& sum = sum_[record.key];
    sum = sum + added;
    sum.produce(sums_, record.key);
  }

 private:
  weir::keyed_state<number> sum_;
  weir::ostream sums_;
  std::optional<record_place> field_;
};

WEIR_EXPORT_OPERATOR(sum)

}  // namespace weir::operators
