#include "runtime/control/value_json.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "topology/utf8.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

bool is_text(std::string_view bytes) {
  const auto shown = [](char c) { return c == '\t' || c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); };
  return std::all_of(bytes.begin(), bytes.end(), shown) && topology::is_text(bytes);
}

template <class T>
T as(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

template <class Unsigned, class Signed>
json whole(std::string_view bytes) {
  return {{"unsigned", as<Unsigned>(bytes)}, {"signed", as<Signed>(bytes)}};
}

template <class Unsigned, class Signed, class Float>
json with_float(std::string_view bytes) {
  json j = whole<Unsigned, Signed>(bytes);
  if (const Float f = as<Float>(bytes); std::isfinite(f)) j["float"] = f;
  return j;
}

}  // namespace

json bytes_json(std::string_view bytes) {
  json j{{"text", nullptr}, {"hex", hex_of(bytes)}};
  if (is_text(bytes)) j["text"] = bytes;
  return j;
}

json number_json(std::string_view bytes) {
  switch (bytes.size()) {
    case 1: return whole<std::uint8_t, std::int8_t>(bytes);
    case 2: return whole<std::uint16_t, std::int16_t>(bytes);
    case 4: return with_float<std::uint32_t, std::int32_t, float>(bytes);
    case 8: return with_float<std::uint64_t, std::int64_t, double>(bytes);
    default: return nullptr;
  }
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

}  // namespace weir::runtime
