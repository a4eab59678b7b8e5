// Hot redeploy: other code for one operator of a running topology. Everything is checked before anything changes; the decision is a frame of log 0, durable
// before the first partition switches; an error on trial brings the code before back by another such decision.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/directory_format.hpp"
#include "runtime/node/node.hpp"
#include "runtime/node/planned.hpp"
#include "runtime/operator/operator_actor.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

constexpr std::int64_t switch_timeout_ns = 30'000'000'000;

const topology::planned_operator& planned(const topology::plan& p, const std::string& key) { return *find_planned(p, key); }

error refused(const std::string& key, const std::string& why) { return {error_code::refused, fmt::format("operator '{}': {}", key, why)}; }

}  // namespace

/// Of the one operator that is named, which must be running code of its own in this node.
result<std::string> node::one_operator(const command_target& what) const {
  if (what.name.empty())
    return error{error_code::usage, fmt::format("name one operator, as '{}/OPERATOR': code is deployed to operators one by one", what.topology)};
  if (const auto found = operators_of(what); !found) return found.why();
  std::string key = what.topology + "/" + what.name;
  if (!manifests_.contains(what.topology)) {
    const std::lock_guard state(mutex_);
    const auto broken = broken_.find(what.topology);
    return refused(key, broken == broken_.end() ? "its topology was made by 'weir run' and no manifest of it was submitted; submit one" : broken->second);
  }
  if (directory_.entries().at(key).code.standard) return refused(key, "it is a standard operator, whose code comes with weir");
  return key;
}

result<deploy_report> node::deploy(const command_target& what, const std::string& artifact, const deploy_options& options) {
  const std::lock_guard lock(command_mutex_);
  const auto key = one_operator(what);
  if (!key) return key.why();
  const auto code = keep(artifact, options.class_name.empty() ? planned(plan_, *key).entry.class_name : options.class_name);
  if (!code) return code.why();
  if (const auto there = modules_.find(entry_of(*code)); !there) return there.why();
  if (auto free = check_calls(wired_of({*key})); !free && !options.dry_run) return free.why();
  return switch_code(*key, *code, {.kind = "deploy", .by = options.by}, options);
}

result<deploy_report> node::rollback(const command_target& what, std::optional<std::uint32_t> to, const std::string& by) {
  const std::lock_guard lock(command_mutex_);
  const auto key = one_operator(what);
  if (!key) return key.why();
  const auto& former = directory_.entries().at(*key).former;
  if (former.empty()) return refused(*key, "there is no earlier generation to go back to");
  const auto found = to ? former.find(*to) : std::prev(former.end());
  if (found == former.end()) return refused(*key, fmt::format("there is no generation {} to go back to; 'weir history {}' lists them", *to, *key));
  if (auto free = check_calls(wired_of({*key})); !free) return free.why();
  return switch_code(*key, found->second, {.kind = "rollback", .by = by, .why = fmt::format("to generation {}", found->first)}, {.probation_ns = 0});
}

result<deployment_history> node::history(const command_target& what) const {
  const std::lock_guard lock(command_mutex_);
  if (const auto found = operators_of(what); !found) return found.why();
  const std::string key = what.topology + "/" + what.name;
  const directory_trial& trial = directory_.entries().at(key).trial;
  return deployment_history{directory_.history(key), trial.back_to == 0 ? 0 : std::max(std::int64_t{0}, trial.until_ns - around_.time->realtime_ns())};
}

/// What a running partition cannot change.
result<void> node::check_switch(const std::string& key, const topology::plan& next) const {
  const topology::planned_operator& was = planned(plan_, key);
  const topology::planned_operator& is = planned(next, key);
  if (was.metadata.blocking != is.metadata.blocking)
    return refused(key, fmt::format("the class {} blocking; that cannot change while it is there", is.metadata.blocking ? "becomes" : "is no longer"));
  if (was.metadata.delivery != is.metadata.delivery) return refused(key, "the class asks for another delivery; that cannot change while it is there");
  if (was.inputs != is.inputs || was.outputs != is.outputs)
    return refused(key, "the class declares other istreams or ostreams; stop the topology and submit a manifest that fits");
  for (std::size_t i = 0; i < is.metadata.istreams.size(); ++i)
    if (was.metadata.istreams[i].grouping != is.metadata.istreams[i].grouping)
      return refused(key,
                     fmt::format("the class groups istream '{}' otherwise, and its state lies where the records went so far", is.metadata.istreams[i].name));
  return {};
}

