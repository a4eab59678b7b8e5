#include "topology/effective.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "topology/quantities.hpp"

namespace weir::topology {
namespace {

bool is_plain(const std::string& text) {
  constexpr std::string_view others = "_-./";
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto plain = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || others.find(c) != others.npos; };
  const bool whole_number = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (whole_number) return true;
  return !text.empty() && (letter(text[0]) || text[0] == '/') && std::all_of(text.begin(), text.end(), plain) && text != "null" && text != "Null" &&
         text != "NULL";
}

/// A text as YAML that comes back as it is.
std::string scalar(const std::string& text) {
  if (is_plain(text)) return text;
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    else if (c == '$' && text.compare(i, 2, "${") == 0)
      out += "$$";  // Else it would name a variable.
    else
      out += c;
  }
  return out + '"';
}

std::string list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + scalar(item);
  return "[" + out + "]";
}

void write_istreams(const operator_entry& entry, std::string& out) {
  if (entry.istreams.empty()) return;
  out += "    istreams:\n";
  for (const istream_binding& b : entry.istreams) {
    out += fmt::format("      {}: ", scalar(b.istream));
    out += b.from == start_point::earliest ? scalar(b.stream) : fmt::format("{{stream: {}, from: {}}}", scalar(b.stream), start_point_name(b.from));
    out += '\n';
  }
}

void write_operator(const operator_entry& entry, std::string& out) {
  out += fmt::format("  - name: {}\n", scalar(entry.name));
  out += entry.uses.empty() ? fmt::format("    artifact: {}\n", scalar(entry.artifact)) : fmt::format("    uses: {}\n", scalar(entry.uses));
  if (!entry.class_name.empty()) out += fmt::format("    class: {}\n", scalar(entry.class_name));
  if (entry.parallelism != parallelism_default) out += fmt::format("    parallelism: {}\n", entry.parallelism);
  write_istreams(entry, out);
  if (!entry.ostreams.empty()) out += "    ostreams:\n";
  for (const ostream_binding& b : entry.ostreams) out += fmt::format("      {}: {}\n", scalar(b.ostream), scalar(b.stream));
  if (!entry.with.empty()) out += "    with:\n";
  for (const auto& [key, value] : entry.with)
    out += fmt::format("      {}: {}\n", scalar(key), value.is_list ? list(value.items) : scalar(value.items.front()));
  std::string pins;
  for (const pinned_cpu& pin : entry.pin) pins += (pins.empty() ? "" : ", ") + std::to_string(pin.cpu);
  if (!pins.empty()) out += fmt::format("    pin: [{}]\n", pins);
  if (entry.on_error != error_policy::fail) out += fmt::format("    on_error: {}\n", error_policy_name(entry.on_error));
}

}  // namespace

std::string manifest_text(const manifest& m) {
  const bool written = std::any_of(m.operators.begin(), m.operators.end(), [](const operator_entry& entry) { return !entry.external; });
  std::string out = fmt::format("manifest: {}\ntopology: {}\n{}", manifest_version, scalar(m.topology), written ? "operators:\n" : "");
  for (const operator_entry& entry : m.operators)
    if (!entry.external) write_operator(entry, out);
  if (!m.streams.empty()) out += "streams:\n";
  for (const auto& [name, s] : m.streams)
    out += fmt::format("  {}: {{retain: {}, compress: {}{}{}}}\n", scalar(name), duration_text(s.retain_ns), s.lz4 ? "lz4" : "none",
                       s.persist ? "" : ", persist: false", s.external ? fmt::format(", external: true, partitions: {}", s.partitions) : "");
  return out;
}

}  // namespace weir::topology
