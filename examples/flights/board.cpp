// Flights in, one row per origin and day out: `day,origin,flights,late,total_delay`, once the watermark has passed the day's end.
// A flight that comes after its day's row is an error (with `on_error: dead_letter` it is kept aside): a day never gets a second row.
#include <flatbuffers/flatbuffers.h>
#include <weir/weir.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "flights_generated.h"

/// What is known of one origin's day.
struct day_totals {
  std::int64_t flights;
  std::int64_t late;
  std::int64_t delay;
};

class board final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "board",
            .version = "1",
            .istreams = {{"flights", weir::grouping::group_by}},
            .ostreams = {"rows"},
            .states = {weir::keyed<day_totals>("totals")},
            .config = {{"late_minutes", weir::config_type::number, "15", "a flight is late from this delay on"}}};
  }
  void initialize(weir::context& ctx) override {
    totals_ = ctx.state<day_totals>("totals");
    rows_ = ctx.ostream("rows");
    late_minutes_ = ctx.config().number("late_minutes", 15);
  }
  void process_record(weir::context& ctx, const weir::record& flight) override {
    const std::string day = date(flight.time);
    const weir::event_time day_end(std::chrono::floor<std::chrono::days>(flight.time.since_epoch()) + std::chrono::days(1));
    if (day_end <= ctx.watermark()) throw std::runtime_error("flight of " + day + " came after the row of its day");
    const int delay = read(flight.value).delay();
    day_totals& totals = totals_.at(flight.key, day);
    totals.flights += 1;
    totals.late += delay >= late_minutes_ ? 1 : 0;
    totals.delay += delay;
    ctx.set_timer(flight.key, day_end, day);
  }
  void process_timer(weir::context&, const weir::timer& day_end) override {
    const std::string day(day_end.subkey);
    const day_totals totals = *totals_.find(day_end.key, day);
    totals_.erase(day_end.key, day);
    rows_.produce(day_end.key, day + ',' + std::string(day_end.key) + ',' + std::to_string(totals.flights) + ',' + std::to_string(totals.late) + ',' +
                                   std::to_string(totals.delay));
  }

 private:
  /// YYYY-MM-DD.
  static std::string date(weir::event_time time) {
    const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::floor<std::chrono::days>(time.since_epoch()))};
    std::string text = "0000-00-00";
    const auto put = [&](std::size_t last, unsigned number) {
      for (; number != 0; number /= 10) text[last--] = static_cast<char>('0' + number % 10);
    };
    put(3, static_cast<unsigned>(static_cast<int>(day.year())));
    put(6, static_cast<unsigned>(day.month()));
    put(9, static_cast<unsigned>(day.day()));
    return text;
  }
  static const flights::Flight& read(std::string_view value) {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
    if (!verifier.VerifyBuffer<flights::Flight>()) throw std::invalid_argument("value is not a Flight");
    return *flatbuffers::GetRoot<flights::Flight>(value.data());
  }

  weir::keyed_state<day_totals> totals_;
  weir::ostream rows_;
  std::int64_t late_minutes_ = 15;
};
WEIR_EXPORT_OPERATOR(board)
