// Finds one value in a line of JSON without parsing the line: reading a time must not cost more than passing the line on.
//
// The scanner walks from the line's start to the wanted member, skipping other members by their brackets and quotation marks, and stops there. It does not
// check what it skips nor what follows: a line that is not JSON may yield a value or none, but never reads beyond the line. Of members with the same name
// the first counts. Owned by its operator and immutable; about 1 ns for each byte it passes, allocates only where names or the value hold escapes.
#pragma once

#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::operators {

class json_field {
 public:
  /// A member's name at the top level, or a JSON pointer (RFC 6901) when it begins with '/'. Throws std::invalid_argument.
  explicit json_field(std::string_view name) {
    if (name.empty()) throw std::invalid_argument("event_time_field is empty; name a field such as date, or a JSON pointer such as /meta/time");
    if (name.front() != '/') {
      path_.emplace_back(name);
      return;
    }
    for (std::size_t from = 1; from <= name.size();) {
      const std::size_t to = std::min(name.find('/', from), name.size());
      path_.push_back(unescape_pointer(name.substr(from, to - from)));
      from = to + 1;
    }
  }

  /// A string's content or a number's digits; nothing where the value is missing or of another kind. The view is of the line, or of scratch.
  std::optional<std::string_view> find(std::string_view line, std::string& scratch) const {
    walker at{line.data(), line.data() + line.size()};
    for (const std::string& name : path_) {
      if (!(at.open('{') ? enter_object(at, name, scratch) : at.open('[') && enter_array(at, name))) return {};
    }
    at.blanks();
    if (at.done()) return {};
    if (*at.next == '"') {
      const auto raw = at.string();
      return raw ? plain(*raw, scratch) : std::nullopt;
    }
    const char* begin = at.next;
    at.scalar();
    const std::string_view number(begin, static_cast<std::size_t>(at.next - begin));
    if (number.empty() || (number.front() != '-' && (number.front() < '0' || number.front() > '9'))) return {};
    return number;
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
    /// Past one value of any kind.
    void value() {
      blanks();
      if (next == end) return;
      if (*next == '"') {
        string();
      } else if (*next != '{' && *next != '[') {
        scalar();
      } else {
        for (int depth = 0; next != end;) {
          const char c = *next;
          if (c == '"') {
            string();
            continue;
          }
          ++next;
          if (c == '{' || c == '[') ++depth;
          if ((c == '}' || c == ']') && --depth == 0) return;
        }
      }
    }
  };

  static bool enter_object(walker& at, std::string_view name, std::string& scratch) {
    for (;;) {
      at.blanks();
      if (at.done() || *at.next != '"') return false;
      const auto raw = at.string();
      if (!raw || !at.open(':')) return false;
      if (*raw == name || (raw->find('\\') != std::string_view::npos && plain(*raw, scratch) == name)) return true;
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

  /// A string without its escapes; nothing where one is outside ASCII or broken.
  static std::optional<std::string_view> plain(std::string_view raw, std::string& scratch) {
    if (raw.find('\\') == std::string_view::npos) return raw;
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    scratch.clear();
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        scratch += raw[i];
        continue;
      }
      const char letter = ++i < raw.size() ? raw[i] : '\0';
      if (letter == 'u' && raw.size() - i > 4 && raw.substr(i + 1, 2) == "00" && raw.find_first_not_of("0123456789abcdefABCDEF", i + 1) >= i + 5 &&
          raw[i + 3] < '8') {
        scratch += static_cast<char>(std::stoi(std::string(raw.substr(i + 3, 2)), nullptr, 16));
        i += 4;
        continue;
      }
      const std::size_t known = letters.find(letter);
      if (letter == '\0' || known == std::string_view::npos) return {};
      scratch += meanings[known];
    }
    return std::string_view(scratch);
  }

  static std::string unescape_pointer(std::string_view part) {
    std::string text;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool escape = part[i] == '~';
      if (escape && (i + 1 == part.size() || (part[i + 1] != '0' && part[i + 1] != '1'))) {
        throw std::invalid_argument("event_time_field: in a JSON pointer ~ is written ~0 and / inside a name ~1");
      }
      text += escape ? (part[++i] == '0' ? '~' : '/') : part[i];
    }
    return text;
  }

  std::vector<std::string> path_;
};

}  // namespace weir::operators
