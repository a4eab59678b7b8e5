// The routes of an operator's dead letters: read them, drop them, have them taken once more.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/control/bytes_json.hpp"
#include "runtime/control/control_api.hpp"
#include "runtime/control/read_query.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/request.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

json to_json(const dead_letter& l) {
  json j{{"position", position_text(l.position)}, {"partition", l.partition}, {"time", l.time}};
  add_bytes(j, "key", l.key);
  if (l.raw) {
    add_bytes(j, "raw", *l.raw);
    return j;
  }
  j["hook"] = l.hook;
  add_bytes(j, "error", l.error);
  j["generation"] = l.generation;
  if (l.of.log != 0) {
    j["record"] = position_text(l.of);
    add_bytes(j, "value", l.value);
  } else {
    j["timer"] = {{"kind", l.processing_time ? "processing_time" : "event_time"}};
    add_bytes(j["timer"], "subkey", l.subkey);
  }
  return j;
}

http_response letters(node_commands& node, const http_request& asked) {
  const auto what = read_query(asked);
  if (!what) return error_response(what.why());
  found_target target = find_target(node, asked);
  if (target.missing) return std::move(*target.missing);
  const auto page = node.dead_letters(target.what, *what);
  if (!page) return error_response(page.why());
  json j{{"dead_letters", json::array()}, {"next", positions_text(page->next)}, {"more", page->more}};
  for (const dead_letter& l : page->letters) j["dead_letters"].push_back(to_json(l));
  return json_reply(j);
}

http_response drop(node_commands& node, const http_request& asked) {
  const auto body = read_object(asked.body, {"positions", "all"});
  if (!body) return error_response(body.why());
  const auto all = read_flag(*body, "all");
  if (!all) return error_response(all.why());
  std::vector<record_position> which;
  const auto given = body->find("positions");
  if (*all == (given != body->end())) return bad_request("say either 'all': true or 'positions', a list of them");
  if (!*all) {
    if (!given->is_array() || given->empty()) return bad_request("'positions' must be a list of positions, which are not none");
    for (const json& one : *given) {
      const auto p = one.is_string() ? parse_position(one.get<std::string>()) : std::nullopt;
      const std::string said = one.is_string() ? one.get<std::string>() : one.dump();
      if (!p) return bad_request(fmt::format("{} is no position LOG:LSN:INDEX", topology::quoted(said)));
      which.push_back(*p);
    }
  }
  found_target target = find_target(node, asked);
  if (target.missing) return std::move(*target.missing);
  const auto dropped = node.drop_dead_letters(target.what, which);
  return dropped ? json_reply({{"dropped", *dropped}}) : error_response(dropped.why());
}

http_response replay(node_commands& node, const http_request& asked) {
  if (!asked.body.empty() && asked.body != "{}") return bad_request("all dead letters are replayed, so there is nothing to say: the body must be empty or {}");
  found_target target = find_target(node, asked);
  if (target.missing) return std::move(*target.missing);
  const auto done = node.replay_dead_letters(target.what);
  return done ? json_reply({{"replayed", done->replayed}, {"failed_again", done->failed_again}}) : error_response(done.why());
}

}  // namespace

void control_api::add_dead_letter_routes(router& to) {
  const std::string base = "/v1/topologies/{t}/operators/{o}/dead-letters";
  to.add({.pattern = base, .where = lane::reads, .params = {"from", "partition", "key", "limit"}, .handle = with_node(letters)});
  to.add({.verb = http_verb::post, .pattern = base + "/drop", .where = lane::commands, .handle = with_node(drop)});
  to.add({.verb = http_verb::post, .pattern = base + "/replay", .where = lane::commands, .handle = with_node(replay)});
}

}  // namespace weir::runtime
