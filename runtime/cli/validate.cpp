#include <fmt/core.h>

#include "runtime/cli/commands.hpp"
#include "runtime/operator/module.hpp"

namespace weir::cli {

namespace {

struct validate_options {
  std::vector<std::string> manifests;
  std::string cores;
  bool dot = false;
  bool mermaid = false;
  output_format format = output_format::table;
};

int validate(const validate_options& o) {
  auto cores = read_cores(o.cores);
  if (!cores) return complain(cores.why());
  auto manifests = read_manifests(o.manifests);
  if (!manifests) return complain(manifests.why());
  runtime::module_set modules(runtime::standard_operators_path());
  const auto plan = topology::make_plan(*manifests, modules.lookup(), *cores);
  if (!plan) return complain(plan.why());
  if (o.dot)
    fmt::print("{}", topology::draw_dot(*plan));
  else if (o.mermaid)
    fmt::print("{}", topology::draw_mermaid(*plan));
  else if (o.format == output_format::json)
    fmt::print("{}", topology::draw_json(*plan));
  else
    fmt::print("{}", topology::draw_text(*plan));
  return 0;
}

}  // namespace

void add_validate(CLI::App& app, action& chosen) {
  static validate_options o;
  CLI::App* const command = app.add_subcommand("validate", "Checks manifests with their modules and explains operators, streams, partitions and placement");
  command->footer("Examples:\n  weir validate topology.yaml\n  weir validate topology.yaml --dot | dot -Tsvg > topology.svg");
  command->add_option("FILE", o.manifests, "Manifests, checked as one node's graph")->required();
  command->add_option("--cores", o.cores, "CPUs to place partitions on, like 0,1 or 0-3; all by default");
  auto* const dot = command->add_flag("--dot", o.dot, "Print the graph for Graphviz");
  command->add_flag("--mermaid", o.mermaid, "Print the graph for Mermaid")->excludes(dot);
  add_output(*command, o.format);
  command->callback([&chosen] { chosen = [] { return validate(o); }; });
}

}  // namespace weir::cli
