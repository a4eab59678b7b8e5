#include "topology/graph.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <tuple>

#include <fmt/format.h>

namespace weir::topology {
namespace {

/// The stream an istream or ostream of the class is bound to, and where that is written.
struct bound {
  std::string stream;
  place where;
};

template <class Binding>
bound binding_of(const operator_entry& entry, const std::vector<Binding>& bindings, std::string Binding::*declared, const std::string& name) {
  for (const auto& b : bindings) {
    if (b.*declared == name) return {b.stream, b.where};
  }
  return {name, entry.where};
}

bound istream_of(const planned_operator& op, std::size_t index) {
  return binding_of(op.entry, op.entry.istreams, &istream_binding::istream, op.metadata.istreams[index].name);
}

/// One after the class's ostreams are the dead letters.
bound ostream_of(const planned_operator& op, std::size_t index) {
  if (index == op.metadata.ostreams.size()) return {dead_letters_name(op.topology, op.entry.name), op.entry.where};
  return binding_of(op.entry, op.entry.ostreams, &ostream_binding::ostream, op.metadata.ostreams[index]);
}

class connection {
 public:
  connection(std::span<const manifest> manifests, plan& p) : manifests_(manifests), plan_(p) {}

  result<void> run() {
    for (std::size_t op = 0; op < plan_.operators.size(); ++op) {
      auto done = write(op);
      if (!done) return done;
    }
    for (const auto& [name, index] : by_name_) names_.push_back(name);
    for (std::size_t op = 0; op < plan_.operators.size(); ++op) {
      auto done = read(op);
      if (!done) return done;
    }
    for (const auto& m : manifests_) {
      auto done = settle(m);
      if (!done) return done;
    }
    return {};
  }

 private:
  std::string writer(std::size_t op) const {
    return plan_.operators[op].entry.external ? "whoever publishes to it, since it is external," : "'" + operator_text(plan_, op) + "'";
  }

  result<void> write(std::size_t op) {
    auto& producer = plan_.operators[op];
    std::size_t count = producer.metadata.ostreams.size() + (producer.entry.on_error == error_policy::dead_letter ? 1 : 0);
    for (std::size_t i = 0; i < count; ++i) {
      bound out = ostream_of(producer, i);
      auto [known, fresh] = by_name_.emplace(out.stream, plan_.streams.size());
      if (!fresh)
        return fault_at(out.where, fmt::format("stream '{}' is written by {} and by {} ({}); a stream has one producer, rename one", out.stream, writer(op),
                                               writer(plan_.streams[known->second].producer), written_at_[known->second].text()));
      producer.outputs.push_back(plan_.streams.size());
      planned_stream stream;
      stream.name = out.stream;
      stream.producer = op;
      stream.ostream = static_cast<std::uint32_t>(i);
      plan_.streams.push_back(std::move(stream));
      written_at_.push_back(out.where);
    }
    return {};
  }

  result<void> read(std::size_t op) {
    auto& reader = plan_.operators[op];
    for (std::size_t i = 0; i < reader.metadata.istreams.size(); ++i) {
      bound in = istream_of(reader, i);
      const std::string& istream = reader.metadata.istreams[i].name;
      auto known = by_name_.find(in.stream);
      if (known == by_name_.end())
        return fault_at(in.where,
                        fmt::format("operator '{}' reads stream '{}', which nobody writes{}", operator_text(plan_, op), in.stream,
                                    suggestion(in.stream, names_,
                                               fmt::format("; bind its istream '{}' to a stream that an operator writes, or make it external", istream))));
      reader.inputs.push_back(known->second);
      plan_.streams[known->second].subscribers.push_back({op, static_cast<std::uint16_t>(i)});
    }
    return {};
  }

  /// Settings belong to the manifest whose operator writes the stream.
  result<void> settle(const manifest& m) {
    for (const auto& [name, settings] : m.streams) {
      auto known = by_name_.find(name);
      if (known == by_name_.end())
        return fault_at(settings.where, fmt::format("settings for stream '{}', which nobody writes{}", name, suggestion(name, names_, "; remove them")));
      auto& stream = plan_.streams[known->second];
      const std::string& owner = plan_.operators[stream.producer].topology;
      if (owner != m.topology) return fault_at(settings.where, fmt::format("stream '{}' belongs to topology '{}'; move its settings there", name, owner));
      stream.lz4 = settings.lz4;
      stream.retain_ns = settings.retain_ns;
      stream.inlined = !settings.persist;
    }
    return {};
  }

