// JSON strings and pointers as plain text. Pure functions; any thread; linear.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::operators {

/// The number that four hexadecimal digits write.
inline std::optional<std::uint32_t> four_hex(std::string_view text) {
  if (text.size() < 4) return {};
  std::uint32_t number = 0;
  for (const char c : text.substr(0, 4)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return {};
    number = number * 16 + static_cast<std::uint32_t>(digit);
  }
  return number;
}

inline void append_utf8(std::uint32_t code, std::string& text) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

/// What stands after `\u`, from text[at] on (four digits; of a surrogate both halves); `at` becomes the last byte's index. False where it is broken.
inline bool append_escaped(std::string_view text, std::size_t& at, std::string& out) {
  auto code = four_hex(text.substr(at));
  if (!code) return false;
  at += 3;
  if (*code >= 0xd800 && *code < 0xdc00) {
    if (text.substr(at + 1, 2) != "\\u") return false;
    const auto low = four_hex(text.substr(at + 3));
    if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
    code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
    at += 6;
  } else if (*code >= 0xdc00 && *code <= 0xdfff) {
    return false;
  }
  append_utf8(*code, out);
  return true;
}

/// The content of a string, given as it is written between its quotation marks: a view of `raw` where it holds no escapes, else of `scratch`. Nothing where an
/// escape is broken.
inline std::optional<std::string_view> plain_text(std::string_view raw, std::string& scratch) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  static constexpr std::string_view letters = "\"\\/bfnrt";
  static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  scratch.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      scratch += raw[i];
      continue;
    }
    if (++i == raw.size()) return {};
    if (raw[i] == 'u') {
      if (!append_escaped(raw, ++i, scratch)) return {};
      continue;
    }
    const std::size_t known = letters.find(raw[i]);
    if (known == std::string_view::npos) return {};
    scratch += meanings[known];
  }
  return std::string_view(scratch);
}

/// The names of a JSON pointer (RFC 6901), which begins with '/'. Throws std::invalid_argument that begins with `what`, the pointer's place.
inline std::vector<std::string> pointer_path(std::string_view pointer, const std::string& what) {
  std::vector<std::string> path;
  for (std::size_t from = 1; from <= pointer.size();) {
    const std::size_t to = std::min(pointer.find('/', from), pointer.size());
    std::string& name = path.emplace_back();
    for (std::size_t i = from; i < to; ++i) {
      const bool escape = pointer[i] == '~';
      if (escape && (i + 1 == to || (pointer[i + 1] != '0' && pointer[i + 1] != '1'))) {
        throw std::invalid_argument(what + ": in a JSON pointer ~ is written ~0 and / inside a name ~1");
      }
      name += escape ? (pointer[++i] == '0' ? '~' : '/') : pointer[i];
    }
    from = to + 1;
  }
  return path;
}

}  // namespace weir::operators
