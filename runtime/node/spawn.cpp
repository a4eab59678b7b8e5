// From a plan and what was recovered to actors: operator partitions, their logs, and who reads what from where. A chain is one partition: its head's.
#include <algorithm>

#include "runtime/node/deaths.hpp"
#include "runtime/node/directory_format.hpp"
#include "runtime/node/node.hpp"
#include "runtime/node/planned.hpp"
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

/// By state, what converts values of its other versions; nothing where no state has any.
std::vector<std::vector<former_version>> former_versions(const directory_entry& entry, const topology::operator_metadata& metadata, const conversions& known) {
  std::vector<std::vector<former_version>> all;
  bool any = false;
  for (const auto& others : entry.other_versions(metadata)) {
    const directory_state into = declared(metadata.states[all.size()]);
    all.emplace_back();
    for (const directory_state& s : others)
      if (const auto* convert = known.find(into.name, s.form(), into.form())) all.back().push_back({s.id, s.version, convert});
    any = any || !all.back().empty();
  }
  return any ? all : std::vector<std::vector<former_version>>();
}

/// What operator `op` is made from in its chain; `started` tells whether its log has any frame.
member_options member_of(const topology::plan& p, const directory_entry& entry, std::size_t op, std::uint32_t partition, const weir_operator_info& info,
                         const conversions& known, bool started) {
  const topology::planned_operator& planned = p.operators[op];
  member_options o;
  o.name = planned.key() + " partition " + std::to_string(partition);
  o.info = &info;
  o.metadata = planned.metadata;
  o.start = started ? entry.start : static_cast<std::uint32_t>(WEIR_START_CREATED);
  o.generation = entry.generation;
  o.on_error = planned.entry.on_error;
  o.config = planned.entry.with;
  o.manifest_directory = planned.manifest_directory;
  o.state_ids = entry.state_ids(planned.metadata);
  o.normalizers = state_normalizers(info);
  o.formers = former_versions(entry, planned.metadata, known);
  for (std::size_t stream : planned.outputs) o.outputs.push_back(p.streams[stream].inlined ? member_options::handed_over : p.streams[stream].output);
  if (planned.head == op) return o;
  const topology::planned_stream& from = p.streams[planned.inputs[0]];
  const auto& chain = p.operators[planned.head].chain;
  o.parent = static_cast<std::uint32_t>(std::find(chain.begin(), chain.end(), from.producer) - chain.begin());
  o.parent_ostream = from.ostream;
  return o;
}

std::shared_ptr<const partition_description> describe(const topology::planned_operator& op, const directory_entry& entry, std::uint32_t partition) {
  auto d = std::make_shared<partition_description>();
  d->topology = op.topology;
  d->name = op.entry.name;
  d->class_name = op.metadata.class_name;
  d->code = entry.code.artifact;
  d->version = op.metadata.version;
  d->generation = entry.generation;
  d->partition = partition;
  d->cpu = op.cpus[partition];
  d->by_key = std::any_of(op.metadata.istreams.begin(), op.metadata.istreams.end(), [](const auto& s) { return s.grouping == WEIR_GROUPING_GROUP_BY; });
  d->blocking = op.metadata.blocking;
  d->states = op.metadata.states;
  return d;
}

}  // namespace

/// Actors for these operators, which do nothing until they are wired.
result<void> node::spawn(const topology::plan& p, const keys& which, hosted_table& into) {
  for (std::size_t op = 0; op < p.operators.size(); ++op) {
    if (p.operators[op].head != op || !which.contains(p.operators[op].key())) continue;
    for (std::uint32_t i = 0; i < p.operators[op].entry.parallelism; ++i) {
      auto h = spawn_partition(p, op, i);
      if (!h) return h.why();
      fresh_.insert(h->log);
      const std::uint64_t log = h->log;
      into[log] = std::move(h).value();
    }
  }
  return {};
}

/// So that nothing goes that the partition has not consumed, from now on.
std::vector<hosted_input> node::register_inputs(const topology::plan& p, std::size_t op, std::uint32_t index, const log_image& image) {
  const directory_entry& entry = directory_.of(p.operators[op]);
  const std::uint64_t reader = entry.first_log + index;
  std::vector<hosted_input> all;
  for (const partition_input& in : inputs_of(p, directory_, op, index)) {
    hosted_input h{.log = in.log};
    log_reader_registration r{.log = in.log, .reader = reader, .lsn = 0, .letters = reads_letters(p, directory_, op, in.log)};
    if (const auto at = image.inputs.find(in.log); at != image.inputs.end() && at->second.lsn > 0) {
      r.lsn = at->second.index == whole_frame ? at->second.lsn : at->second.lsn - 1;
    } else {
      journal_->register_reader(r);  // Before it is asked what is there: from here on that stays.
      h.first_lsn = journal_->first_lsn(in.log);
      if (const auto begins = entry.starts.find(in.log); begins != entry.starts.end()) h.first_lsn = std::max(h.first_lsn, begins->second + 1);
      r.lsn = h.first_lsn - 1;
    }
    journal_->register_reader(r);
    all.push_back(std::move(h));
  }
  return all;
}

