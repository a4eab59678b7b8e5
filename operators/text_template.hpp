// A text with places to be filled from a record: `{key}`, `{value}`, `{/meta/id}` (a JSON pointer into the value), `{1}` (a group of a regular expression);
// `{{` and `}}` are braces. Owned by its operator, used by its thread; keeps its memory from record to record.
#pragma once

#include <weir/weir.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "operators/pattern.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

class text_template {
 public:
  /// `groups`: of the regular expression; none where there is no expression. `what` names the config key in messages. Throws std::invalid_argument.
  text_template(const std::string& text, std::optional<std::size_t> groups, const std::string& what) {
    std::string literal;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool doubled = (c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c;
      if (doubled) ++i;
      if (doubled || (c != '{' && c != '}')) {
        literal += c;
        continue;
      }
      const std::size_t end = c == '{' ? text.find('}', i) : std::string::npos;
      if (end == std::string::npos) throw std::invalid_argument(what + ": \"" + text + "\" has a single '" + c + "'; a brace that is meant is written twice");
      add(literal, text.substr(i + 1, end - i - 1), groups, what);
      literal.clear();
      i = end;
    }
    rest_ = literal;
  }

  /// A view until the next call. Throws std::runtime_error where the record lacks a place.
  std::string_view fill(const weir::record& record, const std::optional<pattern>& matched) {
    if (pieces_.size() == 1 && rest_.empty() && pieces_[0].literal.empty()) return piece_text(pieces_[0], record, matched);
    filled_.clear();
    for (piece& p : pieces_) filled_.append(p.literal).append(piece_text(p, record, matched));
    return filled_.append(rest_);
  }

 private:
  /// A literal and what follows it.
  struct piece {
    std::string literal;
    std::optional<record_place> place;
    std::size_t group = 0;
  };

  void add(const std::string& literal, const std::string& name, std::optional<std::size_t> groups, const std::string& what) {
    piece p{literal, {}, 0};
    if (name.size() == 1 && name[0] >= '0' && name[0] <= '9') {
      p.group = static_cast<std::size_t>(name[0] - '0');
      if (!groups) throw std::invalid_argument(what + ": {" + name + "} is a group of with.pattern, which is missing");
      if (p.group > *groups) throw std::invalid_argument(what + ": with.pattern has no group " + name);
    } else {
      p.place.emplace(name, what);
    }
    pieces_.push_back(std::move(p));
  }

  static std::string_view piece_text(piece& p, const weir::record& record, const std::optional<pattern>& matched) {
    return p.place ? p.place->of(record) : matched->group(p.group);
  }

  std::vector<piece> pieces_;
  std::string rest_;  // Behind the last place.
  std::string filled_;
};

}  // namespace weir::operators
