// The route of an operator's log lines. With `wait` it answers once there are lines, or when that time is over: what follows them asks again from `next` on.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/control/control_api.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/request.hpp"
#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t wait_ns_max = 30'000'000'000;

const char* level_name(int level) {
  switch (level) {
    case WEIR_LEVEL_DEBUG: return "debug";
    case WEIR_LEVEL_INFO: return "info";
    case WEIR_LEVEL_WARNING: return "warning";
    default: return "error";
  }
}

json to_json(const log_line& l) {
  return {{"number", l.number}, {"at", l.at_ns}, {"level", level_name(l.level)}, {"partition", l.partition}, {"from", l.from_weir ? "weir" : "operator"},
          {"text", l.text}};
}

http_response lines(node_commands& node, const http_request& asked) {
  std::uint64_t from = 0;
  if (const auto given = asked.params.find("from"); given != asked.params.end()) {
    const std::string& text = given->second;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), from);
    if (failed != std::errc() || end != text.data() + text.size()) return bad_request("'from' must be the number of a line");
  }
  std::int64_t wait_ns = 0;
  if (const auto given = asked.params.find("wait"); given != asked.params.end()) {
    const auto parsed = topology::parse_duration(given->second);
    if (!parsed || *parsed > wait_ns_max)
      return bad_request(fmt::format("'wait' is {}; it must be {} of at most 30s", topology::quoted(given->second), topology::duration_form));
    wait_ns = *parsed;
  }
  // Whoever follows asks often: what else there is matters only where this is not.
  const auto found = node.lines({.topology = asked.name("t"), .name = asked.name("o")}, from);
  if (!found) {
    found_target target = find_target(node, asked);
    return target.missing ? std::move(*target.missing) : error_response(found.why());
  }
  json j{{"lines", json::array()}, {"next", found->next}, {"missing", found->missing}};
  for (const log_line& l : found->lines) j["lines"].push_back(to_json(l));
  http_response r = json_reply(j);
  r.again = found->lines.empty() && asked.waited < std::chrono::nanoseconds(wait_ns);
  return r;
}

}  // namespace

void control_api::add_log_routes(router& to) {
  to.add({.pattern = "/v1/topologies/{t}/operators/{o}/logs", .where = lane::reads, .params = {"from", "wait"}, .handle = with_node(lines)});
}

}  // namespace weir::runtime
