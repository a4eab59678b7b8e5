// From a plan and what was recovered to actors: operator partitions, their logs, and who reads what from where.
#include <algorithm>

#include "runtime/node/node.hpp"
#include "runtime/operator/operator_actor.hpp"

namespace weir::runtime {

namespace {

static_assert(topology::chain_operators_max == chain_operators_limit && topology::chain_streams_max == ostreams_limit);

/// What operator `reader` reads of the logs of the chain that `writer` heads, by istream.
std::vector<subscription> subscriptions_of(const topology::plan& p, std::size_t reader, std::size_t writer) {
  std::vector<subscription> all;
  const topology::planned_operator& op = p.operators[reader];
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const topology::planned_stream& s = p.streams[op.inputs[i]];
    if (s.inlined || p.operators[s.producer].head != writer) continue;
    all.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(s.output), op.metadata.istreams[i].grouping});
  }
  return all;
}

bool local_only(const std::vector<subscription>& all) {
  return std::all_of(all.begin(), all.end(), [](const subscription& s) { return s.grouping == WEIR_GROUPING_LOCAL; });
}

/// The inputs of one partition: every partition of each operator it reads, or only the one of the same index where all is local.
std::vector<partition_input> inputs_of(const topology::plan& p, const directory& d, std::size_t op, std::uint32_t partition) {
  std::vector<partition_input> all;
  for (std::size_t writer = 0; writer < p.operators.size(); ++writer) {
    if (p.operators[writer].head != writer) continue;
    const auto subscriptions = subscriptions_of(p, op, writer);
    if (subscriptions.empty()) continue;
    const directory_entry& from = d.of(p.operators[writer]);
    for (std::uint32_t i = 0; i < from.parallelism; ++i)
      if (!local_only(subscriptions) || i == partition) all.push_back({from.first_log + i, subscriptions});
  }
  return all;
}

/// Whether dead letters are among what operator `reader` reads of the log.
bool reads_letters(const topology::plan& p, const directory& d, std::size_t reader, std::uint64_t log) {
  const auto& inputs = p.operators[reader].inputs;
  return std::any_of(inputs.begin(), inputs.end(), [&](std::size_t stream) {
    const topology::planned_stream& s = p.streams[stream];
    const topology::planned_operator& writer = p.operators[s.producer];
    const directory_entry& from = d.of(writer);
    return s.ostream == writer.metadata.ostreams.size() && log >= from.first_log && log < from.first_log + from.parallelism;
  });
}

/// Where a reader begins in a log, by what its own log recovered; new to it, with the oldest frame that is kept.
log_reader reader_of(const log_image& image, std::uint64_t reader, std::uint64_t log, journal& from) {
  log_reader r{.log = reader};
  const auto at = image.inputs.find(log);
  if (at == image.inputs.end() || at->second.lsn == 0) {
    r.next_lsn = from.first_lsn(log);
    return r;
  }
  r.next_lsn = at->second.index == whole_frame ? at->second.lsn + 1 : at->second.lsn;
  r.watermark = at->second.watermark;
  return r;
}

/// By state, what converts values of its other versions; nothing where no state has any.
std::vector<std::vector<former_version>> former_versions(const directory_entry& entry, const topology::operator_metadata& metadata,
                                                         const weir_operator_info& info) {
  std::vector<std::vector<former_version>> all;
  bool any = false;
  for (const auto& others : entry.other_versions(metadata)) {
    const auto state = static_cast<std::uint32_t>(all.size());
    all.emplace_back();
    for (const directory_state& s : others)
      if (const auto* convert = find_conversion(info, state, s.version)) all.back().push_back({s.id, s.version, convert});
    any = any || !all.back().empty();
  }
  return any ? all : std::vector<std::vector<former_version>>();
}

