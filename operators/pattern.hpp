// A regular expression (ECMAScript) over the beginning of a text. Owned by its operator, used by its thread.
#pragma once

#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::operators {

class pattern {
 public:
  /// The standard library's matcher recurses for every character: what it may see is bounded, so that a line of megabytes cannot end the process.
  static constexpr std::size_t bytes_max = 1024;

  /// `what` names the config key in messages. Throws std::invalid_argument.
  pattern(const std::string& text, const std::string& what) {
    try {
      regex_.assign(text, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& e) {
      throw std::invalid_argument(what + " \"" + text + "\" is no regular expression: " + e.what());
    }
  }

  /// How many groups it captures.
  std::size_t groups() const { return regex_.mark_count(); }

  /// Whether the first bytes of the text hold a match. Its groups are views of the text until the next search.
  bool search(std::string_view text) {
    text = text.substr(0, bytes_max);
    return std::regex_search(text.data(), text.data() + text.size(), match_, regex_);
  }
  /// A group of the last match, the whole match as 0; empty where it took no part.
  std::string_view group(std::size_t number) const {
    const auto& found = match_[number];
    return found.matched ? std::string_view(found.first, static_cast<std::size_t>(found.length())) : std::string_view();
  }
  bool has(std::size_t number) const { return match_[number].matched; }

 private:
  std::regex regex_;
  std::cmatch match_;
};

}  // namespace weir::operators
