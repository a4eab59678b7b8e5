// The plan as one JSON object, for tools: `weir validate -o json`.
#include <nlohmann/json.hpp>

#include "topology/draw.hpp"
#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

// Members stay in the order in which they are written here.
using json = nlohmann::ordered_json;

json operator_json(const plan& p, const planned_operator& op) {
  json out;
  out["topology"] = op.topology;
  out["name"] = op.entry.name;
  if (op.entry.uses.empty())
    out["artifact"] = op.entry.artifact;
  else
    out["uses"] = op.entry.uses;
  out["class"] = printable(op.metadata.class_name);
  out["version"] = printable(op.metadata.version);
  out["parallelism"] = op.entry.parallelism;
  out["cpus"] = op.cpus;
  out["pinned"] = !op.entry.pin.empty();
  out["on_error"] = error_policy_name(op.entry.on_error);
  out["delivery"] = op.metadata.delivery == WEIR_DELIVERY_DURABLE ? "durable" : "eager";
  out["blocking"] = op.metadata.blocking;
  const auto& head = p.operators[op.head];
  if (&head != &op) out["chain"] = {{"topology", head.topology}, {"operator", head.entry.name}};
  out["istreams"] = json::array();
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const auto& istream = op.metadata.istreams[i];
    out["istreams"].push_back({{"name", istream.name}, {"stream", p.streams[op.inputs[i]].name}, {"grouping", grouping_name(istream.grouping)}});
  }
  out["ostreams"] = json::array();
  for (std::size_t i = 0; i < op.metadata.ostreams.size(); ++i)
    out["ostreams"].push_back({{"name", op.metadata.ostreams[i]}, {"stream", p.streams[op.outputs[i]].name}});
  if (op.entry.on_error == error_policy::dead_letter) out["dead_letters"] = p.streams[op.outputs.back()].name;
  return out;
}

json stream_json(const plan& p, const planned_stream& stream) {
  const auto& producer = p.operators[stream.producer];
  json out;
  out["name"] = stream.name;
  out["producer"] = {{"topology", producer.topology}, {"operator", producer.entry.name}};
  out["partitions"] = producer.entry.parallelism;
  out["persist"] = !stream.inlined;
  out["external"] = producer.entry.external;
  out["compress"] = stream.lz4 ? "lz4" : "none";
  out["retain_ns"] = stream.retain_ns;
  out["subscribers"] = json::array();
  for (const auto& s : stream.subscribers) {
    const auto& reader = p.operators[s.op];
    const auto& istream = reader.metadata.istreams[s.istream];
    out["subscribers"].push_back(
        {{"topology", reader.topology}, {"operator", reader.entry.name}, {"istream", istream.name}, {"grouping", grouping_name(istream.grouping)}});
  }
  return out;
}

}  // namespace

std::string draw_json(const plan& p) {
  json out;
  out["cores"] = p.cores;
  out["operators"] = json::array();
  for (const auto& op : p.operators) out["operators"].push_back(operator_json(p, op));
  out["streams"] = json::array();
  for (const auto& stream : p.streams) out["streams"].push_back(stream_json(p, stream));
  // Bytes that are not UTF-8 could only come from a path; they must not turn into an exception.
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace weir::topology
