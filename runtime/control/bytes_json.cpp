#include "runtime/control/bytes_json.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "topology/utf8.hpp"

namespace weir::runtime {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr const char* suffix = "_base64";

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = topology::utf8_length(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

std::string base64_text(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (k < here ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= here ? digits[three >> (18 - 6 * k) & 63u] : '=';
  }
  return text;
}

std::optional<std::string> base64_bytes(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  std::uint32_t held = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = i < text.size() - padding ? digits.find(text[i]) : 0;
    if (digit == std::string_view::npos) return std::nullopt;
    held = held << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 != 3) continue;
    for (const unsigned shift : {16u, 8u, 0u}) bytes += static_cast<char>(held >> shift & 0xffu);
    held = 0;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

void add_bytes(nlohmann::ordered_json& to, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes))
    to[name] = bytes;
  else
    to[name + suffix] = base64_text(bytes);
}

std::optional<std::string> bytes_of(const nlohmann::ordered_json& from, const std::string& name) {
  if (const auto plain = from.find(name); plain != from.end() && plain->is_string()) return plain->get<std::string>();
  const auto coded = from.find(name + suffix);
  if (coded == from.end() || !coded->is_string()) return std::nullopt;
  return base64_bytes(coded->get<std::string>());
}

}  // namespace weir::runtime