/// What operator `op` is made from in its chain; `started` tells whether its log has any frame.
member_options member_of(const topology::plan& p, const directory_entry& entry, std::size_t op, std::uint32_t partition, const weir_operator_info& info,
                         bool started) {
  const topology::planned_operator& planned = p.operators[op];
  member_options o;
  o.name = planned.topology + "/" + planned.entry.name + " partition " + std::to_string(partition);
  o.info = &info;
  o.metadata = planned.metadata;
  o.start = !started ? WEIR_START_CREATED : entry.deployed ? WEIR_START_DEPLOYED : WEIR_START_RECOVERED;
  o.generation = entry.generation;
  o.on_error = planned.entry.on_error;
  o.config = planned.entry.with;
  o.manifest_directory = planned.manifest_directory;
  o.state_ids = entry.state_ids(planned.metadata);
  o.normalizers = state_normalizers(info);
  o.formers = former_versions(entry, planned.metadata, info);
  for (std::size_t stream : planned.outputs) o.outputs.push_back(p.streams[stream].inlined ? member_options::handed_over : p.streams[stream].output);
  if (planned.head == op) return o;
  const topology::planned_stream& from = p.streams[planned.inputs[0]];
  const auto& chain = p.operators[planned.head].chain;
  o.parent = static_cast<std::uint32_t>(std::find(chain.begin(), chain.end(), from.producer) - chain.begin());
  o.parent_ostream = from.ostream;
  return o;
}

}  // namespace

std::shared_ptr<const node::description> node::describe(const topology::planned_operator& op, const directory_entry& entry, std::uint32_t partition,
                                                        const std::vector<partition_input>& inputs) {
  auto d = std::make_shared<description>();
  d->topology = op.topology;
  d->name = op.entry.name;
  d->class_name = op.metadata.class_name;
  d->code = op.entry.uses.empty() ? op.entry.artifact : op.entry.uses;
  d->version = op.metadata.version;
  d->generation = entry.generation;
  d->partition = partition;
  d->cpu = op.cpus[partition];
  for (const partition_input& in : inputs) d->inputs.push_back(in.log);
  return d;
}

result<void> node::spawn(const topology::plan& p, module_set& modules, std::uint64_t epoch) {
  std::vector<const weir_operator_info*> infos;
  for (const topology::planned_operator& op : p.operators) {
    auto info = modules.find(op.entry);
    if (!info) return info.why();
    infos.push_back(*info);
  }
  for (std::size_t op = 0; op < p.operators.size(); ++op)
    for (std::uint32_t i = 0; p.operators[op].head == op && i < p.operators[op].entry.parallelism; ++i) spawn_partition(p, op, i, infos, epoch);
  wire(p);
  return {};
}

/// What the frames of a chain hold of its operators' streams: how it is stored, and for how long.
void node::keep_streams(const topology::plan& p, const std::vector<std::size_t>& chain, log_actor_options& log, hosted& h) {
  std::int64_t retain_ns = 0;
  for (const std::size_t op : chain) {
    const topology::planned_operator& planned = p.operators[op];
    if (planned.entry.on_error == topology::error_policy::dead_letter && h.letters.empty()) h.letters = p.streams[planned.outputs.back()].name;
    for (std::size_t stream : planned.outputs) {
      const topology::planned_stream& s = p.streams[stream];
      if (s.inlined) continue;
      if (log.compressed.size() <= s.output) log.compressed.resize(s.output + std::size_t{1});
      log.compressed[s.output] = s.lz4;
      if (s.retain_ns <= retain_ns) continue;
      retain_ns = s.retain_ns;
      h.retained = s.name;
    }
  }
  const topology::planned_operator& head = p.operators[chain.front()];
  if (h.letters.empty()) h.letters = topology::dead_letters_name(head.topology, head.entry.name);  // Of an earlier policy.
  if (retain_ns > 0) journal_->retain(log.log, retain_ns);
}