  std::span<const manifest> manifests_;
  plan& plan_;
  std::map<std::string, std::size_t> by_name_;
  std::vector<std::string> names_;
  std::vector<place> written_at_;
};

/// The operators that read from `op`, each stream once.
template <class Visit>
void for_each_reader(const plan& p, std::size_t op, const Visit& visit) {
  for (std::size_t stream : p.operators[op].outputs) {
    for (const auto& s : p.streams[stream].subscribers) visit(s.op);
  }
}

/// Every operator that Kahn's algorithm left over has an input from one that is left over too; going back along those must close a circle.
error cycle_fault(const plan& p, const std::vector<std::size_t>& waits_for) {
  auto left_over = [&](std::size_t op) { return waits_for[op] > 0; };
  std::size_t op = 0;
  while (!left_over(op)) ++op;
  std::vector<std::size_t> way;
  while (std::find(way.begin(), way.end(), op) == way.end()) {
    way.push_back(op);
    for (std::size_t stream : p.operators[op].inputs) {
      std::size_t producer = p.streams[stream].producer;
      if (!left_over(producer)) continue;
      op = producer;
      break;
    }
  }
  way.erase(way.begin(), std::find(way.begin(), way.end(), op));
  std::reverse(way.begin(), way.end());  // Now in the data's direction.
  std::rotate(way.begin(), std::min_element(way.begin(), way.end()), way.end());
  std::string circle;
  for (std::size_t i : way) circle += operator_text(p, i) + " -> ";
  circle += operator_text(p, way.front());
  const auto& first = p.operators[way.front()];
  place where = first.entry.where;
  for (std::size_t i = 0; i < first.inputs.size(); ++i) {
    if (p.streams[first.inputs[i]].producer == way.back()) where = istream_of(first, i).where;
  }
  return fault_at(where, fmt::format("cycle: {}; streams must not lead back, cut one of these bindings", circle));
}

}  // namespace

std::string operator_text(const plan& p, std::size_t op) {
  const auto& o = p.operators[op];
  bool several = std::any_of(p.operators.begin(), p.operators.end(), [&](const auto& other) { return other.topology != o.topology; });
  return several ? o.key() : o.entry.name;
}

result<void> connect(std::span<const manifest> manifests, plan& p) { return connection(manifests, p).run(); }

result<void> sort_topologically(plan& p) {
  std::vector<std::size_t> waits_for(p.operators.size());  // Inputs whose producer has no place yet.
  for (std::size_t op = 0; op < p.operators.size(); ++op) waits_for[op] = p.operators[op].inputs.size();
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;  // The first written first.
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    if (waits_for[op] == 0) ready.push(op);
  }
  std::vector<std::size_t> place_of(p.operators.size());
  std::vector<planned_operator> operators;
  while (!ready.empty()) {
    std::size_t op = ready.top();
    ready.pop();
    place_of[op] = operators.size();
    operators.push_back(p.operators[op]);
    for_each_reader(p, op, [&](std::size_t reader) {
      if (--waits_for[reader] == 0) ready.push(reader);
    });
  }
  if (operators.size() < p.operators.size()) return cycle_fault(p, waits_for);

  std::vector<planned_stream> streams;
  std::vector<std::size_t> stream_place(p.streams.size());
  for (auto& op : operators) {
    for (std::size_t& output : op.outputs) {
      stream_place[output] = streams.size();
      streams.push_back(std::move(p.streams[output]));
      output = streams.size() - 1;
    }
  }
  for (auto& op : operators) {
    for (std::size_t& input : op.inputs) input = stream_place[input];
  }
  for (auto& stream : streams) {
    stream.producer = place_of[stream.producer];
    for (auto& s : stream.subscribers) s.op = place_of[s.op];
    std::sort(stream.subscribers.begin(), stream.subscribers.end(),
              [](const auto& a, const auto& b) { return std::tie(a.op, a.istream) < std::tie(b.op, b.istream); });
  }
  p.operators = std::move(operators);
  p.streams = std::move(streams);
  return {};
}

}  // namespace weir::topology
