// The plan as Graphviz and as Mermaid: a box per operator, an arrow per subscription, a note per stream that nobody reads.
#include <set>

#include <fmt/format.h>

#include "topology/draw.hpp"
#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

/// Each character of `special` is replaced by what `as` gives for it: names of classes may hold what the languages below take as theirs.
template <class Replace>
std::string escaped(const std::string& text, std::string_view special, const Replace& as) {
  std::string out;
  for (char c : printable(text)) out += special.find(c) == std::string_view::npos ? std::string(1, c) : as(c);
  return out;
}

std::string dot_text(const std::string& text) {
  return escaped(text, "\"\\", [](char c) { return std::string("\\") + c; });
}

/// Mermaid knows entities by number.
std::string mermaid_text(const std::string& text) {
  return escaped(text, "\"<>#&|[](){}`\\", [](char c) { return fmt::format("#{};", static_cast<int>(c)); });
}

std::string partitions_text(const planned_operator& op) { return op.cpus.size() == 1 ? "" : fmt::format(" ×{}", op.cpus.size()); }

std::vector<std::string> topologies_of(const plan& p) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const auto& op : p.operators) {
    if (seen.insert(op.topology).second) names.push_back(op.topology);
  }
  return names;
}

/// Calls edge(stream index, producer, reader, grouping) per subscription and end(stream index, producer) per stream without any.
template <class Edge, class End>
void for_each_edge(const plan& p, const Edge& edge, const End& end) {
  for (std::size_t i = 0; i < p.streams.size(); ++i) {
    const auto& stream = p.streams[i];
    for (const auto& s : stream.subscribers)
      edge(i, stream.producer, s.op, stream.inlined ? "inlined" : grouping_name(p.operators[s.op].metadata.istreams[s.istream].grouping));
    if (stream.subscribers.empty()) end(i, stream.producer);
  }
}

}  // namespace

std::string draw_dot(const plan& p) {
  std::string out = "digraph weir {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n";
  std::size_t cluster = 0;
  for (const auto& topology : topologies_of(p)) {
    out += fmt::format("  subgraph cluster_{} {{\n    label=\"{}\";\n", cluster++, dot_text(topology));
    for (std::size_t op = 0; op < p.operators.size(); ++op) {
      const auto& o = p.operators[op];
      if (o.topology != topology) continue;
      out += fmt::format("    o{} [label=\"{}{}\\n{} {}\"{}];\n", op, dot_text(o.entry.name), partitions_text(o), dot_text(class_of(o)),
                         dot_text(o.metadata.version), o.entry.external ? ", shape=cds" : "");
    }
    out += "  }\n";
  }
  for_each_edge(
      p,
      [&](std::size_t stream, std::size_t from, std::size_t to, const char* grouping) {
        out += fmt::format("  o{} -> o{} [label=\"{}\\n{}\"{}];\n", from, to, dot_text(p.streams[stream].name), grouping,
                           p.streams[stream].inlined ? ", style=bold" : "");
      },
      [&](std::size_t stream, std::size_t from) {
        out += fmt::format("  s{} [shape=plaintext, label=\"{}\"];\n  o{} -> s{} [style=dashed];\n", stream, dot_text(p.streams[stream].name), from, stream);
      });
  return out + "}\n";
}

std::string draw_mermaid(const plan& p) {
  std::string out = "flowchart LR\n";
  std::size_t group = 0;
  for (const auto& topology : topologies_of(p)) {
    out += fmt::format("  subgraph t{}[\"{}\"]\n", group++, mermaid_text(topology));
    for (std::size_t op = 0; op < p.operators.size(); ++op) {
      const auto& o = p.operators[op];
      if (o.topology != topology) continue;
      out += fmt::format("    o{}{}\"{}{}<br/>{} {}\"]\n", op, o.entry.external ? ">" : "[", mermaid_text(o.entry.name), partitions_text(o),
                         mermaid_text(class_of(o)), mermaid_text(o.metadata.version));
    }
    out += "  end\n";
  }
  for_each_edge(
      p,
      [&](std::size_t stream, std::size_t from, std::size_t to, const char* grouping) {
        const char* const arrow = p.streams[stream].inlined ? "==>" : "-->";
        out += fmt::format("  o{} {}|\"{}<br/>{}\"| o{}\n", from, arrow, mermaid_text(p.streams[stream].name), grouping, to);
      },
      [&](std::size_t stream, std::size_t from) {
        out += fmt::format("  s{}([\"{}\"])\n  o{} -.-> s{}\n", stream, mermaid_text(p.streams[stream].name), from, stream);
      });
  return out;
}

}  // namespace weir::topology
