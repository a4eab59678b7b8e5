// Which columns a record becomes: `with.columns`. Owned by its sink and used by its thread; keeps its memory from row to row.
#pragma once

#include <weir/weir.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/json_field.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

/// Rows that wait to be written, as COPY reads them: a line a row, a tab between columns.
class row_buffer {
 public:
  void begin_row(const weir::position& p) {
    positions_.push_back(p);
    begins_.push_back(text_.size());
    row_begun_ = false;
  }
  void add(std::string_view cell) {
    separate();
    for (const char c : cell) {
      const char letter = c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c == '\\' ? '\\' : '\0';
      if (letter != '\0') text_ += '\\';
      text_ += letter != '\0' ? letter : c;
    }
  }
  void add_null() {
    separate();
    text_ += "\\N";
  }
  void end_row() { text_ += '\n'; }
  void drop_last() {
    text_.resize(begins_.back());
    begins_.pop_back();
    positions_.pop_back();
  }
  void clear() {
    text_.clear();
    begins_.clear();
    positions_.clear();
  }

  std::size_t rows() const { return positions_.size(); }
  bool empty() const { return positions_.empty(); }
  const weir::position& position(std::size_t row) const { return positions_[row]; }
  /// Of the rows [from, to), without the last one's line end; at least one.
  std::string_view text(std::size_t from, std::size_t to) const {
    const std::size_t end = to < begins_.size() ? begins_[to] : text_.size();
    return std::string_view(text_).substr(begins_[from], end - begins_[from] - 1);
  }

 private:
  void separate() {
    if (std::exchange(row_begun_, true)) text_ += '\t';
  }

  std::string text_;
  std::vector<std::size_t> begins_;
  std::vector<weir::position> positions_;
  bool row_begun_ = false;
};

class row_layout {
 public:
  row_layout() = default;
  /// Reads `columns` and `missing`. Throws std::invalid_argument.
  explicit row_layout(const weir::config& config) {
    for (const std::string& text : config.list("columns")) add_column(text);
    if (names_.empty()) throw std::invalid_argument("with.columns is empty; name at least one column");
    const std::string missing = config.text("missing");
    if (missing != "error" && missing != "as_null") throw std::invalid_argument("with.missing is \"" + missing + "\"; it may be error or as_null");
    missing_as_null_ = missing == "as_null";
  }

  const std::vector<std::string>& names() const { return names_; }

  /// Throws std::runtime_error where the record lacks a field.
  void append(const weir::record& record, row_buffer& rows) {
    rows.begin_row(record.position);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      switch (columns_[i].from) {
        case source::key: rows.add(record.key); break;
        case source::value: rows.add(record.value); break;
        case source::time: rows.add(time_text(record.time)); break;
        case source::field: append_field(columns_[i], record, rows); break;
      }
    }
    rows.end_row();
  }

 private:
  enum class source : std::uint8_t { key, value, time, field };
  struct column {
    source from;
    std::string place;
    std::optional<json_field> field;
  };

  void add_column(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const std::string place = equals == std::string::npos ? name : text.substr(equals + 1);
    if (name.empty()) throw std::invalid_argument("with.columns: '" + text + "' names no column");
    for (const std::string& n : names_) {
      if (n == name) throw std::invalid_argument("with.columns names '" + name + "' twice");
    }
    column c{source::field, place, {}};
    if (equals == std::string::npos || place.starts_with('/')) {
      c.field.emplace(place, "with.columns");
    } else if (place == "key" || place == "value" || place == "time") {
      c.from = place == "key" ? source::key : place == "value" ? source::value : source::time;
    } else {
      throw std::invalid_argument("with.columns: '" + text + "': behind = stands key, value, time, or a JSON pointer such as /user/id");
    }
    names_.push_back(name);
    columns_.push_back(std::move(c));
  }

  void append_field(const column& c, const weir::record& record, row_buffer& rows) {
    const auto found = c.field->find_any(record.value, scratch_);
    if (!found && !missing_as_null_) throw std::runtime_error("no " + c.place + " in the value " + excerpt(record.value));
    if (!found || (found->what == json_field::kind::word && found->text == "null"))
      rows.add_null();
    else
      rows.add(found->text);
  }

  /// ISO 8601, in UTC, to the microsecond: what PostgreSQL keeps.
  std::string_view time_text(weir::event_time time) {
    using namespace std::chrono;
    if (time == weir::event_time::min()) return "-infinity";
    if (time == weir::event_time::max()) return "infinity";
    const auto since = floor<microseconds>(time.since_epoch());
    const auto day = floor<days>(since);
    const year_month_day date{sys_days(day)};
    const hh_mm_ss clock{since - day};
    const int size =
        std::snprintf(time_, sizeof time_, "%04d-%02u-%02u %02d:%02d:%02d.%06d+00", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return {time_, static_cast<std::size_t>(size)};
  }

  std::vector<std::string> names_;
  std::vector<column> columns_;
  bool missing_as_null_ = false;
  std::string scratch_;
  char time_[80] = "";
};

}  // namespace weir::operators
