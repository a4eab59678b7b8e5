// `max`: the greatest of each key's numbers so far.
//
//   - name: greatest-amount
//     uses: max
//     istreams: {records: orders}
//     ostreams: {maxima: greatest-amounts}
//     with: {field: /amount}
//
// Every record gives one: the same key and time, and as value the greatest number, the record itself included, as decimal text. A record without a number at
// `field` is an error and meets `on_error`.
#include <weir/weir.hpp>

#include <optional>

#include "operators/number.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

class max final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "max",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"maxima"},
            .states = {weir::keyed<number>("greatest")},
            .config = {{"field", weir::config_type::text, "value", "the number: key, value, or a JSON pointer into the value such as /amount"}}};
  }

  void initialize(weir::context& ctx) override {
    greatest_ = ctx.state<number>("greatest");
    maxima_ = ctx.ostream("maxima");
    field_.emplace(ctx.config(), "field");
  }

  void process_record(weir::context&, const weir::record& record) override {
    const number found = number::at(*field_, record);
    const number* known = greatest_.find(record.key);
    if (known == nullptr || *known < found) {
      greatest_[record.key] = found;
      found.produce(maxima_, record.key);
    } else {
      known->produce(maxima_, record.key);
    }
  }

 private:
  weir::keyed_state<number> greatest_;
  weir::ostream maxima_;
  std::optional<record_place> field_;
};

WEIR_EXPORT_OPERATOR(max)

}  // namespace weir::operators
