// weir describe: what a module, or one standard operator, declares. Loads the module and asks its metadata; nothing of it is run.
#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>

#include "runtime/cli/commands.hpp"
#include "runtime/operator/module.hpp"
#include "topology/text_table.hpp"
#include "topology/utf8.hpp"

namespace weir::cli {

namespace {

using topology::operator_metadata;
using topology::printable;
using topology::text_table;
using json = nlohmann::ordered_json;  // Members stay in the order in which they are written here.

struct describe_options {
  std::string what;
  output_format format = output_format::table;
};

/// A module as a file or as a standard operator of the module that holds those.
struct description {
  std::string module;
  std::string sdk_version;
  std::vector<operator_metadata> operators;
};

const char* type_name(std::uint32_t type) {
  constexpr std::array names{"text", "number", "boolean", "duration", "bytes", "list", "path"};
  return type < names.size() ? names[type] : "unknown";
}
const char* delivery_name(const operator_metadata& m) { return m.delivery == WEIR_DELIVERY_DURABLE ? "durable" : "eager"; }
const char* scope_name(const operator_metadata::state& s) { return s.scope == WEIR_STATE_KEYED ? "keyed" : "partition"; }

/// Names of operators have neither slashes nor a suffix, so what has one is a file.
bool is_file_name(const std::string& what) { return what.find('/') != std::string::npos || what.ends_with(".so"); }

result<description> describe_file(const std::string& path) {
  const auto module = runtime::operator_module::load(path, path);
  if (!module) return module.why();
  description d{path, (*module)->sdk_version(), {}};
  for (const weir_operator_info* op : (*module)->operators()) {
    auto metadata = runtime::read_metadata(*op);
    if (!metadata) return error{metadata.why().code, path + ": " + metadata.why().message};
    d.operators.push_back(std::move(metadata).value());
  }
  return d;
}

result<description> describe_standard(const std::string& name) {
  const std::string path = runtime::standard_module_path(runtime::standard_operators_path(), name);
  const auto module = runtime::operator_module::load(path, path);
  if (!module) return module.why();
  const auto op = (*module)->find_by_name(name);
  if (!op) return error{op.why().code, op.why().message + "; a module of your own is named by its path, as in build/libmine.so"};
  auto metadata = runtime::read_metadata(**op);
  if (!metadata) return metadata.why();
  return description{(*module)->path(), (*module)->sdk_version(), {std::move(metadata).value()}};
}

/// What the bytes of a version's values are.
template <class Version>
json form_of(const Version& v) {
  json form{{"version", v.version}, {"value", v.value == WEIR_VALUE_FIXED ? "fixed" : "bytes"}};
  if (v.value == WEIR_VALUE_FIXED) form["bytes"] = v.value_size;
  if (!v.schema.empty()) form["schema"] = v.schema;
  return form;
}

json to_json(const operator_metadata& m) {
  json j{{"name", m.name},         {"class", m.class_name},     {"version", m.version},      {"source", m.istreams.empty()}, {"delivery", delivery_name(m)},
         {"blocking", m.blocking}, {"istreams", json::array()}, {"ostreams", json::array()}, {"states", json::array()},      {"config", json::array()}};
  for (const auto& s : m.istreams) j["istreams"].push_back({{"name", s.name}, {"grouping", topology::grouping_name(s.grouping)}});
  for (const auto& name : m.ostreams) j["ostreams"].push_back({{"name", name}});
  for (const auto& s : m.states) {
    json state{{"name", s.name}, {"scope", scope_name(s)}};
    state.update(form_of(s));
    for (const auto& other : s.formers) state["from"].push_back(form_of(other));
    for (const auto& other : s.targets) state["to"].push_back(form_of(other));
    j["states"].push_back(std::move(state));
  }
  for (const auto& c : m.config) {
    json key{{"name", c.name}, {"type", type_name(c.type)}, {"required", c.required}, {"help", c.help}};
    if (!c.required) key["default"] = c.otherwise;
    j["config"].push_back(std::move(key));
  }
  return j;
}

json to_json(const description& d) {
  json j{{"module", d.module}, {"abi", WEIR_ABI_VERSION}, {"sdk", d.sdk_version}, {"operators", json::array()}};
  for (const auto& m : d.operators) j["operators"].push_back(to_json(m));
  return j;
}

/// A default as the table shows it: blanks and nothing in quotation marks, so that they can be seen.
std::string default_text(const operator_metadata::config_key& c) {
  if (c.required) return "required";
  const bool plain = !c.otherwise.empty() && c.otherwise.find_first_of(" \t\r\n\"") == std::string::npos;
  return plain ? printable(c.otherwise) : json(c.otherwise).dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class Version>
std::string size_text(const Version& v) {
  if (v.value == WEIR_VALUE_FIXED) return fmt::format("{} byte{}", v.value_size, v.value_size == 1 ? "" : "s");
  return v.schema.empty() ? "bytes of any number" : printable(v.schema);
}

/// "version 2, from version 1 (8 bytes), to version 1 (8 bytes)".
std::string versions_text(const operator_metadata::state& s) {
  std::string text = fmt::format("version {}", s.version);
  for (const auto& other : s.formers) text += fmt::format(", from version {} ({})", other.version, size_text(other));
  for (const auto& other : s.targets) text += fmt::format(", to version {} ({})", other.version, size_text(other));
  return text;
}

void print(const operator_metadata& m) {
  fmt::print("{} {} (class {}): {}, delivery {}{}\n", printable(m.name), printable(m.version), printable(m.class_name),
             m.istreams.empty()   ? "source"
             : m.ostreams.empty() ? "sink"
                                  : "operator",
             delivery_name(m), m.blocking ? ", blocking" : "");
  text_table table;
  for (const auto& s : m.istreams) table.add({"  istream", printable(s.name), topology::grouping_name(s.grouping)});
  for (const auto& name : m.ostreams) table.add({"  ostream", printable(name)});
  for (const auto& s : m.states) table.add({"  state", printable(s.name), scope_name(s), size_text(s), versions_text(s)});
  for (const auto& c : m.config) table.add({"  config", printable(c.name), type_name(c.type), default_text(c), printable(c.help)});
  fmt::print("{}", table.text());
}

int describe(const describe_options& o) {
  const auto described = is_file_name(o.what) ? describe_file(o.what) : describe_standard(o.what);
  if (!described) return complain(described.why());
  if (o.format == output_format::json) {
    fmt::print("{}\n", to_json(*described).dump(2, ' ', false, json::error_handler_t::replace));
    return 0;
  }
  fmt::print("{}: ABI {}, SDK {}\n", printable(described->module), WEIR_ABI_VERSION, printable(described->sdk_version));
  for (const auto& m : described->operators) {
    fmt::print("\n");
    print(m);
  }
  return 0;
}

}  // namespace

void add_describe(CLI::App& app, action& chosen) {
  static describe_options o;
  CLI::App* const command = app.add_subcommand("describe", "Prints what a module or standard operator declares: streams, states, config keys, ABI");
  command->footer("Examples:\n  weir describe build/libflights.so\n  weir describe file-source -o json");
  command->add_option("FILE|NAME", o.what, "A module (its path, with a slash or ending in .so), or a standard operator's name")->required();
  add_output(*command, o.format);
  command->callback([&chosen] { chosen = [] { return describe(o); }; });
}

}  // namespace weir::cli
