// Which streams the node has, and what stands in them.
#include "runtime/node/streams.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/node.hpp"
#include "runtime/node/stream_reader.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

void describe_streams(const topology::plan& p, std::size_t head, hosted& h) {
  h.streams.clear();
  h.reads.clear();
  std::uint32_t letters = 0;  // Each operator's dead letters have a place behind all ostreams.
  for (const std::size_t op : p.operators[head].chain)
    for (std::size_t i = 0; i < p.operators[op].metadata.ostreams.size(); ++i) letters += p.streams[p.operators[op].outputs[i]].inlined ? 0 : 1;
  for (const std::size_t op : p.operators[head].chain) {
    const topology::planned_operator& planned = p.operators[op];
    const auto add = [&](const topology::planned_stream& s, bool of_letters) {
      h.streams.push_back({s.name, planned.topology, planned.entry.name, s.output, s.inlined, of_letters, true});
    };
    for (std::size_t i = 0; i < planned.outputs.size(); ++i) add(p.streams[planned.outputs[i]], i == planned.metadata.ostreams.size());
    if (planned.outputs.size() == planned.metadata.ostreams.size())
      h.streams.push_back(
          {topology::dead_letters_name(planned.topology, planned.entry.name), planned.topology, planned.entry.name, letters, false, true, false});
    ++letters;
    for (const std::size_t stream : planned.inputs) h.reads.emplace_back(p.streams[stream].name, planned.key());
  }
}

std::vector<stream_status> node::streams(bool with_unused) const {
  const auto table = hosts();
  std::map<std::string, stream_status> all;
  for (const auto& [log, h] : *table) {
    for (const hosted_stream& s : h.streams) {
      if (!s.used && !with_unused) continue;
      stream_status& into = all[s.name];
      into.name = s.name;
      into.topology = s.topology;
      into.producer = s.op;
      into.output = s.output;
      into.inlined = s.inlined;
      into.dead_letters = s.letters;
      const std::uint64_t last = journal_->last_lsn(log);  // Before the first: that one only grows.
      into.partitions.push_back({h.about->partition, log, std::max<std::uint64_t>(journal_->first_lsn(log), 1), last});
    }
  }
  for (const auto& [log, h] : *table)
    for (const auto& [stream, reader] : h.reads)
      if (const auto found = all.find(stream); found != all.end()) found->second.subscribers.push_back(reader);
  std::vector<stream_status> list;
  for (auto& [name, s] : all) {
    std::sort(s.subscribers.begin(), s.subscribers.end());
    s.subscribers.erase(std::unique(s.subscribers.begin(), s.subscribers.end()), s.subscribers.end());
    std::sort(s.partitions.begin(), s.partitions.end(), [](const auto& a, const auto& b) { return a.partition < b.partition; });
    list.push_back(std::move(s));
  }
  return list;
}

std::vector<stream_status> node::streams() const { return streams(false); }

result<read_page> node::read_stream(const std::string& stream, const read_request& what) const {
  const std::vector<stream_status> all = streams(true);
  const auto found = std::find_if(all.begin(), all.end(), [&](const stream_status& s) { return s.name == stream; });
  if (found == all.end()) {
    std::vector<std::string> known;
    for (const stream_status& s : streams()) known.push_back(s.name);
    return error{error_code::usage,
                 fmt::format("no stream {}{}", topology::quoted(stream),
                             topology::suggestion(stream, known, known.empty() ? "; the node has none" : "; there is " + topology::listed(known)))};
  }
  if (found->inlined)
    return error{error_code::refused, fmt::format("stream {} is handed over in memory (persist: false) and has no log to read; "
                                                  "to see its records remove 'persist: false' from it and give operator '{}' another name",
                                                  topology::quoted(stream), found->producer)};
  return stream_reader(*journal_, *found).read(what);
}

}  // namespace weir::runtime
