#include "topology/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "topology/chains.hpp"
#include "topology/graph.hpp"
#include "topology/operator_check.hpp"

namespace weir::topology {
namespace {

/// Appends a manifest's operators with what their classes declare.
result<void> collect(const manifest& m, const metadata_lookup& lookup, plan& p) {
  for (const auto& entry : m.operators) {
    if (p.operators.size() == operators_max) return fault_at(entry.where, fmt::format("more than {} operators on one node; use several nodes", operators_max));
    auto metadata = lookup(entry);
    if (!metadata) return error{metadata.why().code, entry.code_where.text() + ": " + metadata.why().message};
    for (auto* check : {check_class, check_bindings, check_config}) {
      auto checked = check(entry, *metadata);
      if (!checked) return checked;
    }
    planned_operator op;
    op.topology = m.topology;
    op.manifest_directory = m.directory;
    op.entry = entry;
    op.metadata = std::move(*metadata);
    p.operators.push_back(std::move(op));
  }
  return {};
}

/// `local` hands partition i's records to partition i: both sides must have the same number of them.
result<void> check_local(const plan& p) {
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    const auto& reader = p.operators[op];
    for (std::size_t i = 0; i < reader.inputs.size(); ++i) {
      const auto& writer = p.operators[p.streams[reader.inputs[i]].producer];
      bool local = reader.metadata.istreams[i].grouping == WEIR_GROUPING_LOCAL;
      if (!local || reader.entry.parallelism == writer.entry.parallelism) continue;
      return fault_at(reader.entry.where,
                      fmt::format("operator '{}' has parallelism {}, but its istream '{}' is local to '{}' with parallelism {}; make them equal",
                                  operator_text(p, op), reader.entry.parallelism, reader.metadata.istreams[i].name,
                                  operator_text(p, p.streams[reader.inputs[i]].producer), writer.entry.parallelism));
    }
  }
  return {};
}

result<void> place_partitions(plan& p, std::span<const int> cores) {
  if (cores.empty()) return error{error_code::usage, "the node has no cores to run on; name at least one CPU"};
  std::set<int> in_use;
  std::size_t partitions = 0;
  for (auto& op : p.operators) {
    partitions += op.entry.parallelism;
    if (partitions > partitions_max) return fault_at(op.entry.where, fmt::format("more than {} partitions on one node; lower the parallelism", partitions_max));
    for (const auto& pin : op.entry.pin) {
      if (std::find(cores.begin(), cores.end(), pin.cpu) != cores.end()) continue;
      std::vector<std::string> known;
      for (int cpu : cores) known.push_back(std::to_string(cpu));
      return fault_at(pin.where, fmt::format("CPU {} is not one of the node's cores; expected one of {}", pin.cpu, listed(known)));
    }
    if (&op != &p.operators[op.head]) op.cpus = p.operators[op.head].cpus;  // Producers come first.
    for (std::size_t i = op.cpus.size(); i < op.entry.parallelism; ++i) {
      int cpu = op.entry.pin.empty() ? cores[i % cores.size()] : op.entry.pin[i % op.entry.pin.size()].cpu;
      op.cpus.push_back(cpu);
      in_use.insert(cpu);
    }
  }
  p.cores.assign(in_use.begin(), in_use.end());
  return {};
}

}  // namespace

std::string dead_letters_name(const std::string& topology, const std::string& op) { return topology + "." + op + ".dead-letters"; }

result<plan> make_plan(std::span<const manifest> manifests, const metadata_lookup& lookup, std::span<const int> cores) {
  plan p;
  std::map<std::string, const manifest*> topologies;
  for (const auto& m : manifests) {
    auto [first, fresh] = topologies.emplace(m.topology, &m);
    if (!fresh) return fault_at(m.where, fmt::format("topology '{}' is written twice, first at {}; rename one", m.topology, first->second->where.text()));
    auto collected = collect(m, lookup, p);
    if (!collected) return collected.why();
  }
  auto connected = connect(manifests, p);
  if (!connected) return connected.why();
  auto sorted = sort_topologically(p);
  if (!sorted) return sorted.why();
  auto equal = check_local(p);
  if (!equal) return equal.why();
  auto chained = form_chains(manifests, p);
  if (!chained) return chained.why();
  auto placed = place_partitions(p, cores);
  if (!placed) return placed.why();
  return p;
}

}  // namespace weir::topology
