#include "topology/names.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

constexpr std::size_t quoted_bytes_max = 80;
constexpr std::size_t listed_max = 10;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string name_fault(std::string_view name, std::size_t bytes_max) {
  if (name.empty()) return "it is empty";
  if (name.size() > bytes_max) return fmt::format("it is {} bytes long, at most {} are allowed", name.size(), bytes_max);
  for (char c : name) {
    if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.') return "only letters, digits, '-', '_' and '.' are allowed";
  }
  if (name[0] == '-' || name[0] == '.') return "it must begin with a letter, a digit or '_'";
  return "";
}

std::string nearest_name(const std::string& name, std::span<const std::string> known) {
  std::string best;
  // A third of the letters may be wrong, and one of a short name; more is no longer a slip.
  std::size_t limit = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const auto& candidate : known) {
    std::size_t longer = std::max(name.size(), candidate.size()), shorter = std::min(name.size(), candidate.size());
    if (longer - shorter >= limit || shorter == 0) continue;
    std::size_t distance = edit_distance(name, candidate);
    if (distance >= limit || distance >= longer) continue;
    limit = distance;
    best = candidate;
  }
  return best;
}

std::string suggestion(const std::string& name, std::span<const std::string> known, const std::string& otherwise) {
  std::string nearest = nearest_name(name, known);
  return nearest.empty() ? otherwise : fmt::format("; did you mean {}?", quoted(nearest));
}

std::string quoted(std::string_view text) {
  std::string line = printable(text.substr(0, quoted_bytes_max));
  return fmt::format("'{}{}'", line, text.size() > quoted_bytes_max ? "..." : "");
}

std::string listed(std::span<const std::string> names) {
  std::string all;
  for (std::size_t i = 0; i < names.size() && i < listed_max; ++i) all += (i ? ", " : "") + names[i];
  return names.size() > listed_max ? fmt::format("{} and {} more", all, names.size() - listed_max) : all;
}

}  // namespace weir::topology
