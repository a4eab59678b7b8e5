// Sets operators going: each learns its log and joins those that it reads.
#include "runtime/node/node.hpp"
#include "runtime/node/planned.hpp"
#include "runtime/operator/operator_actor.hpp"

namespace weir::runtime {

std::vector<bool> compressed_of(const topology::plan& p, const std::vector<std::size_t>& chain) {
  std::vector<bool> all;
  for (const std::size_t op : chain) {
    for (const std::size_t stream : p.operators[op].outputs) {
      const topology::planned_stream& s = p.streams[stream];
      if (s.inlined) continue;
      if (all.size() <= s.output) all.resize(s.output + std::size_t{1});
      all[s.output] = s.lz4;
    }
  }
  return all;
}

/// Sets these operators going, the last in the data's way first, so that whoever reads is there when the first frames come. Those that were wired before get
/// their options anew, on the state that they have; where one cannot, none is set going.
result<void> node::wire(const topology::plan& p, const keys& which) {
  const auto table = hosts();
  std::vector<std::pair<std::size_t, std::vector<std::shared_ptr<partition_options>>>> heads;
  for (std::size_t op = p.operators.size(); op-- > 0;) {
    const topology::planned_operator& planned = p.operators[op];
    if (planned.head != op || !which.contains(planned.key())) continue;
    const directory_entry& entry = directory_.of(planned);
    auto& anew = heads.emplace_back(op, entry.parallelism).second;
    for (std::uint32_t i = 0; i < entry.parallelism; ++i) {
      const hosted& h = table->at(entry.first_log + i);
      if (fresh_.contains(h.log)) continue;
      auto made = options_for(p, op, i, h, true);
      if (!made) return made.why();
      anew[i] = std::make_shared<partition_options>(std::move(made).value());
    }
  }
  for (auto& [op, anew] : heads) {
    for (std::uint32_t i = 0; i < anew.size(); ++i) wire_partition(p, op, *table, i, std::move(anew[i]));
    for (const std::size_t member : p.operators[op].chain) directory_.note_begun(p.operators[member]);
  }
  return {};
}

/// `anew`: what it is to be from now on; null for one that was not wired yet.
void node::wire_partition(const topology::plan& p, std::size_t op, const hosted_table& table, std::uint32_t index, std::shared_ptr<partition_options> anew) {
  const topology::planned_operator& planned = p.operators[op];
  const std::uint64_t first_log = directory_.of(planned).first_log;
  const hosted& h = table.at(first_log + index);
  auto l = make_intrusive<wire_log_message>();
  l->producer = h.operator_actor;
  l->compressed = compressed_of(p, planned.chain);
  h.log_actor.send(std::move(l));
  auto paused = make_intrusive<pause_message>();
  paused->paused = h.wanted == wanted_activity::paused;
  h.operator_actor.send(std::move(paused));
  auto m = make_intrusive<wire_operator_message>();
  m->log = h.log_actor;
  m->group = first_log;
  m->durable_only = planned.metadata.delivery == WEIR_DELIVERY_DURABLE;
  m->options = std::move(anew);
  for (const hosted_input& in : h.inputs) m->inputs.push_back({in.log, table.at(in.log).log_actor, in.first_lsn, in.lag});
  h.operator_actor.send(std::move(m));
  fresh_.erase(h.log);
  wired_.insert(h.log);
  const std::lock_guard lock(mutex_);
  drained_.erase(h.log);  // It was stopped before.
}

}  // namespace weir::runtime
