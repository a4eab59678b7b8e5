// weir submit and get: a node's topologies as manifests.
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "runtime/cli/remote.hpp"
#include "topology/defaults.hpp"
#include "topology/text_table.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;

struct submit_options {
  remote_options remote;
  std::vector<std::string> manifests;
  bool dry_run = false;
  bool override_all = false;
};

struct get_options {
  remote_options remote;
  std::string topology;
};

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// What of this process's environment the text names: the rest of it is nobody's business.
json variables_of(const std::string& text) {
  json variables = json::object();
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 1)) {
    std::size_t end = at + 2;
    while (end < text.size() && is_name_character(text[end])) ++end;
    const std::string name = text.substr(at + 2, end - at - 2);
    if (const char* const value = std::getenv(name.c_str()); value != nullptr && !name.empty()) variables[name] = value;
  }
  return variables;
}

result<json> read_source(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rbe"), &std::fclose);
  std::string text(topology::manifest_bytes_max + 1, '\0');  // No more of it than shows that it is too much: it may have no end.
  if (in) text.resize(std::fread(text.data(), 1, text.size(), in.get()));
  if (!in || std::ferror(in.get()) != 0) return error{error_code::usage, file + ": cannot be read; check its name and permissions"};
  if (text.size() > topology::manifest_bytes_max)
    return error{error_code::usage, fmt::format("{}: a manifest has at most {} bytes", file, topology::manifest_bytes_max)};
  return json{{"text", text}, {"file", std::filesystem::absolute(file).lexically_normal().string()}, {"variables", variables_of(text)}};
}

int submit(const submit_options& o) {
  json body{{"manifests", json::array()}, {"dry_run", o.dry_run}, {"override", o.override_all}, {"by", user()}};
  for (const std::string& file : o.manifests) {
    auto source = read_source(file);
    if (!source) return complain(source.why());
    body["manifests"].push_back(std::move(*source));
  }
  const auto done = ask_json(o.remote, http_verb::post, "/v1/topologies", body.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!done) return complain(done.why());
  if (o.remote.format == output_format::json) {
    print_json(*done);
    return 0;
  }
  topology::text_table table;
  for (const json& c : done->at("changes"))
    table.add({c.at("change"), c.at("topology").get<std::string>() + "/" + c.at("operator").get<std::string>(), c.at("why")});
  fmt::print("{}", table.text());
  return 0;
}

int get(const get_options& o) {
  const auto path = target_path(o.topology);
  if (!path) return complain(path.why());
  if (o.topology.find('/') != std::string::npos)
    return complain({error_code::usage, "only whole topologies have a manifest; give TOPOLOGY without an operator"});
  const auto text = ask(o.remote, http_verb::get, *path + "/manifest");
  if (!text) return complain(text.why());
  if (o.remote.format == output_format::json)
    print_json({{"topology", o.topology}, {"manifest", *text}});
  else
    fmt::print("{}", *text);
  return 0;
}

}  // namespace

void add_submit(CLI::App& app, action& chosen) {
  static submit_options o;
  CLI::App* const command = app.add_subcommand("submit", "Makes a node's topologies equal to manifests, and prints the difference");
  command->footer(
      "Examples:\n  weir submit topology.yaml --dry-run\n  weir submit topology.yaml\n"
      "Each operator is created, replaced, removed or unchanged. What cannot be done while it runs is refused, and then nothing is done.");
  command->add_option("FILE", o.manifests, "Manifests; other topologies of the node stay as they are")->required();
  command->add_flag("--dry-run", o.dry_run, "Only print the difference");
  command->add_flag("--override", o.override_all, "Also undo what was deployed or rolled back by hand since");
  add_remote(*command, o.remote);
  command->callback([&chosen] { chosen = [] { return submit(o); }; });
}

void add_get(CLI::App& app, action& chosen) {
  static get_options o;
  CLI::App* const command = app.add_subcommand("get", "Prints a topology's effective manifest");
  command->footer("Example:\n  weir get flights > flights.yaml");
  command->add_option("TOPOLOGY", o.topology, "One of `weir list`")->required();
  add_remote(*command, o.remote);
  command->callback([&chosen] { chosen = [] { return get(o); }; });
}

}  // namespace weir::cli
