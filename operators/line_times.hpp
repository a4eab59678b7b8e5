// The event times of a source's lines, as `event_time_field`, `event_time_pattern` and `event_time_format` say. Owned by its source, used by its thread.
#pragma once

#include <weir/weir.hpp>

#include <memory>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "operators/json_field.hpp"
#include "operators/time_format.hpp"

namespace weir::operators {

class line_times {
 public:
  /// Empty texts are keys that the manifest leaves out. Throws std::invalid_argument naming the key and the remedy.
  line_times(const std::string& field, const std::string& pattern, const std::string& format) {
    if (!field.empty() && !pattern.empty()) throw std::invalid_argument("event_time_field and event_time_pattern exclude each other; leave one out");
    if (field.empty() && pattern.empty()) return;
    format_.emplace(format);
    if (!field.empty()) {
      field_.emplace(field);
      return;
    }
    try {
      pattern_.emplace(pattern, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& e) {
      throw std::invalid_argument("event_time_pattern \"" + pattern + "\" is no regular expression: " + e.what());
    }
    if (pattern_->mark_count() == 0) throw std::invalid_argument("event_time_pattern \"" + pattern + "\" captures nothing; put ( ) around the time");
  }

  /// Whether lines have times of their own at all.
  bool configured() const { return format_.has_value(); }

  /// The line's time; nothing where it cannot be read.
  std::optional<event_time> read(std::string_view line) {
    const auto text = field_ ? field_->find(line, scratch_) : capture(line);
    return text ? format_->read(*text) : std::nullopt;
  }

 private:
  /// The standard library's matcher recurses for every character: what it may see is bounded, so that a line of megabytes cannot end the process.
  static constexpr std::size_t pattern_bytes_max = 1024;

  std::optional<std::string_view> capture(std::string_view line) const {
    line = line.substr(0, pattern_bytes_max);
    std::cmatch match;
    if (!std::regex_search(line.data(), line.data() + line.size(), match, *pattern_) || !match[1].matched) return {};
    return std::string_view(match[1].first, static_cast<std::size_t>(match[1].length()));
  }

  std::optional<json_field> field_;
  std::optional<std::regex> pattern_;
  std::optional<time_format> format_;
  std::string scratch_;
};

}  // namespace weir::operators
