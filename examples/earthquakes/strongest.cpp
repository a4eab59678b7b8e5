// Earthquakes in, by region; out come the strongest of each region and hour, once the hour is over, and at once an alert for each that reaches `alert_from`.
// Value in: `magnitude,where`; rows out: `hour,region,magnitude,where` and `minute,region,magnitude,where`.
#include <weir/weir.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

class strongest final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "strongest",
            .version = "1",
            .istreams = {{"quakes", weir::grouping::group_by}},
            .ostreams = {"rows", "alerts"},
            .states = {weir::keyed<weir::bytes>("strongest")},
            .config = {{"alert_from", weir::config_type::number, "5", "the magnitude from which there is an alert"}}};
  }

  void initialize(weir::context& ctx) override {
    strongest_ = ctx.state<weir::bytes>("strongest");
    rows_ = ctx.ostream("rows");
    alerts_ = ctx.ostream("alerts");
    alert_from_ = ctx.config().number<double>("alert_from");
  }

  void process_record(weir::context& ctx, const weir::record& quake) override {
    const double magnitude = magnitude_of(quake.value);
    const auto hour = std::chrono::floor<std::chrono::hours>(quake.time.since_epoch());
    const weir::event_time hour_end(hour + std::chrono::hours(1));
    if (hour_end <= ctx.watermark()) throw std::runtime_error("an earthquake came after the row of its hour");
    if (magnitude >= alert_from_) alerts_.produce(quake.key, row(quake.time, quake.key, quake.value));
    const std::string subkey = weir::subkey(static_cast<std::uint64_t>(hour.count()));
    const auto known = strongest_.find(quake.key, subkey);
    if (known && magnitude <= magnitude_of(*known)) return;
    strongest_.put(quake.key, subkey, quake.value);
    ctx.set_timer(quake.key, hour_end, subkey);
  }

  void process_timer(weir::context&, const weir::timer& hour_end) override {
    const weir::event_time hour(std::chrono::hours(weir::number_of<std::uint64_t>(hour_end.subkey)));
    rows_.produce(hour_end.key, row(hour, hour_end.key, *strongest_.find(hour_end.key, hour_end.subkey)));
    strongest_.erase(hour_end.key, hour_end.subkey);
  }

 private:
  static double magnitude_of(std::string_view quake) {
    double magnitude = 0;
    const std::size_t comma = quake.find(',');
    const auto [end, fault] = std::from_chars(quake.data(), quake.data() + std::min(comma, quake.size()), magnitude);
    if (comma == std::string_view::npos || fault != std::errc() || end != quake.data() + comma) {
      throw std::invalid_argument("an earthquake without a magnitude: " + std::string(quake.substr(0, 60)));
    }
    return magnitude;
  }

  static std::string row(weir::event_time time, std::string_view region, std::string_view quake) {
    using namespace std::chrono;
    const auto day = floor<days>(time.since_epoch());
    const year_month_day date{sys_days(day)};
    const hh_mm_ss clock(floor<minutes>(time.since_epoch() - day));
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d,", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                   static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
    return std::string(text, static_cast<std::size_t>(size)).append(region).append(",").append(quake);
  }

  weir::keyed_state<weir::bytes> strongest_;  // By region and, as sub-key, hour.
  weir::ostream rows_;
  weir::ostream alerts_;
  double alert_from_ = 0;
};
WEIR_EXPORT_OPERATOR(strongest)
