// The event times of a source's lines, as `event_time_field`, `event_time_pattern` and `event_time_format` say. Owned by its source, used by its thread.
#pragma once

#include <weir/weir.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "operators/json_field.hpp"
#include "operators/pattern.hpp"
#include "operators/time_format.hpp"

namespace weir::operators {

class line_times {
 public:
  /// Empty texts are keys that the manifest leaves out. Throws std::invalid_argument naming the key and the remedy.
  line_times(const std::string& field, const std::string& expression, const std::string& format) {
    if (!field.empty() && !expression.empty()) throw std::invalid_argument("event_time_field and event_time_pattern exclude each other; leave one out");
    if (field.empty() && expression.empty()) return;
    format_.emplace(format);
    if (!field.empty()) {
      field_.emplace(field);
      return;
    }
    pattern_.emplace(expression, "event_time_pattern");
    if (pattern_->groups() == 0) throw std::invalid_argument("event_time_pattern \"" + expression + "\" captures nothing; put ( ) around the time");
  }

  /// Whether lines have times of their own at all.
  bool configured() const { return format_.has_value(); }

  /// The line's time; nothing where it cannot be read.
  std::optional<event_time> read(std::string_view line) {
    const auto text = field_ ? field_->find(line, scratch_) : capture(line);
    return text ? format_->read(*text) : std::nullopt;
  }

 private:
  std::optional<std::string_view> capture(std::string_view line) {
    if (!pattern_->search(line) || !pattern_->has(1)) return {};
    return pattern_->group(1);
  }

  std::optional<json_field> field_;
  std::optional<pattern> pattern_;
  std::optional<time_format> format_;
  std::string scratch_;
};

}  // namespace weir::operators
