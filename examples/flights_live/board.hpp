// Of each origin and day, how many flights there were so far and how many of them late: a row `day,origin,flights,late` with every flight. What counts as late
// is for the versions of the operator to say; all of them go on with the counts that the one before has left.
#pragma once

#include <weir/weir.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

class board : public weir::stream_operator {
 public:
  void initialize(weir::context& ctx) override {
    totals_ = ctx.state<totals>("totals");
    rows_ = ctx.ostream("rows");
  }
  void process_record(weir::context&, const weir::record& flight) override {
    const std::string day = date(flight.time);
    totals& t = totals_.at(flight.key, day);
    ++t.flights;
    if (late(std::stoi(std::string(flight.value)))) ++t.late;
    rows_.produce(flight.key, day + ',' + std::string(flight.key) + ',' + std::to_string(t.flights) + ',' + std::to_string(t.late));
  }

 protected:
  struct totals {
    std::uint64_t flights;
    std::uint64_t late;
  };
  static weir::metadata described(std::string version) {
    return {.name = "board",
            .version = std::move(version),
            .istreams = {{"delays", weir::grouping::group_by}},
            .ostreams = {"rows"},
            .states = {weir::keyed<totals>("totals")}};
  }
  virtual bool late(int minutes) = 0;

 private:
  static std::string date(weir::event_time time) {
    const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::floor<std::chrono::days>(time.since_epoch()))};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text;
  }

  weir::keyed_state<totals> totals_;
  weir::ostream rows_;
};