/// What the node shows of the operators whose partition this is, as the plan and the directory have them now, and for how long their frames are kept.
void node::describe_chain(const topology::plan& p, std::size_t op, std::uint32_t index, hosted& h) {
  const topology::planned_operator& head = p.operators[op];
  h.about = describe(head, directory_.of(head), index);
  h.quarantined = quarantine_of(directory_, h.log);
  describe_streams(p, op, h);
  h.below.resize(head.chain.size() - 1);
  h.letters.clear();
  h.retained.clear();
  std::int64_t retain_ns = 0;
  for (std::size_t i = 0; i < head.chain.size(); ++i) {
    const topology::planned_operator& planned = p.operators[head.chain[i]];
    if (i > 0) {
      inner_operator& inner = h.below[i - 1];
      inner.about = describe(planned, directory_.of(planned), index);
      inner.sink = planned.metadata.ostreams.empty();
      if (!inner.counters) inner.counters = std::make_shared<partition_counters>();
    }
    if (planned.entry.on_error == topology::error_policy::dead_letter && h.letters.empty()) h.letters = p.streams[planned.outputs.back()].name;
    for (std::size_t stream : planned.outputs) {
      if (p.streams[stream].retain_ns <= retain_ns) continue;
      retain_ns = p.streams[stream].retain_ns;
      h.retained = p.streams[stream].name;
    }
  }
  if (h.letters.empty()) h.letters = topology::dead_letters_name(head.topology, head.entry.name);  // Of an earlier policy.
  journal_->retain(h.log, retain_ns);
}

/// `started` tells whether its log has any frame.
result<partition_options> node::options_for(const topology::plan& p, std::size_t op, std::uint32_t index, const hosted& h, bool started) {
  const topology::planned_operator& planned = p.operators[op];
  const directory_entry& entry = directory_.of(planned);
  partition_options o;
  for (std::size_t i = 0; i < planned.chain.size(); ++i) {
    const topology::planned_operator& member = p.operators[planned.chain[i]];
    auto info = modules_.find(member.entry);
    if (!info) return info.why();
    const directory_entry& mine = directory_.of(member);
    // Earlier code is loaded only where values of another version may be left.
    const bool others = std::any_of(mine.states.begin(), mine.states.end(), [](const directory_state& s) { return !s.current; });
    member_options made = member_of(p, mine, planned.chain[i], index, **info, others ? conversions_of(mine.key()) : conversions(), started);
    if (i == 0) made.fed_by = h.fed_by;
    made.counters = i == 0 ? h.counters : h.below[i - 1].counters;
    made.lines = lines_of(member.key());
    if (mine.deaths.count >= directory_deaths::careful_after) o.careful_until_ns = around_.time->monotonic_ns() + directory_deaths::settled_ns;
    if (auto passed = mine.passed(h.log)) o.pass = std::move(passed);
    if (i == 0)
      static_cast<member_options&>(o) = std::move(made);
    else
      o.below.push_back(std::move(made));
  }
  o.partition = index;
  o.partitions = entry.parallelism;
  o.log = entry.first_log + index;
  o.epoch = epoch_;
  o.inputs = inputs_of(p, directory_, op, index);
  o.limits = options_.steps;
  if (planned.metadata.blocking) o.limits.step_ns = options_.steps.blocking_step_ns;
  o.file_system = around_.file_system;
  o.time = around_.time;
  o.mark = h.mark;
  o.say = options_.say;
  return o;
}

result<hosted> node::spawn_partition(const topology::plan& p, std::size_t op, std::uint32_t index) {
  const topology::planned_operator& planned = p.operators[op];
  const std::uint64_t log = directory_.of(planned).first_log + index;
  log_image image;
  if (auto found = recovered_.logs.find(log); found != recovered_.logs.end()) {
    image = std::move(found->second);
    recovered_.logs.erase(found);
  }
  hosted h{.log = log, .source = planned.metadata.istreams.empty(), .sink = planned.metadata.ostreams.empty(), .inputs = register_inputs(p, op, index, image)};
  h.counters = std::make_shared<partition_counters>(h.inputs.size());
  if (planned.entry.external) h.fed_by = intake_of(planned);
  describe_chain(p, op, index, h);
  if (around_.marks != nullptr) h.mark->slot = around_.marks->take(log);
  log_actor_options l{
      .log = log, .partition = index, .last_lsn = image.lsn, .watermark = image.watermark, .idle = image.idle, .ended = image.ended, .limits = options_.logs};
  l.to = journal_.get();
  l.events = this;
  l.disk = disk_.get();
  l.compressed = compressed_of(p, planned.chain);
  h.log_progress = l.counters;

  auto o = options_for(p, op, index, h, image.lsn != 0);
  if (!o) return o.why();
  core& home = **std::find_if(cores_.begin(), cores_.end(), [&](const auto& c) { return c->cpu() == planned.cpus[index]; });
  operator_actor_options a;
  a.work = std::make_unique<operator_partition>(std::move(o).value(), std::move(image));
  if (planned.metadata.blocking) a.off_core = around_.workers->make(planned.entry.name + "." + std::to_string(index));
  a.to = journal_.get();
  a.events = this;
  a.retries_failures = serves_;
  a.readable = readable_.get();
  h.log_actor = actors_->spawn(home, std::make_unique<log_actor>(std::move(l)));
  h.operator_actor = actors_->spawn(home, std::make_unique<operator_actor>(std::move(a)));
  return h;
}

}  // namespace weir::runtime
