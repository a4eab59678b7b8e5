// weir dead-letters ls, show, replay and drop: what operators could not take.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "runtime/cli/record_text.hpp"
#include "runtime/cli/remote.hpp"
#include "runtime/control/bytes_json.hpp"
#include "runtime/control/router.hpp"
#include "topology/text_table.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;

constexpr std::uint64_t page_letters = 1000;
constexpr std::size_t shown_bytes_max = 60;  ///< Of keys and errors in the table.

struct letters_options {
  remote_options remote;
  std::string target;
  std::vector<std::string> positions;
  std::uint64_t count = 100;
  bool all = false;
  bool yes = false;
};

result<std::string> path_of(const letters_options& o) {
  auto path = operator_path(o.target);
  if (path) *path += "/dead-letters";
  return path;
}

std::string member(const json& letter, const char* name) { return escaped(runtime::bytes_of(letter, name).value_or("")); }

std::string shortened(std::string text) {
  if (text.size() <= shown_bytes_max) return text;
  std::size_t end = shown_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
  return text.substr(0, end) + "…";
}

int list(const letters_options& o) {
  const auto path = path_of(o);
  if (!path) return complain(path.why());
  topology::text_table table;
  table.add({"POSITION", "TIME", "KEY", "OF", "GENERATION", "ERROR"});
  json shown = json::array();
  std::uint64_t count = 0;
  std::string from = "earliest";
  for (bool more = true; more;) {
    const auto page = ask_json(o.remote, http_verb::get, fmt::format("{}?from={}&limit={}", *path, from, page_letters));
    if (!page) return complain(page.why());
    for (const json& l : page->at("dead_letters")) {
      if (count++ >= o.count) continue;
      shown.push_back(l);
      table.add({l.at("position"), time_text(l.at("time")), shortened(member(l, "key")), l.contains("timer") ? "timer" : l.value("record", ""),
                 std::to_string(l.value("generation", 0u)), shortened(member(l, "error"))});
    }
    more = page->at("more");
    from = page->at("next").get<std::string>();
  }
  if (o.remote.format == output_format::json) {
    print_json({{"count", count}, {"dead_letters", shown}});
    return 0;
  }
  if (count > 0) fmt::print("{}", table.text());
  fmt::print("{} dead letters{}\n", grouped(count), count > o.count ? fmt::format(", the first {} shown; -n shows more", grouped(o.count)) : "");
  return 0;
}

void print_letter(const json& l) {
  const auto line = [](const char* name, const std::string& value) { fmt::print("{:<12}{}\n", name, value); };
  line("position", l.at("position"));
  line("partition", std::to_string(l.at("partition").get<std::uint32_t>()));
  line("time", fmt::format("{} ({} ns)", time_text(l.at("time")), l.at("time").get<std::int64_t>()));
  line("key", member(l, "key"));
  if (l.contains("raw") || l.contains("raw_base64")) return line("unreadable", member(l, "raw"));
  line("error", member(l, "error"));
  line("hook", l.at("hook"));
  line("generation", std::to_string(l.at("generation").get<std::uint32_t>()));
  if (l.contains("timer")) {
    line("timer", l.at("timer").at("kind"));
    line("subkey", member(l.at("timer"), "subkey"));
  } else {
    line("record", l.at("record"));
    line("value", member(l, "value"));
  }
}

int show(const letters_options& o) {
  const auto path = path_of(o);
  if (!path) return complain(path.why());
  const std::string& position = o.positions.at(0);
  const auto page = ask_json(o.remote, http_verb::get, fmt::format("{}?from={}&limit=1", *path, runtime::percent_encoded(position)));
  if (!page) return complain(page.why());
  const json& letters = page->at("dead_letters");
  if (letters.empty() || letters[0].at("position") != position)
    return complain({error_code::usage, fmt::format("no dead letter is at {}; see weir dead-letters ls {}", position, o.target)});
  if (o.remote.format == output_format::json)
    print_json(letters[0]);
  else
    print_letter(letters[0]);
  return 0;
}

