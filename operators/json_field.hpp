// Finds one value in a line of JSON without parsing the line: reading a time must not cost more than passing the line on.
//
// The scanner walks from the line's start to the wanted member, skipping other members by their brackets and quotation marks, and stops there. It does not
// check what it skips nor what follows: a line that is not JSON may yield a value or none, but never reads beyond the line. Of members with the same name
// the first counts. Owned by its operator and immutable; about 1 ns for each byte it passes, allocates only where names or the value hold escapes.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "operators/json_text.hpp"

namespace weir::operators {

class json_field {
 public:
  /// A member's name at the top level, or a JSON pointer (RFC 6901) when it begins with '/'. `what` names the config key in messages.
  /// Throws std::invalid_argument.
  explicit json_field(std::string_view name, const std::string& what = "event_time_field") {
    if (name.empty()) throw std::invalid_argument(what + " is empty; name a field such as date, or a JSON pointer such as /meta/time");
    if (name.front() == '/')
      path_ = pointer_path(name, what);
    else
      path_.emplace_back(name);
  }

  /// A string's content or a number's digits; nothing where the value is missing or of another kind. The view is of the line, or of scratch.
  std::optional<std::string_view> find(std::string_view line, std::string& scratch) const {
    const auto found = find_any(line, scratch);
    return found && found->what <= kind::number ? std::optional(found->text) : std::nullopt;
  }

  enum class kind : std::uint8_t { string, number, word, structure };
  struct value {
    std::string_view text;
    kind what;
  };

  /// A value of any kind: a string's content; numbers, true, false, null, objects and lists as they are written. Nothing where it is missing or cut off.
  std::optional<value> find_any(std::string_view line, std::string& scratch) const {
    walker at{line.data(), line.data() + line.size()};
    for (const std::string& name : path_) {
      if (!(at.open('{') ? enter_object(at, name, scratch) : at.open('[') && enter_array(at, name))) return {};
    }
    at.blanks();
    if (at.done()) return {};
    if (*at.next == '"') {
      const auto raw = at.string();
      const auto text = raw ? plain_text(*raw, scratch) : std::nullopt;
      return text ? std::optional(value{*text, kind::string}) : std::nullopt;
    }
    const char* begin = at.next;
    const bool structure = *begin == '{' || *begin == '[';
    if (!at.value()) return {};
    const std::string_view text(begin, static_cast<std::size_t>(at.next - begin));
    if (structure) return value{text, kind::structure};
    if (text == "true" || text == "false" || text == "null") return value{text, kind::word};
    if (text.empty() || (text.front() != '-' && (text.front() < '0' || text.front() > '9'))) return {};
    return value{text, kind::number};
  }

 private:
  struct walker {
    const char* next;
    const char* end;

    bool done() const { return next == end; }
    void blanks() {
      while (next != end && (*next == ' ' || *next == '\t' || *next == '\r' || *next == '\n')) ++next;
    }
    bool open(char bracket) {
      blanks();
      if (next == end || *next != bracket) return false;
      ++next;
      return true;
    }
    /// At a quotation mark: the string's bytes as written, and past it.
    std::optional<std::string_view> string() {
      const char* begin = ++next;
      while (next != end) {
        const auto* quote = static_cast<const char*>(std::memchr(next, '"', static_cast<std::size_t>(end - next)));
        if (quote == nullptr) break;
        next = quote + 1;
        const char* before = quote;
        while (before != begin && before[-1] == '\\') --before;
        if ((quote - before) % 2 == 0) return std::string_view(begin, static_cast<std::size_t>(quote - begin));
      }
      next = end;
      return {};
    }
    void scalar() {
      while (next != end && *next != ',' && *next != '}' && *next != ']' && *next != ' ' && *next != '\t' && *next != '\r' && *next != '\n') ++next;
    }
    /// Past one value of any kind; false where the line ends before it does.
    bool value() {
      blanks();
      if (next == end) return false;
      if (*next == '"') return string().has_value();
      if (*next != '{' && *next != '[') {
        scalar();
        return true;
      }
      for (int depth = 0; next != end;) {
        const char c = *next;
        if (c == '"') {
          string();
          continue;
        }
        ++next;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) return true;
      }
      return false;
    }
  };

  static bool enter_object(walker& at, std::string_view name, std::string& scratch) {
    for (;;) {
      at.blanks();
      if (at.done() || *at.next != '"') return false;
      const auto raw = at.string();
      if (!raw || !at.open(':')) return false;
      if (*raw == name || (raw->find('\\') != std::string_view::npos && plain_text(*raw, scratch) == name)) return true;
      at.value();
      if (!at.open(',')) return false;
    }
  }

  static bool enter_array(walker& at, std::string_view index) {
    if (index.empty() || index.size() > 9 || index.find_first_not_of("0123456789") != std::string_view::npos) return false;
    for (int skip = std::stoi(std::string(index)); skip > 0; --skip) {
      at.value();
      if (!at.open(',')) return false;
    }
    return true;
  }

  std::vector<std::string> path_;
};

}  // namespace weir::operators
