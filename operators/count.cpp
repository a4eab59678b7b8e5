// `count`: how many records each key has had so far.
//
//   - name: clicks-per-user
//     uses: count
//     istreams: {records: clicks}
//     ostreams: {counts: click-counts}
//
// Every record gives one: the same key and time, and as value the count, the record itself included, as decimal text. To count by something else than the
// key, put a `map` before it.
#include <weir/weir.hpp>

#include <cstdint>

namespace weir::operators {

class count final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "count",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"counts"},
            .states = {weir::keyed<std::uint64_t>("count")}};
  }

  void initialize(weir::context& ctx) override {
    count_ = ctx.state<std::uint64_t>("count");
    counts_ = ctx.ostream("counts");
  }

  void process_record(weir::context&, const weir::record& record) override { counts_.produce(record.key, ++count_[record.key]); }

 private:
  weir::keyed_state<std::uint64_t> count_;
  weir::ostream counts_;
};

WEIR_EXPORT_OPERATOR(count)

}  // namespace weir::operators