int replay(const letters_options& o) {
  const auto path = path_of(o);
  if (!path) return complain(path.why());
  const auto done = ask_json(o.remote, http_verb::post, *path + "/replay", "{}");
  if (!done) return complain(done.why());
  if (o.remote.format == output_format::json) {
    print_json(*done);
    return 0;
  }
  const auto failed_again = done->at("failed_again").get<std::uint64_t>();
  fmt::print("{} dead letters of {} replayed{}\n", grouped(done->at("replayed").get<std::uint64_t>()), o.target,
             failed_again == 0 ? std::string() : fmt::format(", {} new ones made", grouped(failed_again)));
  return 0;
}

int drop(const letters_options& o) {
  const auto path = path_of(o);
  if (!path) return complain(path.why());
  if (o.all == !o.positions.empty()) return complain({error_code::usage, "say which dead letters to drop: positions of `weir dead-letters ls`, or --all"});
  if (!o.yes)
    return complain({error_code::usage, fmt::format("drop gives up {} of {} for good; say --yes if that is meant",
                                                    o.all ? std::string("all dead letters") : fmt::format("{} dead letters", o.positions.size()), o.target)});
  const json body = o.all ? json{{"all", true}} : json{{"positions", o.positions}};
  const auto done = ask_json(o.remote, http_verb::post, *path + "/drop", body.dump());
  if (!done) return complain(done.why());
  if (o.remote.format == output_format::json)
    print_json(*done);
  else
    fmt::print("{} dead letters of {} dropped\n", grouped(done->at("dropped").get<std::uint64_t>()), o.target);
  return 0;
}

CLI::App* add_command(CLI::App& parent, const char* word, const char* help, const char* example, letters_options& o) {
  CLI::App* const sub = parent.add_subcommand(word, help);
  sub->footer(example);
  sub->add_option("TOPOLOGY/OPERATOR", o.target, "Of `weir list`; its `on_error` is, or was, dead_letter")->required();
  add_remote(*sub, o.remote);
  return sub;
}

}  // namespace

void add_dead_letters(CLI::App& app, action& chosen) {
  static letters_options o;
  CLI::App* const letters = app.add_subcommand("dead-letters", "What an operator with on_error: dead_letter could not take");
  letters->require_subcommand(1);
  letters->footer("Example:\n  weir dead-letters ls flights/board\nOperators may subscribe to them as a stream, here flights.board.dead-letters.");
  CLI::App* const ls = add_command(*letters, "ls", "Lists them: position, time, key, what it was made of, error; and how many there are",
                                   "Example:\n  weir dead-letters ls flights/board -n 20", o);
  add_number(
      *ls, "-n", [](std::uint64_t n) { o.count = n; }, "At most so many lines; all are counted")
      ->default_str(std::to_string(o.count));
  ls->callback([&chosen] { chosen = [] { return list(o); }; });
  CLI::App* const one = add_command(*letters, "show", "Prints all there is of one", "Example:\n  weir dead-letters show flights/board 3:120:0", o);
  one->add_option("POSITION", o.positions, "Of `weir dead-letters ls`")->required()->expected(1);
  one->callback([&chosen] { chosen = [] { return show(o); }; });
  CLI::App* const again =
      add_command(*letters, "replay", "The operator is given them once more, each once, in their order, as if they came now; what fails again is a new one",
                  "Example:\n  weir deploy flights/board build/libflights_fixed.so && weir dead-letters replay flights/board\n"
                  "Records keep their time and position, so most will be late. All that there are now are taken; drop first what is not to be.",
                  o);
  again->callback([&chosen] { chosen = [] { return replay(o); }; });
  CLI::App* const away =
      add_command(*letters, "drop", "They are done with: not listed again, and they keep no space in the journal",
                  "Examples:\n  weir dead-letters drop flights/board 3:120:0 3:124:1 --yes\n  weir dead-letters drop flights/board --all --yes\n"
                  "Operators that subscribe to the stream of dead letters get them all the same.",
                  o);
  away->add_option("POSITION", o.positions, "Of `weir dead-letters ls`");
  away->add_flag("--all", o.all, "All that there are now");
  away->add_flag("--yes", o.yes, "Really drop");
  away->callback([&chosen] { chosen = [] { return drop(o); }; });
}

}  // namespace weir::cli
