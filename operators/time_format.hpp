// Reads times out of text: what `event_time_format` of a source says, compiled once and applied to every line.
//
// A format is one of the names `iso8601`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, or a pattern in the manner of strptime:
//   %Y year (4 digits)   %m month   %d day   %H hour   %M minute   %S second (1 or 2 digits each; %d and %H may be padded with a blank)
//   %b month's English name, 3 letters   %f fraction of a second (1 to 9 digits)   %z Z, ±hh, ±hhmm or ±hh:mm   %F = %Y-%m-%d   %T = %H:%M:%S   %% = %
// A blank stands for any number of blanks, every other character for itself. What the format does not name is the smallest (day 1, 00:00:00); a time
// without a zone is UTC. The whole text must match. Owned by its operator and immutable, so any thread may read with it; about 20 ns a time, no allocation.
#pragma once

#include <weir/weir.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::operators {

/// Walks over text; each function takes what it names and says whether it was there.
class time_cursor {
 public:
  explicit time_cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
  bool done() const { return at_ == end_; }

  bool literal(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }
  bool number(int digits_min, int digits_max, int& value) {
    value = 0;
    int digits = 0;
    for (; digits < digits_max && at_ != end_ && is_digit(*at_); ++digits) value = value * 10 + (*at_++ - '0');
    return digits >= digits_min;
  }
  bool fraction(std::int64_t& nanoseconds) {
    nanoseconds = 0;
    int digits = 0;
    for (; at_ != end_ && is_digit(*at_); ++at_) {
      if (digits++ < 9) nanoseconds = nanoseconds * 10 + (*at_ - '0');
    }
    for (int i = digits; i < 9; ++i) nanoseconds *= 10;
    return digits > 0;
  }
  bool month_name(int& month) {
    static constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (end_ - at_ < 3) return false;
    const char lower[3] = {static_cast<char>(at_[0] | 0x20), static_cast<char>(at_[1] | 0x20), static_cast<char>(at_[2] | 0x20)};
    for (std::size_t i = 0; i < names.size(); i += 3) {
      if (names.substr(i, 3) == std::string_view(lower, 3)) {
        month = static_cast<int>(i / 3) + 1;
        at_ += 3;
        return true;
      }
    }
    return false;
  }
  bool zone(int& minutes_east) {
    if (literal('Z') || literal('z')) {
      minutes_east = 0;
      return true;
    }
    const bool west = at_ != end_ && *at_ == '-';
    if (!west && (at_ == end_ || *at_ != '+')) return false;
    ++at_;
    int hours = 0;
    int minutes = 0;
    if (!number(2, 2, hours)) return false;
    if (literal(':') ? !number(2, 2, minutes) : at_ != end_ && is_digit(*at_) && !number(2, 2, minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    minutes_east = (hours * 60 + minutes) * (west ? -1 : 1);
    return true;
  }
  /// A decimal number, possibly with a fraction, in units of `unit` nanoseconds.
  bool epoch(std::int64_t unit, std::int64_t& nanoseconds) {
    const bool negative = literal('-');
    std::int64_t whole = 0;
    int digits = 0;
    for (; at_ != end_ && is_digit(*at_); ++at_, ++digits) {
      if (__builtin_mul_overflow(whole, std::int64_t{10}, &whole) || __builtin_add_overflow(whole, std::int64_t{*at_ - '0'}, &whole)) return false;
    }
    if (digits == 0 || __builtin_mul_overflow(whole, unit, &whole)) return false;
    std::int64_t part = 0;
    if (literal('.') && !fraction(part)) return false;
    part = part / (1'000'000'000 / unit);  // The fraction counts billionths of a unit.
    if (__builtin_add_overflow(whole, part, &whole)) return false;
    nanoseconds = negative ? -whole : whole;
    return true;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  const char* at_;
  const char* end_;
};

/// The fields of a date and time of day, and the point in time they name.
struct civil_time {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t nanosecond = 0;
  int minutes_east = 0;

  std::optional<event_time> point() const {
    using namespace std::chrono;
    // What nanoseconds in 64 bits can name, less a year on each side.
    if (year < 1678 || year > 2261 || hour > 23 || minute > 59 || second > 60) return {};
    const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)), std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return {};
    const auto seconds_since_epoch = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute - minutes_east) + seconds(second);
    return event_time(nanoseconds(seconds_since_epoch) + nanoseconds(nanosecond));
  }
};

class time_format {
 public:
  /// Throws std::invalid_argument naming what is not known.
  explicit time_format(std::string_view format) {
    if (format == "iso8601") return;
    if (format == "epoch_s") {
      unit_ = 1'000'000'000;
    } else if (format == "epoch_ms") {
      unit_ = 1'000'000;
    } else if (format == "epoch_us") {
      unit_ = 1'000;
    } else if (format == "epoch_ns") {
      unit_ = 1;
    } else {
      compile(format);
    }
  }

