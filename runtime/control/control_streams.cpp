// The routes of streams: which there are, and their records.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/control/bytes_json.hpp"
#include "runtime/control/control_api.hpp"
#include "runtime/control/read_query.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/request.hpp"
#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t wait_ns_max = 30'000'000'000;

json position_json(std::uint64_t log, std::uint64_t lsn) { return position_text({log, lsn, 0}); }

json to_json(const stream_status& s) {
  json j{{"name", s.name},
         {"topology", s.topology},
         {"operator", s.producer},
         {"persist", !s.inlined},
         {"dead_letters", s.dead_letters},
         {"partitions", json::array()},
         {"subscribers", s.subscribers}};
  for (const stream_partition& p : s.partitions) {
    json one{{"partition", p.partition}, {"log", nullptr}, {"earliest", nullptr}, {"newest", nullptr}};
    if (!s.inlined) {
      one["log"] = p.log;
      if (p.first_lsn <= p.last_lsn) one["earliest"] = position_json(p.log, p.first_lsn);
      if (p.last_lsn > 0) one["newest"] = position_json(p.log, p.last_lsn);
    }
    j["partitions"].push_back(std::move(one));
  }
  return j;
}

json to_json(const read_record& r) {
  json j{{"position", position_text(r.position)}, {"partition", r.partition}, {"time", r.time}};
  add_bytes(j, "key", r.key);
  add_bytes(j, "value", r.value);
  return j;
}

/// How long the request may be answered later; 0 where it is to be at once.
result<std::chrono::nanoseconds> read_wait(const http_request& asked, const read_request& what) {
  const auto found = asked.params.find("wait");
  if (found == asked.params.end()) return std::chrono::nanoseconds(0);
  const auto ns = topology::parse_duration(found->second);
  if (!ns || *ns > wait_ns_max)
    return wrong(
        fmt::format("'wait' is {}; it must be {}, at most {}", topology::quoted(found->second), topology::duration_form, topology::duration_text(wait_ns_max)));
  // Elsewhere "now" would be another moment at the next try.
  return std::chrono::nanoseconds(what.from == read_from::positions ? *ns : 0);
}

http_response streams(node_commands& node, const http_request&) {
  json j{{"streams", json::array()}};
  for (const stream_status& s : node.streams()) j["streams"].push_back(to_json(s));
  return json_reply(j);
}

http_response records(node_commands& node, const http_request& asked) {
  const auto what = read_query(asked);
  if (!what) return error_response(what.why());
  const auto wait = read_wait(asked, *what);
  if (!wait) return error_response(wait.why());
  const auto page = node.read_stream(asked.name("s"), *what);
  if (!page) {
    std::vector<std::string> known;
    for (const stream_status& s : node.streams()) known.push_back(s.name);
    const bool unknown = page.why().code == error_code::usage && std::find(known.begin(), known.end(), asked.name("s")) == known.end();
    return error_response(page.why(), unknown ? 404 : 0);
  }
  if (page->next == what->positions && asked.waited < *wait) return {.again = true};
  json j{{"stream", asked.name("s")}, {"records", json::array()}, {"next", positions_text(page->next)}, {"more", page->more}};
  if (!page->all_searched) j["searched_all"] = false;
  for (const read_record& r : page->records) j["records"].push_back(to_json(r));
  return json_reply(j);
}

}  // namespace

void control_api::add_stream_routes(router& to) {
  to.add({.pattern = "/v1/streams", .where = lane::reads, .handle = with_node(streams)});
  to.add({.pattern = "/v1/streams/{s}/records",
          .where = lane::reads,
          .params = {"from", "newest", "partition", "key", "limit", "wait"},
          .handle = with_node(records)});
}

}  // namespace weir::runtime