/// Why values that the new code writes could not be read by the old one; empty: they could.
std::string node::why_no_way_back(const topology::planned_operator& from, const topology::planned_operator& back, const codes& others) const {
  const std::string key = from.key();
  for (const auto& is : from.metadata.states) {
    const auto was = std::find_if(back.metadata.states.begin(), back.metadata.states.end(), [&](const auto& s) { return s.name == is.name; });
    if (was == back.metadata.states.end()) return fmt::format("state '{}' is new, and the code before does not know it", is.name);
    const state_form from_form = declared(is).form();
    const state_form back_form = declared(*was).form();
    if (from_form != back_form && conversions_of(key, others).find(is.name, from_form, back_form) == nullptr)
      return fmt::format("state '{}' changes from version {} to {}, and nothing converts it back (.to)", is.name, was->version, is.version);
  }
  return "";
}

result<deploy_report> node::switch_code(const std::string& key, const operator_code& code, deployment why, const deploy_options& options) {
  const codes others{{key, code}};
  auto next = plan_with(manifests_, others);
  if (!next) return refused(key, next.why().message);
  if (auto fits = check_switch(key, *next); !fits) return fits.why();
  const std::uint32_t before = directory_.entries().at(key).generation;
  deploy_report report{.generation = before + 1, .warning = why_no_way_back(planned(*next, key), planned(plan_, key), others)};
  why.at_ns = around_.time->realtime_ns();
  directory_trial trial;
  if (options.probation_ns > 0 && report.warning.empty()) trial = {before, why.at_ns + options.probation_ns};
  operator_code named = code;
  named.version = planned(*next, key).metadata.version;
  directory after = directory_;
  auto admin = make_intrusive<frame>();
  if (auto fits = after.switch_code(key, named, planned(*next, key).metadata, surroundings(others), trial, why, *admin); !fits) return fits.why();
  if (options.dry_run) return report;
  after.add_changes(directory_, *admin);
  if (auto decided = decide(admin); !decided) return decided.why();
  directory_ = std::move(after);
  plan_ = std::move(next).value();
  const logs theirs = switch_partitions(key);
  std::string failed;
  const bool done = await(
      [&] {
        if (const auto found = failed_trials_.find(key); found != failed_trials_.end()) failed = found->second;
        return !failed.empty() || std::all_of(theirs.begin(), theirs.end(), [this](std::uint64_t log) { return switched_.contains(log); });
      },
      switch_timeout_ns, theirs);
  if (!failed.empty()) {
    if (auto back = end_trial(key, failed); !back) return back.why();
    return error{error_code::rolled_back,
                 fmt::format("operator '{}': generation {} failed on trial and the code before runs again: {}", key, before + 1, failed)};
  }
  if (!done)
    return error{error_code::failed,
                 fmt::format("operator '{}': generation {} is decided, but does not start; 'weir status {}' tells why", key, before + 1, key)};
  {
    const std::lock_guard state(mutex_);
    for (const std::uint64_t log : theirs) report.pauses_ns.push_back(switched_.at(log));
  }
  why.generation = report.generation;
  why.code = named;
  why.pauses_ns = report.pauses_ns;
  auto line = make_intrusive<frame>();
  directory_.note(key, why, *line);
  if (auto noted = decide(line); !noted) return noted.why();
  return report;
}

