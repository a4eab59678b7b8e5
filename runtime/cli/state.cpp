// weir state get: the value of a key in an operator's state.
#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/cli/remote.hpp"
#include "runtime/control/router.hpp"
#include "topology/names.hpp"
#include "topology/text_table.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;

enum class value_format : std::uint8_t { best, text, hex, json };

constexpr std::uint64_t limit_max = 1000;

struct state_options {
  remote_options remote;
  std::string target;
  std::string state;
  std::string key;
  std::optional<std::string> subkey;
  std::optional<std::uint64_t> partition;
  std::uint64_t limit = 100;
  bool hex_key = false;
  value_format format = value_format::best;
};

result<std::string> bytes_of(const std::string& given, bool hex) {
  if (!hex) return given;
  std::string percent;
  for (std::size_t i = 0; i < given.size(); i += 2) percent += "%" + given.substr(i, 2);
  auto bytes = given.size() % 2 == 0 ? runtime::percent_decoded(percent) : result<std::string>(error{});
  if (!bytes) return error{error_code::usage, fmt::format("{} is not hexadecimal; it needs two digits a byte, like 0a1f", topology::quoted(given))};
  return bytes;
}

/// Escaped, so that it stays on its line and can be told from hex.
std::string text_of(const json& bytes) {
  if (bytes.at("text").is_null()) return "0x" + bytes.at("hex").get<std::string>();
  std::string text;
  for (const char c : bytes.at("text").get<std::string>()) text += c == '\n' ? std::string("\\n") : c == '\t' ? std::string("\\t") : std::string(1, c);
  return text;
}

/// Whole numbers as such; what would be far beyond those that are counted is more likely a floating-point number, and shown as both.
std::string number_text(const json& n) {
  const auto shown = n.at("unsigned").get<std::uint64_t>();
  const auto with_sign = n.at("signed").get<std::int64_t>();
  std::string text = with_sign < 0 ? std::to_string(with_sign) : std::to_string(shown);
  constexpr std::uint64_t counted_max = 1u << 24;
  constexpr double small = 1e-9;
  constexpr double large = 1e15;
  if (n.contains("float") && (with_sign < 0 || shown > counted_max)) {
    const double d = n.at("float").get<double>();
    if (std::abs(d) > small && std::abs(d) < large) text += fmt::format(" (as floating point {})", d);
  }
  return text;
}

std::string value_text(const json& value, value_format format) {
  const json& bytes = value.at("value");
  if (format == value_format::hex) return bytes.at("hex").get<std::string>();
  if (format == value_format::best && value.contains("number")) {
    if (!value.at("number").is_null()) return number_text(value.at("number"));
    return "0x" + bytes.at("hex").get<std::string>();
  }
  return text_of(bytes);
}

void print_values(const json& values, value_format format) {
  const bool alone = values.size() == 1 && values[0].at("subkey").at("hex").get<std::string>().empty();
  if (alone) {
    fmt::print("{}\n", value_text(values[0], format));
    return;
  }
  topology::text_table table;
  table.add({"PARTITION", "SUB-KEY", "VALUE"});
  for (const json& v : values) table.add({std::to_string(v.at("partition").get<int>()), text_of(v.at("subkey")), value_text(v, format)});
  fmt::print("{}", table.text());
}

error not_there(const state_options& o, const json& answer) {
  std::string where = answer.at("asked").size() == 1 ? fmt::format("partition {}", answer.at("asked")[0].get<int>()) : "any partition";
  return {error_code::failed, fmt::format("state {} of {} holds nothing for key {}{} in {}", topology::quoted(o.state), o.target, topology::quoted(o.key),
                                          o.subkey ? " and sub-key " + topology::quoted(*o.subkey) : "", where)};
}

result<std::string> path_of(const state_options& o) {
  auto path = operator_path(o.target);
  if (!path) return path;
  const auto key = bytes_of(o.key, o.hex_key);
  const auto subkey = bytes_of(o.subkey.value_or(""), o.hex_key);
  if (!key) return key.why();
  if (!subkey) return subkey.why();
  using runtime::percent_encoded;
  *path += fmt::format("/states/{}?key={}&limit={}", percent_encoded(o.state), percent_encoded(*key), o.limit);
  if (o.subkey) *path += "&subkey=" + percent_encoded(*subkey);
  if (o.partition) *path += fmt::format("&partition={}", *o.partition);
  return path;
}

int get(const state_options& o) {
  const auto path = path_of(o);
  if (!path) return complain(path.why());
  const auto answered = ask_json(o.remote, http_verb::get, *path);
  if (!answered) return complain(answered.why());
  const bool as_json = o.remote.format == output_format::json || o.format == value_format::json;
  const bool any = !answered->at("values").empty();
  if (as_json)
    print_json(*answered);
  else if (any)
    print_values(answered->at("values"), o.format);
  if (!any) return complain(not_there(o, *answered));
  if (answered->at("more").get<bool>() && !as_json) warn("there is more; --limit asks for up to 1000 values, --subkey for one");
  return 0;
}

}  // namespace

void add_state(CLI::App& app, action& chosen) {
  static state_options o;
  CLI::App* const state = app.add_subcommand("state", "Looks into the state of an operator that runs");
  state->require_subcommand(1);
  state->footer("Example:\n  weir state get words/count count light");
  CLI::App* const command = state->add_subcommand("get", "Prints what a state holds for a key; exit status 1 where that is nothing");
  command->footer(
      "Examples:\n  weir state get words/count count light\n  weir state get flights/board seen AA-1 --subkey 2015-02-07 --format hex\n"
      "  weir state get flights/lines files ''\n"
      "Asked between two steps, so it may show what is not durable yet. A value of fixed size is shown as a number where it has 1, 2, 4 or 8 bytes, else in "
      "hex: weir knows its size and not its type. Other values are shown as text, in hex where they are none.");
  command->add_option("TOPOLOGY/OPERATOR", o.target, "Of `weir list`")->required();
  command->add_option("STATE", o.state, "Of `weir describe`")->required();
  command->add_option("KEY", o.key, "As it is, or in hex with --hex-key")->required();
  command->add_option("--subkey", o.subkey, "Only that sub-key; else the key's own value and those of its sub-keys")->type_name("SUB-KEY");
  add_number(
      *command, "--partition", [](std::uint64_t n) { o.partition = n; },
      "Only there; else where the key belongs, or everywhere where the key does not say that", 0, UINT32_MAX);
  add_number(
      *command, "--limit", [](std::uint64_t n) { o.limit = n; }, "Values at most, up to 1000", 1, limit_max)
      ->default_str(std::to_string(o.limit));
  command->add_flag("--hex-key", o.hex_key, "KEY and SUB-KEY are hexadecimal");
  add_choice(*command, "--format", o.format,
             {{"best", value_format::best}, {"text", value_format::text}, {"hex", value_format::hex}, {"json", value_format::json}}, "How values are shown");
  add_remote(*command, o.remote);
  command->callback([&chosen] { chosen = [] { return get(o); }; });
}

}  // namespace weir::cli
