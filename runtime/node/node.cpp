#include "runtime/node/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir::runtime {

node::node(module_set& modules, const environment& around, node_options options) : modules_(modules), around_(around), options_(std::move(options)) {
  // A frame lies in one segment, with what a step made before its last record, that record's part, and what flush adds.
  options_.steps.frame_bytes_max = std::min(options_.steps.frame_bytes_max, options_.journal.segment_bytes / 8 * 3);
  options_.steps.frame_bytes_target = std::min(options_.steps.frame_bytes_target, options_.journal.segment_bytes / 16);
  // What lags keeps segments, and makes others when its time comes: there must be room for that once sources wait.
  options_.logs.lag_bytes_max = std::min(options_.logs.lag_bytes_max, options_.journal.journal_bytes_max / 16);
  options_.logs.backlog_bytes_max = std::min(options_.logs.backlog_bytes_max, options_.journal.journal_bytes_max / 16);
}

result<std::unique_ptr<node>> node::start(const topology::plan& p, module_set& modules, const environment& around, node_options options) {
  auto self = std::unique_ptr<node>(new node(modules, around, std::move(options)));
  if (const auto booted = self->boot(p); !booted) return booted.why();
  return self;
}

result<std::unique_ptr<node>> node::serve(std::span<const int> cores, module_set& modules, const environment& around, node_options options) {
  auto self = std::unique_ptr<node>(new node(modules, around, std::move(options)));
  if (const auto booted = self->boot(cores); !booted) return booted.why();
  return self;
}

node::~node() {
  quit_actors();
  if (keeper_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      quits_ = true;
    }
    changed_.notify_all();
    keeper_.join();
  }
  if (around_.threads) {
    for (auto& c : cores_) c->stop_thread();
    if (journal_) journal_->stop_threads();
  }
  disk_.reset();
  readable_.reset();
  actors_.reset();
  journal_table_.reset();
  hosted_.reset();
  cores_.clear();
}

void node::quit_actors() {
  if (std::exchange(quitted_, true) || !actors_) return;
  for (const auto& [log, h] : *hosts()) {
    actor_system::quit(h.operator_actor);
    actor_system::quit(h.log_actor);
  }
}

result<void> node::open() {
  auto opened = journal::open(*around_.file_system, *around_.time, *around_.random, options_.journal);
  if (!opened) return opened.why();
  journal_ = std::move(opened).value();
  recovered_ = journal_->take_recovered();
  for (const std::string& damage : recovered_.warnings) say(WEIR_LEVEL_WARNING, damage);
  auto known = directory::read(recovered_.logs[0], options_.journal.directory);
  if (!known) return known.why();
  directory_ = std::move(known).value();
  return take_letters(recovered_.logs[0]);
}

/// Whether values are held under that id; of a partition that runs, which alone could tell, they might be.
bool node::state_holds(std::uint64_t log, std::uint16_t state) const {
  const auto found = recovered_.logs.find(log);
  return hosted_->contains(log) || (found != recovered_.logs.end() && found->second.states.holds(state));
}

/// From here on the journal takes frames. What nobody owns goes first: its owner was removed, and the snapshots still knew.
result<void> node::begin(frame_ptr admin, std::span<const int> cores) {
  node_lsn_ = node_durable_ = recovered_.logs[0].lsn + (admin ? 2 : 1);
  journal_->set_listener(this);
  auto epoch = journal_->start_epoch(std::move(admin));
  if (!epoch) return epoch.why();
  epoch_ = *epoch;
  logs owned{0};
  for (const auto& [key, e] : directory_.entries())
    for (std::uint32_t i = 0; i < e.parallelism; ++i) owned.insert(e.first_log + i);
  for (auto at = recovered_.logs.begin(); at != recovered_.logs.end();) {
    const bool keep = owned.contains(at->first);
    if (!keep) journal_->forget(at->first);
    at = keep ? std::next(at) : recovered_.logs.erase(at);
  }
  cpus_.assign(cores.begin(), cores.end());
  actors_ = std::make_unique<actor_system>(around_.threads);
  for (int cpu : cpus_) cores_.push_back(std::make_unique<core>(cpu, options_.wait, *around_.time));
  disk_ = around_.workers->make("weir-read");
  if (around_.threads) readable_ = make_readiness();
  return {};
}

