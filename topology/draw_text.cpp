// For `weir validate`: every operator in topological order with what it is, where it runs, what it reads and who reads what it writes.
#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "topology/draw.hpp"
#include "topology/graph.hpp"
#include "topology/quantities.hpp"
#include "topology/text_table.hpp"
#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

std::string counted(std::size_t count, const char* what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

/// "cpu 0", "cpus 0 1"; long placements repeat, so the first period says all.
std::string cpus_of(const planned_operator& op) {
  constexpr std::size_t shown_max = 8;
  std::size_t shown = std::min(op.cpus.size(), shown_max);
  std::string out = op.cpus.size() == 1 ? "cpu" : "cpus";
  for (std::size_t i = 0; i < shown; ++i) out += fmt::format(" {}", op.cpus[i]);
  return out + (shown < op.cpus.size() ? " …" : "") + (op.entry.pin.empty() ? "" : " (pinned)");
}

std::string readers_of(const plan& p, const planned_stream& stream) {
  std::string out;
  for (const auto& s : stream.subscribers) {
    const auto& reader = p.operators[s.op];
    const auto& istream = reader.metadata.istreams[s.istream];
    std::string name = istream.name == stream.name ? "" : "." + printable(istream.name);
    out += fmt::format("{}{}{} ({})", out.empty() ? "" : ", ", operator_text(p, s.op), name, grouping_name(istream.grouping));
  }
  return out.empty() ? "(nobody reads it)" : out;
}

/// The ostream's own name where it was renamed, and settings that are not the defaults.
std::string notes_of(const planned_operator& op, const planned_stream& stream) {
  std::string out;
  if (!op.entry.external && stream.ostream < op.metadata.ostreams.size() && op.metadata.ostreams[stream.ostream] != stream.name)
    out += ", as " + printable(op.metadata.ostreams[stream.ostream]);
  if (stream.inlined) out += ", inlined";
  if (stream.lz4) out += ", lz4";
  if (stream.retain_ns > 0) out += ", retained " + duration_text(stream.retain_ns);
  return out.empty() ? "" : "[" + out.substr(2) + "]";
}

/// A chain is told by its operators: they share a log and a step.
std::string notes_of(const plan& p, std::size_t op) {
  const auto& o = p.operators[op];
  std::string out = o.head == op ? "" : "in the chain of " + operator_text(p, o.head);
  if (o.entry.on_error != error_policy::fail) out += (out.empty() ? "on_error " : ", on_error ") + std::string(error_policy_name(o.entry.on_error));
  return out;
}

std::string summary_of(const plan& p) {
  std::size_t partitions = 0;
  std::set<std::string> topologies;
  for (const auto& op : p.operators) {
    partitions += op.cpus.size();
    topologies.insert(op.topology);
  }
  std::string cpus;
  for (int cpu : p.cores) cpus += fmt::format("{}{}", cpus.empty() ? "" : ", ", cpu);
  return fmt::format("{}: {}, {}, {} on {} ({})\n", topologies.size() == 1 ? *topologies.begin() : fmt::format("{} topologies", topologies.size()),
                     counted(p.operators.size(), "operator"), counted(p.streams.size(), "stream"), counted(partitions, "partition"),
                     counted(p.cores.size(), "CPU"), cpus);
}

}  // namespace

std::string class_of(const planned_operator& op) {
  if (!op.entry.uses.empty()) return op.entry.uses;
  return printable(op.metadata.class_name.empty() ? op.metadata.name : op.metadata.class_name);
}

std::string module_of(const planned_operator& op) {
  if (op.entry.external) return "weir publish";
  if (!op.entry.uses.empty()) return "standard";
  return printable(op.entry.artifact.substr(op.entry.artifact.rfind('/') + 1));
}

const char* grouping_name(std::uint32_t grouping) noexcept {
  constexpr const char* names[] = {"shuffle", "group_by", "local", "broadcast"};
  return grouping < 4 ? names[grouping] : "unknown";
}

std::string draw_text(const plan& p) {
  text_table operators, streams;
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    const auto& o = p.operators[op];
    operators.add({"● " + operator_text(p, op), fmt::format("{} {}", class_of(o), printable(o.metadata.version)), module_of(o),
                   counted(o.cpus.size(), "partition"), cpus_of(o), notes_of(p, op)});
    for (std::size_t i : o.outputs) streams.add({"  └─▶ " + p.streams[i].name, readers_of(p, p.streams[i]), notes_of(o, p.streams[i])});
  }
  std::string out = summary_of(p);
  std::size_t next_stream = 0;
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    out += operators.line(op);
    for (std::size_t i = 0; i < p.operators[op].outputs.size(); ++i) out += streams.line(next_stream++);
  }
  return out;
}

}  // namespace weir::topology
