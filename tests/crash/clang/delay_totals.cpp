// Sums up, per airport, the rows that examples/c_operator makes of flights: "day,minutes" in, "rows,minutes" so far out. Compiled with clang++.
#ifndef __clang__
#error this module is there to be compiled by clang++
#endif
#include <weir/weir.hpp>

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>

struct total {
  std::int64_t rows, minutes;
};

class delay_totals final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "delay-totals",
            .version = "1",
            .istreams = {{"rows", weir::grouping::group_by}},
            .ostreams = {"totals"},
            .states = {weir::keyed<total>("total")}};
  }
  void initialize(weir::context& ctx) override {
    total_ = ctx.state<total>("total");
    totals_ = ctx.ostream("totals");
  }
  void process_record(weir::context&, const weir::record& row) override {
    std::int64_t minutes = 0;
    const char* const end = row.value.data() + row.value.size();
    const auto comma = row.value.find(',');
    if (comma == std::string_view::npos || std::from_chars(row.value.data() + comma + 1, end, minutes).ptr != end) throw std::runtime_error("no row of delays");
    total& t = total_[row.key];
    t.rows += 1;
    t.minutes += minutes;
    totals_.produce(row.key, std::to_string(t.rows) + ',' + std::to_string(t.minutes));
  }

 private:
  weir::keyed_state<total> total_;
  weir::ostream totals_;
};
WEIR_EXPORT_OPERATOR(delay_totals)
