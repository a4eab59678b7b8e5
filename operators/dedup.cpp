// `dedup`: passes the first record of each kind and drops those that repeat it within a time.
//
//   - name: once
//     uses: dedup
//     istreams: {records: orders}
//     ostreams: {unique: orders-once}
//     with: {by: /order_id, window: 10min}
//
// Two records are the same where their keys and what stands at `by` are the same. A repetition is a record whose event time is less than `window` after that of
// the record that passed. An event-time timer forgets a record once the watermark is `window` past it, so the state is bounded by what comes within that time;
// a late record whose first was forgotten passes again.
#include <weir/weir.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "operators/record_place.hpp"

namespace weir::operators {

class dedup final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "dedup",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"unique"},
            .states = {weir::keyed<weir::event_time>("passed")},
            .config = {{"by", config_type::text, "key", "what must be the same beside the key: key (nothing more), value, or a JSON pointer into the value"},
                       {"window", config_type::duration, "1h", "for how long after the first record (event time) others are repetitions"}}};
  }

  void initialize(weir::context& ctx) override {
    const auto& config = ctx.config();
    passed_ = ctx.state<weir::event_time>("passed");
    unique_ = ctx.ostream("unique");
    dropped_ = ctx.counter("repetitions");
    by_.emplace(config, "by");
    window_ = config.duration("window");
    if (window_.count() == 0) throw std::invalid_argument("with.window must be longer than 0");
  }

  void process_record(weir::context& ctx, const weir::record& record) override {
    const std::string_view subkey = by_->text() == "key" ? std::string_view() : by_->of(record);
    const weir::event_time* first = passed_.find(record.key, subkey);
    if (first != nullptr && record.time < *first + window_) return dropped_.add();
    passed_.at(record.key, subkey) = record.time;
    ctx.set_timer(record.key, record.time + window_, subkey);
    unique_.produce(record.key, record.value);
  }

  void process_timer(weir::context&, const weir::timer& timer) override { passed_.erase(timer.key, timer.subkey); }

 private:
  weir::keyed_state<weir::event_time> passed_;  // When; the sub-key is what stands at `by`.
  weir::ostream unique_;
  weir::counter dropped_;
  std::optional<record_place> by_;
  std::chrono::nanoseconds window_{0};
};

WEIR_EXPORT_OPERATOR(dedup)

}  // namespace weir::operators
