#include "runtime/cli/record_text.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "runtime/control/bytes_json.hpp"
#include "runtime/control/value_json.hpp"
#include "topology/utf8.hpp"

namespace weir::cli {

namespace {
constexpr std::int64_t ns_per_second = 1'000'000'000;
}

std::string time_text(std::int64_t ns, const char* format) {
  const std::time_t seconds = ns / ns_per_second - (ns % ns_per_second < 0 ? 1 : 0);
  std::tm utc{};
  std::array<char, 32> text{};
  if (gmtime_r(&seconds, &utc) == nullptr || std::strftime(text.data(), text.size(), format, &utc) == 0) return std::to_string(ns);
  return text.data();
}

std::string escaped(std::string_view bytes) {
  std::string line;
  while (!bytes.empty()) {
    const std::size_t size = topology::utf8_length(bytes);
    const auto first = static_cast<unsigned char>(bytes[0]);
    // Of two bytes, those that control terminals: U+0080 to U+009F.
    const bool control = size == 1 ? first < 0x20 || first == 0x7f : size == 2 && first == 0xc2 && static_cast<unsigned char>(bytes[1]) < 0xa0;
    const std::size_t taken = std::max<std::size_t>(size, 1);
    if (first == '\n')
      line += "\\n";
    else if (first == '\r')
      line += "\\r";
    else if (first == '\t')
      line += "\\t";
    else if (size == 0 || control)
      for (const char c : bytes.substr(0, taken)) line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      line += bytes.substr(0, size);
    bytes.remove_prefix(taken);
  }
  return line;
}

std::string record_line(const nlohmann::ordered_json& record, record_format format, bool position) {
  if (format == record_format::json) return record.dump() + "\n";
  const std::string key = runtime::bytes_of(record, "key").value_or("");
  const std::string value = runtime::bytes_of(record, "value").value_or("");
  std::string line = position ? record.at("position").get<std::string>() + "\t" : "";
  if (format == record_format::hex)
    line += runtime::hex_of(key) + "\t" + runtime::hex_of(value);
  else
    line += (key.empty() ? "" : escaped(key) + "\t") + escaped(value);
  return line + "\n";
}

}  // namespace weir::cli