result<void> node::boot(const topology::plan& p) {
  if (auto opened = open(); !opened) return opened;
  auto admin = make_intrusive<frame>();
  admin->cause = frame_cause::admin;
  if (auto fits = directory_.reconcile(p, surroundings(codes_of(p)), *admin); !fits) return fits;
  if (auto begun = begin(admin->states.empty() ? nullptr : admin, p.cores); !begun) return begun;
  plan_ = p;
  know_streams();
  keys all;
  for (const auto& op : p.operators) all.insert(op.key());
  hosted_table table;
  if (auto spawned = spawn(plan_, all, table); !spawned) return spawned;
  publish(std::move(table));
  if (auto wired = wire(plan_, all); !wired) return wired;
  run_threads();
  return {};
}

result<void> node::boot(std::span<const int> cores) {
  serves_ = true;
  if (auto opened = open(); !opened) return opened;
  cpus_.assign(cores.begin(), cores.end());
  drop_unused_modules();
  auto admin = take_up();
  if (!admin) return admin.why();
  if (auto begun = begin((*admin)->states.empty() ? nullptr : *admin, cores); !begun) return begun;
  submitted_ = directory_.topologies();
  if (auto up = bring_up(); !up) return up;
  run_threads();
  return {};
}

void node::run_threads() {
  if (!around_.threads) return;
  journal_->start_threads();
  for (auto& c : cores_) c->start_thread();
  if (serves_) keeper_ = std::thread([this] { run_keeper(); });
}

run_state node::wait(int milliseconds) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return state_ != run_state::running; });
  return state_;
}

run_state node::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void node::drain() {
  {
    const std::lock_guard lock(mutex_);
    hurries_ = true;
    changed_.notify_all();
  }
  std::unique_lock<std::mutex> commands;
  if (serves_) commands = std::unique_lock(command_mutex_);  // Else an actor may call it, and there are none.
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(draining_, true)) return;
    update_state();  // Nothing may be there to be drained.
  }
  close_intakes("the node is draining");
  for (const auto& [key, e] : directory_.entries()) {
    if (!serves_ || e.trial.back_to == 0 || e.trial.until_ns <= around_.time->realtime_ns()) continue;
    say(WEIR_LEVEL_WARNING,
        fmt::format("operator '{}': generation {} is still on trial: the next start runs generation {}'s code again", key, e.generation, e.trial.back_to));
  }
  for (const auto& [log, h] : *hosts()) h.operator_actor.send(make_intrusive<drain_message>());
}

std::vector<error> node::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

node_progress node::progress() const {
  node_progress all;
  const auto add_late = [&all](const partition_description& about, const partition_counters& c) {
    const std::uint64_t late = c.late.load(std::memory_order_relaxed);
    all.late += late;
    if (late > 0) all.late_by_name[about.key()] += late;
  };
  for (const auto& [log, h] : *hosts()) {
    const partition_counters& c = *h.counters;
    if (h.source) all.records_in += c.records_out.load(std::memory_order_relaxed);
    if (h.sink) all.records_out += c.records_in.load(std::memory_order_relaxed);
    all.dead_letters += c.dead_letters.load(std::memory_order_relaxed);
    all.skipped += c.skipped.load(std::memory_order_relaxed);
    add_late(*h.about, c);
    for (const inner_operator& inner : h.below) {
      if (inner.sink) all.records_out += inner.counters->records_in.load(std::memory_order_relaxed);
      all.dead_letters += inner.counters->dead_letters.load(std::memory_order_relaxed);
      all.skipped += inner.counters->skipped.load(std::memory_order_relaxed);
      add_late(*inner.about, *inner.counters);
    }
  }
  all.journal = journal_->statistics();
  return all;
}

/// Of what runs; what is stopped has drained before. mutex_ is held.
void node::update_state() {
  if (state_ != run_state::running) return;
  const auto all_in = [this](const logs& where) {
    return std::all_of(hosted_->begin(), hosted_->end(), [&](const auto& h) { return where.contains(h.first) || h.second.wanted == wanted_activity::stopped; });
  };
  if (!serves_ && all_in(ended_))
    state_ = run_state::ended;
  else if (draining_ && all_in(drained_))
    state_ = failures_.empty() ? run_state::drained : run_state::failed;
}

void node::publish(hosted_table next) {
  auto table = std::make_shared<const hosted_table>(std::move(next));
  const std::lock_guard lock(mutex_);
  hosted_.swap(table);
  hosted_version_.fetch_add(1, std::memory_order_release);
}

}  // namespace weir::runtime
