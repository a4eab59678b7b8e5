// `min`: the smallest of each key's numbers so far.
//
//   - name: smallest-amount
//     uses: min
//     istreams: {records: orders}
//     ostreams: {minima: smallest-amounts}
//     with: {field: /amount}
//
// Every record gives one: the same key and time, and as value the smallest number, the record itself included, as decimal text. A record without a number at
// `field` is an error and meets `on_error`.
#include <weir/weir.hpp>

#include <optional>

#include "operators/number.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

class min final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "min",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"minima"},
            .states = {weir::keyed<number>("smallest")},
            .config = {{"field", weir::config_type::text, "value", "the number: key, value, or a JSON pointer into the value such as /amount"}}};
  }

  void initialize(weir::context& ctx) override {
    smallest_ = ctx.state<number>("smallest");
    minima_ = ctx.ostream("minima");
    field_.emplace(ctx.config(), "field");
  }

  void process_record(weir::context&, const weir::record& record) override {
    const number found = number::at(*field_, record);
    const number* known = smallest_.find(record.key);
    if (known == nullptr || found < *known) {
      smallest_[record.key] = found;
      found.produce(minima_, record.key);
    } else {
      known->produce(minima_, record.key);
    }
  }

 private:
  weir::keyed_state<number> smallest_;
  weir::ostream minima_;
  std::optional<record_place> field_;
};

WEIR_EXPORT_OPERATOR(min)

}  // namespace weir::operators