/// Those that run get what they are from now on; the others will when they are wired. Gives the logs that are to switch.
node::logs node::switch_partitions(const std::string& key) {
  const std::size_t op = planned(plan_, key).head;
  const directory_entry& entry = directory_.of(plan_.operators[op]);
  const directory_trial& trial = directory_.entries().at(key).trial;
  hosted_table next = *hosts();
  logs theirs;
  for (std::uint32_t i = 0; i < entry.parallelism; ++i) {
    const auto found = next.find(entry.first_log + i);
    if (found == next.end()) continue;
    describe_chain(plan_, op, i, found->second);
    fresh_.erase(found->first);
    if (wired_.contains(found->first)) theirs.insert(found->first);
  }
  publish(std::move(next));
  {
    const std::lock_guard state(mutex_);
    failed_trials_.erase(key);
    for (const std::uint64_t log : theirs) {
      switched_.erase(log);
      trials_.erase(log);
      if (trial.back_to != 0) trials_[log] = key;
    }
  }
  const auto table = hosts();
  for (const std::uint64_t log : theirs) {
    auto made = options_for(plan_, op, static_cast<std::uint32_t>(log - entry.first_log), table->at(log), true);
    if (!made) continue;  // It was found a moment ago.
    if (trial.back_to != 0) made->trial_until_ns = around_.time->monotonic_ns() + (trial.until_ns - around_.time->realtime_ns());
    auto m = make_intrusive<replace_message>();
    m->options = std::make_shared<const partition_options>(std::move(made).value());
    table->at(log).operator_actor.send(std::move(m));
  }
  for (const std::size_t member : plan_.operators[op].chain) directory_.note_begun(plan_.operators[member]);
  return theirs;
}

result<deploy_report> node::end_trial(const std::string& key, const std::string& why) {
  {
    const std::lock_guard state(mutex_);
    failed_trials_.erase(key);
  }
  const auto there = directory_.entries().find(key);
  if (there == directory_.entries().end() || there->second.trial.back_to == 0) return deploy_report{};
  const operator_code back = there->second.former.at(there->second.trial.back_to);
  say(WEIR_LEVEL_ERROR, fmt::format("operator '{}': generation {} failed on trial, the code before comes back: {}", key, there->second.generation, why));
  return switch_code(key, back, {.kind = "automatic rollback", .by = "weir", .why = why}, {.probation_ns = 0});
}

void node::end_failed_trials() {
  const std::lock_guard lock(command_mutex_);
  std::map<std::string, std::string> all;
  {
    const std::lock_guard state(mutex_);
    all = failed_trials_;
  }
  for (const auto& [key, why] : all)
    if (const auto ended = end_trial(key, why); !ended) say(WEIR_LEVEL_ERROR, ended.why().message);
}

/// Decisions take their time, which cores do not have.
void node::run_keeper() {
  std::unique_lock lock(mutex_);
  while (!quits_) {
    const bool told = changed_.wait_for(lock, std::chrono::nanoseconds(rate_window::interval_ns),
                                        [this] { return quits_ || (!failed_trials_.empty() && state_ == run_state::running); });
    if (quits_) return;
    lock.unlock();
    rates_.look(*hosts(), around_.time->monotonic_ns());
    if (told) end_failed_trials();
    lock.lock();
  }
}

/// A node that died while an operator was on trial starts with the code before.
void node::end_trials_of_last_run(frame& admin) {
  const std::int64_t now = around_.time->realtime_ns();
  for (const auto& [key, e] : std::map(directory_.entries())) {
    if (e.trial.back_to == 0 || e.trial.until_ns <= now) continue;
    const operator_code back = e.former.at(e.trial.back_to);
    const deployment why{.kind = "automatic rollback", .at_ns = now, .by = "weir", .why = "the node ended while it was on trial"};
    const auto info = modules_.find(entry_of(back));
    const auto metadata = info ? read_metadata(**info) : result<topology::operator_metadata>(info.why());
    const auto done = metadata ? directory_.switch_code(key, back, *metadata, surroundings({}), {}, why, admin) : result<void>(metadata.why());
    if (!done) say(WEIR_LEVEL_ERROR, fmt::format("operator '{}' keeps the code that was on trial: {}", key, done.why().message));
  }
}

}  // namespace weir::runtime