  std::optional<event_time> read(std::string_view text) const {
    time_cursor cursor(text);
    if (unit_ != 0) {
      std::int64_t nanoseconds = 0;
      if (!cursor.epoch(unit_, nanoseconds) || !cursor.done()) return {};
      return event_time(std::chrono::nanoseconds(nanoseconds));
    }
    civil_time time;
    if (!(steps_.empty() ? iso8601(cursor, time) : follow(cursor, time)) || !cursor.done()) return {};
    return time.point();
  }

 private:
  void compile(std::string_view format) {
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%') {
        steps_.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(format[i])));
        continue;
      }
      const char field = ++i < format.size() ? format[i] : '\0';
      if (field == 'F' || field == 'T') {
        compile(field == 'F' ? "%Y-%m-%d" : "%H:%M:%S");
      } else if (field != '\0' && std::string_view("YmdHMSbfz%").find(field) != std::string_view::npos) {
        steps_.push_back(static_cast<std::int16_t>(field == '%' ? '%' : field | field_bit));
      } else {
        throw std::invalid_argument("event_time_format \"" + std::string(format) + "\" has an unknown field %" + (field == '\0' ? "" : std::string(1, field)) +
                                    "; known are %Y %m %d %H %M %S %b %f %z %F %T %% and the names iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns");
      }
    }
    if (std::none_of(steps_.begin(), steps_.end(), [](int step) { return (step & field_bit) != 0; })) {
      throw std::invalid_argument("event_time_format \"" + std::string(format) + "\" names no field; write for example %Y-%m-%d %H:%M:%S or epoch_ms");
    }
  }

  bool follow(time_cursor& cursor, civil_time& time) const {
    for (const int step : steps_) {
      if (!((step & field_bit) != 0 ? take(static_cast<char>(step & ~field_bit), cursor, time) : pass(static_cast<char>(step), cursor))) return false;
    }
    return true;
  }

  static bool pass(char c, time_cursor& cursor) {
    if (c != ' ') return cursor.literal(c);
    cursor.blanks();
    return true;
  }

  static bool take(char field, time_cursor& cursor, civil_time& time) {
    switch (field) {
      case 'Y': return cursor.number(4, 4, time.year);
      case 'm': return cursor.number(1, 2, time.month);
      case 'd': cursor.literal(' '); return cursor.number(1, 2, time.day);
      case 'H': cursor.literal(' '); return cursor.number(1, 2, time.hour);
      case 'M': return cursor.number(1, 2, time.minute);
      case 'S': return cursor.number(1, 2, time.second);
      case 'b': return cursor.month_name(time.month);
      case 'f': return cursor.fraction(time.nanosecond);
      default: return cursor.zone(time.minutes_east);
    }
  }

  /// 2001-02-03, then optionally T or a blank and 04:05, :06, .789, zone.
  static bool iso8601(time_cursor& cursor, civil_time& time) {
    if (!cursor.number(4, 4, time.year) || !cursor.literal('-') || !cursor.number(2, 2, time.month)) return false;
    if (!cursor.literal('-') || !cursor.number(2, 2, time.day)) return false;
    if (!cursor.literal('T') && !cursor.literal(' ')) return true;
    if (!cursor.number(2, 2, time.hour) || !cursor.literal(':') || !cursor.number(2, 2, time.minute)) return false;
    if (cursor.literal(':')) {
      if (!cursor.number(2, 2, time.second)) return false;
      if (cursor.literal('.') && !cursor.fraction(time.nanosecond)) return false;
    }
    return cursor.done() || cursor.zone(time.minutes_east);
  }

  // A format's characters are ASCII or parts of UTF-8; fields are kept apart from literals by a value of their own.
  static constexpr int field_bit = 0x100;
  std::vector<std::int16_t> steps_;  // Empty with unit_ == 0: iso8601.
  std::int64_t unit_ = 0;            // Nanoseconds of one unit where the text is a number since the epoch.
};

}  // namespace weir::operators
