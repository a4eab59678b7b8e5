// Lines of JSON in, flights out: key = origin, event time = scheduled departure, value = a FlatBuffers Flight.
// It throws on what it cannot read; with `on_error: dead_letter` such a line is kept beside the stream instead of being lost.
#include <flatbuffers/flatbuffers.h>
#include <weir/weir.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "flights_generated.h"

class parse final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "parse", .version = "1", .istreams = {"lines"}, .ostreams = {"flights"}}; }
  void initialize(weir::context& ctx) override { flights_ = ctx.ostream("flights"); }
  void process_record(weir::context&, const weir::record& line) override {
    const auto json = nlohmann::json::parse(line.value.begin(), line.value.end());
    const std::string origin = text(json, "origin");
    if (origin.empty()) throw std::invalid_argument("origin is empty");
    builder_.Clear();
    builder_.Finish(flights::CreateFlight(builder_, builder_.CreateString(origin), builder_.CreateString(text(json, "destination")), number(json, "delay"),
                                          number(json, "distance")));
    flights_.produce(origin, std::string_view(reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize()), departure(text(json, "date")));
  }

 private:
  static const std::string& text(const nlohmann::json& flight, const char* name) {
    const auto& value = flight.at(name);
    if (!value.is_string()) throw std::invalid_argument(std::string(name) + " is not a string");
    return value.get_ref<const std::string&>();
  }
  static std::int32_t number(const nlohmann::json& flight, const char* name) {
    const auto& value = flight.at(name);
    if (!value.is_number_integer() || std::abs(value.get<double>()) > 999'999'999) {
      throw std::invalid_argument(std::string(name) + " is not a whole number of at most 9 digits");
    }
    return value.get<std::int32_t>();
  }
  /// "2001/01/31 23:59", read as UTC.
  static weir::event_time departure(const std::string& date) {
    using namespace std::chrono;
    if (date.size() == 16 && date[4] == '/' && date[7] == '/' && date[10] == ' ' && date[13] == ':') {
      const year_month_day day{year(digits(date, 0, 4)), month(static_cast<unsigned>(digits(date, 5, 2))),
                               std::chrono::day(static_cast<unsigned>(digits(date, 8, 2)))};
      const int hour = digits(date, 11, 2);
      const int minute = digits(date, 14, 2);
      // Event times reach from 1677 to 2262.
      if (day.ok() && day.year() > year(1677) && day.year() < year(2262) && hour >= 0 && hour < 24 && minute >= 0 && minute < 60) {
        return weir::event_time(nanoseconds(sys_days(day).time_since_epoch() + hours(hour) + minutes(minute)));
      }
    }
    throw std::invalid_argument("date \"" + date + "\" is not a time such as 2001/01/31 23:59");
  }
  /// The number that `size` digits write; -1 where one is no digit.
  static int digits(const std::string& text, std::size_t from, std::size_t size) {
    int number = 0;
    for (std::size_t i = from; i < from + size; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      number = number * 10 + (text[i] - '0');
    }
    return number;
  }

  flatbuffers::FlatBufferBuilder builder_;
  weir::ostream flights_;
};
WEIR_EXPORT_OPERATOR(parse)
