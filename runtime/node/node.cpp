#include "runtime/node/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "runtime/operator/operator_actor.hpp"

namespace weir::runtime {

node::node(const environment& around, node_options options) : around_(around), options_(std::move(options)) {
  // A frame lies in one segment, with what a step made before its last record, that record's part, and what flush adds.
  options_.steps.frame_bytes_max = std::min(options_.steps.frame_bytes_max, options_.journal.segment_bytes / 8 * 3);
  options_.steps.frame_bytes_target = std::min(options_.steps.frame_bytes_target, options_.journal.segment_bytes / 16);
  // What lags keeps segments, and makes others when its time comes: there must be room for that once sources wait.
  options_.logs.lag_bytes_max = std::min(options_.logs.lag_bytes_max, options_.journal.journal_bytes_max / 16);
  options_.logs.backlog_bytes_max = std::min(options_.logs.backlog_bytes_max, options_.journal.journal_bytes_max / 16);
}

result<std::unique_ptr<node>> node::start(const topology::plan& p, module_set& modules, const environment& around, node_options options) {
  auto self = std::unique_ptr<node>(new node(around, std::move(options)));
  if (const auto booted = self->boot(p, modules); !booted) return booted.why();
  return self;
}

node::~node() {
  quit_actors();
  if (around_.threads) {
    for (auto& c : cores_) c->stop_thread();
    if (journal_) journal_->stop_threads();
  }
  disk_.reset();
  readable_.reset();
  actors_.reset();
  hosted_.clear();
  cores_.clear();
}

void node::quit_actors() {
  if (std::exchange(quitted_, true) || !actors_) return;
  for (const hosted& h : hosted_) {
    actor_system::quit(h.operator_actor);
    actor_system::quit(h.log_actor);
  }
}

result<void> node::boot(const topology::plan& p, module_set& modules) {
  auto opened = journal::open(*around_.file_system, *around_.time, *around_.random, options_.journal);
  if (!opened) return opened.why();
  journal_ = std::move(opened).value();
  recovered_ = journal_->take_recovered();
  for (const std::string& damage : recovered_.warnings) say(WEIR_LEVEL_WARNING, damage);
  auto known = directory::read(recovered_.logs[0], options_.journal.directory);
  if (!known) return known.why();
  directory_ = std::move(known).value();
  auto admin = make_intrusive<frame>();
  admin->cause = frame_cause::admin;
  const auto holds = [this](std::uint64_t log, std::uint16_t state) {
    const auto found = recovered_.logs.find(log);
    return found != recovered_.logs.end() && found->second.states.holds(state);
  };
  if (const auto fits = directory_.reconcile(p, holds, *admin); !fits) return fits.why();
  journal_->set_listener(this);
  auto epoch = journal_->start_epoch(admin->states.empty() ? nullptr : admin);
  if (!epoch) return epoch.why();
  epoch_ = *epoch;
  actors_ = std::make_unique<actor_system>(around_.threads);
  for (int cpu : p.cores) cores_.push_back(std::make_unique<core>(cpu, options_.wait, *around_.time));
  disk_ = around_.workers->make("weir-read");
  if (around_.threads) readable_ = make_readiness();
  if (const auto spawned = spawn(p, modules, *epoch); !spawned) return spawned.why();
  if (around_.threads) {
    journal_->start_threads();
    for (auto& c : cores_) c->start_thread();
  }
  return {};
}

core& node::core_of(int cpu) {
  return **std::find_if(cores_.begin(), cores_.end(), [cpu](const auto& c) { return c->cpu() == cpu; });
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
    if (std::exchange(draining_, true)) return;
  }
  for (const hosted& h : hosted_) h.operator_actor.send(make_intrusive<drain_message>());
}

std::vector<error> node::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

node_progress node::progress() const {
  node_progress all;
  const auto add_late = [&all](const description& about, const partition_counters& c) {
    const std::uint64_t late = c.late.load(std::memory_order_relaxed);
    all.late += late;
    if (late > 0) all.late_by_name[about.topology + "/" + about.name] += late;
  };
  for (const hosted& h : hosted_) {
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

void node::durable(std::span<const frame_ptr> frames) {
  // One message per log: its last frame of the group says it all.
  for (std::size_t i = frames.size(); i-- > 0;) {
    const frame& f = *frames[i];
    const bool later_one = std::any_of(frames.begin() + static_cast<std::ptrdiff_t>(i) + 1, frames.end(), [&](const frame_ptr& o) { return o->log == f.log; });
    if (later_one || f.log >= by_log_.size() || by_log_[f.log] == SIZE_MAX) continue;
    auto m = make_intrusive<durable_message>();
    m->lsn = f.lsn;
    hosted_[by_log_[f.log]].log_actor.send(std::move(m));
  }
}

void node::space_freed() {
  for (const hosted& h : hosted_)
    if (h.source) h.operator_actor.send(make_intrusive<space_message>());
}

void node::waiting_for_disk(const error& why) { say(WEIR_LEVEL_WARNING, why.message); }

void node::retained_beyond_limit(const retained_log& what) {
  const auto mib = [](std::uint64_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); };
  const bool hosts = what.log < by_log_.size() && by_log_[what.log] != SIZE_MAX;
  const std::string unknown = fmt::format("log {}", what.log);
  const hosted none{.letters = unknown, .retained = unknown};
  const hosted& h = hosts ? hosted_[by_log_[what.log]] : none;
  const std::string who =
      what.dead_letters ? fmt::format("unread dead letters of stream '{}' keep", h.letters) : fmt::format("stream '{}' is retained and keeps", h.retained);
  const char* const remedy = what.dead_letters ? "let an operator subscribe to that stream" : "shorten its `retain`, or raise journal_bytes_max";
  say(WEIR_LEVEL_WARNING, fmt::format("{} {} of a journal of {}, which is beyond journal_bytes_max ({}) and goes on growing; {}; nothing waits meanwhile", who,
                                      mib(what.bytes), mib(what.journal_bytes), mib(options_.journal.journal_bytes_max), remedy));
}

void node::failed(const error& why) { fatal(why); }

void node::fatal(const error& why) {
  if (options_.fatal) options_.fatal(why);
  const std::lock_guard lock(mutex_);
  failures_.push_back(why);
  state_ = run_state::failed;
  changed_.notify_all();
}

void node::log_ended(std::uint64_t log) {
  const std::lock_guard lock(mutex_);
  ended_.insert(log);
  update_state();
}

void node::log_drained(std::uint64_t log) {
  const std::lock_guard lock(mutex_);
  drained_.insert(log);
  update_state();
}

void node::partition_waits(std::uint64_t log, const std::string& why) {
  const std::lock_guard lock(mutex_);
  notes_[log].waits = why;
  if (!why.empty()) notes_[log].last_error = why;
}

void node::partition_failed(std::uint64_t log, const error& why) {
  {
    const std::lock_guard lock(mutex_);
    notes_[log].failed = notes_[log].last_error = why.message;
    const bool known = std::any_of(failures_.begin(), failures_.end(), [&](const error& e) { return e.message == why.message; });
    if (!known) failures_.push_back(why);
  }
  drain();
}

void node::update_state() {
  const run_state before = state_;
  if (ended_.size() == hosted_.size())
    state_ = run_state::ended;
  else if (drained_.size() == hosted_.size())
    state_ = failures_.empty() ? run_state::drained : run_state::failed;
  if (state_ != before) changed_.notify_all();
}

void node::say(int level, const std::string& text) {
  if (options_.say) options_.say(level, text);
}

}  // namespace weir::runtime
