#include "runtime/control/read_query.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/control/request.hpp"
#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::runtime {

namespace {

result<void> read_positions(const std::string& text, std::vector<record_position>& into) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const auto p = parse_position(std::string_view(text).substr(begin, comma - begin));
    if (!p)
      return wrong(fmt::format("'from' is {}; it must be earliest, latest or a position LOG:LSN:INDEX as records have it, several with commas between them",
                               topology::quoted(text)));
    const bool twice = std::any_of(into.begin(), into.end(), [&](const record_position& other) { return other.log == p->log; });
    if (twice) return wrong(fmt::format("'from' names log {} twice; one position for each partition", p->log));
    into.push_back(*p);
    begin = comma + 1;
  }
  std::sort(into.begin(), into.end());  // As answers have them, so that the two can be compared.
  return {};
}

/// A parameter that is a whole number; nothing where it is not there.
result<std::optional<std::uint32_t>> read_number(const http_request& asked, const char* name, std::uint32_t low, std::uint32_t high) {
  const auto found = asked.params.find(name);
  if (found == asked.params.end()) return std::optional<std::uint32_t>();
  const auto n = topology::parse_whole(found->second, low, high);
  if (!n) return wrong(fmt::format("'{}' is {}; it must be a whole number from {} to {}", name, topology::quoted(found->second), low, high));
  return std::optional(static_cast<std::uint32_t>(*n));
}

}  // namespace

result<read_request> read_query(const http_request& asked) {
  read_request what;
  const auto partition = read_number(asked, "partition", 0, UINT32_MAX);
  const auto limit = read_number(asked, "limit", 1, read_request::records_limit);
  const auto newest = read_number(asked, "newest", 1, read_request::records_limit);
  if (!partition) return partition.why();
  if (!limit) return limit.why();
  if (!newest) return newest.why();
  what.partition = *partition;
  what.records_max = limit->value_or(what.records_max);
  if (const auto key = asked.params.find("key"); key != asked.params.end()) what.key = key->second;
  const auto from = asked.params.find("from");
  if (*newest) {
    if (from != asked.params.end()) return wrong("'newest' and 'from' are given; say one of them");
    what.from = read_from::newest;
    what.records_max = **newest;
  } else if (from != asked.params.end() && from->second == "latest") {
    what.from = read_from::latest;
  } else if (from != asked.params.end() && from->second != "earliest") {
    what.from = read_from::positions;
    if (auto read = read_positions(from->second, what.positions); !read) return read.why();
  }
  return what;
}

}  // namespace weir::runtime
