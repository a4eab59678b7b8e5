// weir tail: the records of a stream.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/cli/record_text.hpp"
#include "runtime/cli/remote.hpp"
#include "runtime/cli/standard_streams.hpp"
#include "runtime/control/router.hpp"
#include "runtime/node/streams.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;
using runtime::percent_encoded;

constexpr std::uint64_t shown_default = 10;
constexpr std::uint64_t page_records = runtime::read_request::records_limit;
constexpr const char* follow_wait = "5s";  ///< So soon a pipe that was closed is noticed.

struct tail_options {
  remote_options remote;
  std::string stream;
  std::string from;
  std::optional<std::uint64_t> partition;
  std::string key;
  bool has_key = false;
  std::uint64_t count = 0;
  bool has_count = false;
  bool follow = false;
  bool positions = false;
  record_format format = record_format::text;
};

std::string target_of(const tail_options& o, const std::string& from_query, std::uint64_t limit) {
  std::string target = "/v1/streams/" + percent_encoded(o.stream) + "/records?" + from_query;
  if (from_query.find("newest=") == std::string::npos) target += fmt::format("&limit={}", std::min(limit, page_records));
  if (o.partition) target += fmt::format("&partition={}", *o.partition);
  if (o.has_key) target += "&key=" + percent_encoded(o.key);
  return target;
}

/// As a whole, so that no line is written in part when the command is interrupted.
void write_out(const std::string& lines) {
  (void)std::fwrite(lines.data(), 1, lines.size(), stdout);
  flush_output();
}

int tail(const tail_options& o) {
  if (o.stream.empty()) return complain({error_code::usage, "STREAM is empty; weir validate and weir get show the streams of a topology"});
  const bool newest = o.from.empty();
  const std::uint64_t count = o.has_count ? o.count : shown_default;
  if (newest && count > runtime::read_request::records_limit)
    return complain({error_code::usage, fmt::format("-n {}: without --from at most {} are shown; --from earliest shows all there are", count,
                                                    runtime::read_request::records_limit)});
  const bool limited = newest ? !o.follow : o.has_count;
  std::uint64_t left = limited ? count : UINT64_MAX;
  if (left == 0) return 0;
  std::string query = newest && count > 0 ? fmt::format("newest={}", count) : "from=" + percent_encoded(newest ? "latest" : o.from);
  for (;;) {
    const auto page = ask_json(o.remote, http_verb::get, target_of(o, query, left));
    if (!page) return complain(page.why());
    std::string lines;
    for (const json& r : page->at("records")) lines += record_line(r, o.format, o.positions);
    write_out(lines);
    if (!page->value("searched_all", true)) warn("only the newest part of the stream was searched; --from earliest searches all of it");
    if (limited) left -= std::min<std::uint64_t>(left, page->at("records").size());
    const bool more = page->at("more");
    if (left == 0 || (!more && !o.follow)) return 0;
    query = "from=" + page->at("next").get<std::string>();
    if (more) continue;
    if (!output_is_open()) return 1;
    query += fmt::format("&wait={}", follow_wait);
  }
}

}  // namespace

void add_tail(CLI::App& app, action& chosen) {
  static tail_options o;
  CLI::App* const command = app.add_subcommand("tail", "Prints the records of a stream, as far as they are durable");
  command->footer(
      "Examples:\n  weir tail delays\n  weir tail delays -n 100 --follow\n  weir tail delays --from earliest --key ATL --format json\n"
      "  weir tail delays --from 3:120:7 -n 1\n"
      "text: the key, a tab and the value, the value alone where the key is empty; line ends, control characters and what is no UTF-8 as \\n, \\t, \\xHH. hex: "
      "both,\n"
      "always. json: an object a line, with position, partition and time, and exact: what is no UTF-8 is in key_base64 or value_base64 instead.\n"
      "A position is LOG:LSN:INDEX; its log is one partition's, and --from reads that one: several with commas between them for several.");
  command->add_option("STREAM", o.stream, "Its name in the manifest; TOPOLOGY.OPERATOR.dead-letters for dead letters")->required();
  command->add_option("--from", o.from, "From there on: earliest, latest (only with --follow of use) or a position; without it the newest are shown")
      ->type_name("earliest|latest|POSITION");
  add_number(
      *command, "--partition", [](std::uint64_t n) { o.partition = n; }, "Only of this partition; of all by default", 0, UINT32_MAX);
  command->add_option_function<std::string>(
      "--key",
      [](const std::string& key) {
        o.key = key;
        o.has_key = true;
      },
      "Only records with exactly this key");
  const auto take_count = [](std::uint64_t n) {
    o.count = n;
    o.has_count = true;
  };
  add_number(*command, "-n", take_count, "The newest so many, 10 by default; with --from at most so many, then it ends, all by default");
  command->add_flag("-f,--follow", o.follow, "Goes on with what comes, until interrupted");
  command->add_flag("--positions", o.positions, "text, hex: in front of each line, the record's position");
  add_choice(*command, "--format", o.format, {{"text", record_format::text}, {"hex", record_format::hex}, {"json", record_format::json}},
             "How to print a record");
  add_remote(*command, o.remote);
  command->callback([&chosen] {
    if (o.remote.format == output_format::json) o.format = record_format::json;
    chosen = [] { return tail(o); };
  });
}

}  // namespace weir::cli
