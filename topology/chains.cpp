#include "topology/chains.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "topology/graph.hpp"

namespace weir::topology {
namespace {

/// Where `persist: false` of the stream is written.
const place& place_of(std::span<const manifest> manifests, const plan& p, const planned_stream& stream) {
  const std::string& topology = p.operators[stream.producer].topology;
  const manifest* written = &manifests.front();
  for (const auto& m : manifests)
    if (m.topology == topology) written = &m;
  return written->streams.at(stream.name).persist_where;
}

/// Every record of partition i goes to partition i of the reader: declared so, or indifferent (`shuffle` may give any partition any record), or because
/// there is one partition only.
bool hands_over_locally(const planned_operator& reader, std::uint32_t grouping) {
  return grouping == WEIR_GROUPING_LOCAL || grouping == WEIR_GROUPING_SHUFFLE || reader.entry.parallelism == 1;
}

/// What keeps the stream's reader from being inlined, with the remedy; "" where nothing does.
std::string reader_fault(const plan& p, const planned_stream& stream) {
  const auto& writer = p.operators[stream.producer];
  const std::size_t op = stream.subscribers[0].op;
  const auto& reader = p.operators[op];
  const auto& istream = reader.metadata.istreams[stream.subscribers[0].istream];
  const std::string name = operator_text(p, op);
  if (reader.topology != writer.topology) return fmt::format("'{}' reads it from another topology, which needs a log; remove 'persist: false'", name);
  if (reader.metadata.delivery == WEIR_DELIVERY_DURABLE)
    return fmt::format("'{}' has outside effects (its class declares delivery durable) and is given durable records only; remove 'persist: false'", name);
  if (reader.inputs.size() > 1)
    return fmt::format("'{}' has {} istreams, and an inlined operator reads nothing else; remove 'persist: false'", name, reader.inputs.size());
  if (reader.entry.parallelism != writer.entry.parallelism)
    return fmt::format("'{}' has parallelism {}, but '{}' has {}; make them equal or remove 'persist: false'", name, reader.entry.parallelism,
                       operator_text(p, stream.producer), writer.entry.parallelism);
  if (!hands_over_locally(reader, istream.grouping))
    return fmt::format(
        "istream '{}' of '{}' has grouping {}, which needs a log between several partitions; declare it local in its class, or remove "
        "'persist: false'",
        istream.name, name, grouping_name(istream.grouping));
  if (reader.metadata.blocking != writer.metadata.blocking)
    return fmt::format("'{}' is {}blocking and '{}' is {}, so they cannot share a step; remove 'persist: false'", name, reader.metadata.blocking ? "" : "not ",
                       operator_text(p, stream.producer), writer.metadata.blocking ? "" : "not");
  const auto& bindings = reader.entry.istreams;
  if (std::any_of(bindings.begin(), bindings.end(), [&](const auto& b) { return b.stream == stream.name && b.from == start_point::latest; }))
    return fmt::format("'{}' reads it from the latest on, which needs a log; remove 'from' or 'persist: false'", name);
  if (!reader.entry.pin.empty()) return fmt::format("'{}' is pinned, but runs where its chain does; pin the chain's first operator instead", name);
  return "";
}

std::string stream_fault(const plan& p, const planned_stream& stream) {
  const auto& writer = p.operators[stream.producer];
  if (stream.ostream == writer.metadata.ostreams.size()) return "it holds dead letters, which are always kept; remove 'persist: false'";
  if (stream.lz4 || stream.retain_ns > 0)
    return fmt::format("it has no log that could be {}; remove '{}' or 'persist: false'", stream.lz4 ? "compressed" : "retained",
                       stream.lz4 ? "compress" : "retain");
  if (stream.subscribers.empty()) return "nobody reads it; subscribe an operator of this topology, or remove 'persist: false'";
  if (stream.subscribers.size() > 1)
    return fmt::format("it has {} subscribers, but only one can be inlined; remove 'persist: false'", stream.subscribers.size());
  return reader_fault(p, stream);
}

void gather(plan& p, std::size_t head, std::size_t op) {
  p.operators[op].head = head;
  p.operators[head].chain.push_back(op);
  for (std::size_t i = 0; i < p.operators[op].metadata.ostreams.size(); ++i) {
    const planned_stream& stream = p.streams[p.operators[op].outputs[i]];
    if (stream.inlined) gather(p, head, stream.subscribers[0].op);
  }
}

/// The ostreams that have a log, operator after operator, then a place for every operator's dead letters, whether it writes any or not: a policy may change.
/// Returns how many there are.
std::size_t number_outputs(plan& p, const std::vector<std::size_t>& chain) {
  std::uint32_t next = 0;
  for (std::size_t op : chain)
    for (std::size_t i = 0; i < p.operators[op].metadata.ostreams.size(); ++i)
      if (planned_stream& stream = p.streams[p.operators[op].outputs[i]]; !stream.inlined) stream.output = next++;
  for (std::size_t op : chain) {
    const auto& o = p.operators[op];
    if (o.outputs.size() > o.metadata.ostreams.size()) p.streams[o.outputs.back()].output = next;
    ++next;
  }
  return next;
}

}  // namespace

result<void> form_chains(std::span<const manifest> manifests, plan& p) {
  for (const planned_stream& stream : p.streams) {
    if (!stream.inlined) continue;
    const std::string fault = stream_fault(p, stream);
    if (!fault.empty()) return fault_at(place_of(manifests, p, stream), fmt::format("stream '{}' cannot be inlined: {}", stream.name, fault));
  }
  std::vector<bool> inner(p.operators.size());
  for (const planned_stream& stream : p.streams)
    if (stream.inlined) inner[stream.subscribers[0].op] = true;
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    if (inner[op]) continue;
    gather(p, op, op);
    const auto& chain = p.operators[op].chain;
    if (chain.size() > chain_operators_max)
      return fault_at(p.operators[op].entry.where,
                      fmt::format("the chain that begins with '{}' has {} operators, {} are possible; let one of its streams persist", operator_text(p, op),
                                  chain.size(), chain_operators_max));
    if (const std::size_t outputs = number_outputs(p, chain); outputs > chain_streams_max)
      return fault_at(p.operators[op].entry.where,
                      fmt::format("the chain that begins with '{}' writes {} streams, {} are possible; let one of its streams persist", operator_text(p, op),
                                  outputs, chain_streams_max));
  }
  return {};
}

}  // namespace weir::topology