void node::spawn_partition(const topology::plan& p, std::size_t op, std::uint32_t index, std::span<const weir_operator_info* const> infos,
                           std::uint64_t epoch) {
  const topology::planned_operator& planned = p.operators[op];
  const directory_entry& entry = directory_.of(planned);
  const std::uint64_t log = entry.first_log + index;
  log_image image;
  if (auto found = recovered_.logs.find(log); found != recovered_.logs.end()) image = std::move(found->second);
  const auto inputs = inputs_of(p, directory_, op, index);
  for (const partition_input& in : inputs) {
    const log_reader r = reader_of(image, log, in.log, *journal_);
    starts_[{log, in.log}] = r;
    journal_->register_reader({.log = in.log, .reader = log, .lsn = r.next_lsn - 1, .letters = reads_letters(p, directory_, op, in.log)});
  }

  hosted h{.log = log,
           .source = planned.metadata.istreams.empty(),
           .sink = planned.metadata.ostreams.empty(),
           .counters = std::make_shared<partition_counters>(inputs.size())};
  log_actor_options log_options{
      .log = log, .partition = index, .last_lsn = image.lsn, .watermark = image.watermark, .ended = image.ended, .limits = options_.logs};
  log_options.to = journal_.get();
  log_options.events = this;
  h.log_progress = log_options.counters;
  log_options.disk = disk_.get();
  h.about = describe(planned, entry, index, inputs);
  keep_streams(p, planned.chain, log_options, h);

  partition_options o;
  static_cast<member_options&>(o) = member_of(p, entry, op, index, *infos[op], image.lsn != 0);
  for (const std::size_t inner : planned.chain) {
    if (inner == op) continue;
    const directory_entry& its = directory_.of(p.operators[inner]);
    o.below.push_back(member_of(p, its, inner, index, *infos[inner], image.lsn != 0));
    h.below.push_back({describe(p.operators[inner], its, index, {}), p.operators[inner].metadata.ostreams.empty(), o.below.back().counters});
  }
  o.partition = index;
  o.partitions = entry.parallelism;
  o.log = log;
  o.epoch = epoch;
  o.inputs = inputs;
  o.limits = options_.steps;
  if (planned.metadata.blocking) o.limits.step_ns = options_.steps.blocking_step_ns;
  o.file_system = around_.file_system;
  o.time = around_.time;
  o.say = options_.say;
  o.counters = h.counters;

  core& home = core_of(planned.cpus[index]);
  operator_actor_options a;
  a.work = std::make_unique<operator_partition>(std::move(o), std::move(image));
  if (planned.metadata.blocking) a.off_core = around_.workers->make(planned.entry.name + "." + std::to_string(index));
  a.to = journal_.get();
  a.events = this;
  a.readable = readable_.get();
  h.log_actor = actors_->spawn(home, std::make_unique<log_actor>(std::move(log_options)));
  h.operator_actor = actors_->spawn(home, std::make_unique<operator_actor>(std::move(a)));
  by_log_.resize(std::max<std::size_t>(by_log_.size(), log + 1), SIZE_MAX);
  by_log_[log] = hosted_.size();
  hosted_.push_back(std::move(h));
}

void node::wire(const topology::plan& p) {
  const auto at = [this](std::uint64_t log) -> const hosted& { return hosted_[by_log_[log]]; };
  const auto heads = [&p](std::size_t op) { return p.operators[op].head == op; };
  for (std::size_t writer = 0; writer < p.operators.size(); ++writer) {
    const directory_entry& from = directory_.of(p.operators[writer]);
    for (std::uint32_t i = 0; heads(writer) && i < from.parallelism; ++i) {
      auto m = make_intrusive<wire_log_message>();
      m->producer = at(from.first_log + i).operator_actor;
      for (std::size_t reader = 0; reader < p.operators.size(); ++reader) {
        reader_group g{.subscriptions = subscriptions_of(p, reader, writer)};
        if (g.subscriptions.empty()) continue;  // So for all that is not the head of a chain.
        const directory_entry& to = directory_.of(p.operators[reader]);
        g.partitions = to.parallelism;
        g.durable = p.operators[reader].metadata.delivery == WEIR_DELIVERY_DURABLE;
        for (std::uint32_t q = 0; q < to.parallelism; ++q) {
          if (local_only(g.subscriptions) && q != i) continue;
          log_reader r = starts_.at({to.first_log + q, from.first_log + i});
          r.partition = q;
          r.actor = at(to.first_log + q).operator_actor;
          g.readers.push_back(std::move(r));
        }
        m->groups.push_back(std::move(g));
      }
      at(from.first_log + i).log_actor.send(std::move(m));
    }
  }
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    const directory_entry& entry = directory_.of(p.operators[op]);
    for (std::uint32_t i = 0; heads(op) && i < entry.parallelism; ++i) {
      auto m = make_intrusive<wire_operator_message>();
      m->log = at(entry.first_log + i).log_actor;
      for (const partition_input& in : inputs_of(p, directory_, op, i)) m->inputs.emplace_back(in.log, at(in.log).log_actor);
      at(entry.first_log + i).operator_actor.send(std::move(m));
    }
  }
  starts_.clear();
}

}  // namespace weir::runtime
