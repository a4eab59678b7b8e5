// How a start finds out about operators that the process died of, keeps those from beginning that it died of several times in a row, and how they are let go
// on (deaths.hpp).
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/deaths.hpp"
#include "runtime/node/node.hpp"
#include "runtime/operator/operator_actor.hpp"

namespace weir::runtime {

/// At a start, before anything runs.
void node::count_deaths(frame& admin) {
  if (around_.marks == nullptr) return;
  if (const auto opened = around_.marks->open(); !opened) return say(WEIR_LEVEL_WARNING, opened.why().message);
  const auto last_lsn = [this](std::uint64_t log) {
    const auto image = recovered_.logs.find(log);
    return image == recovered_.logs.end() ? 0 : image->second.lsn;
  };
  std::vector<step_death> died = around_.marks->deaths();
  const bool known = std::any_of(died.begin(), died.end(), [](const step_death& d) { return d.cause != 0; });
  if (known) std::erase_if(died, [](const step_death& d) { return d.cause == 0; });
  if (!known && died.size() > 1) died.clear();
  for (const auto& [key, was] : std::map(directory_.entries())) {
    if (was.deaths.quarantined()) continue;  // It did not run.
    std::optional<directory_deaths> next;
    const auto own =
        std::find_if(died.begin(), died.end(), [&](const step_death& d) { return (next = next_deaths(was, d, directory_, last_lsn)).has_value(); });
    if (own != died.end()) died.erase(own);
    if (!next && around_.marks->ended_well()) next.emplace();
    if (!next) continue;
    directory_.at(key).deaths = *next;
    if (next->quarantined()) {
      if (pause_at_start(was.topology, with_chains({key}), admin))
        say(WEIR_LEVEL_ERROR, fmt::format("operator '{}' is quarantined: {}", key, quarantine_of(directory_, next->log)));
    } else if (next->count > 0 && (next->cause != 0 || next->count > 1)) {
      say(WEIR_LEVEL_WARNING, fmt::format("the last run ended in operator '{}': {}; {} of {} times in a row, then it is quarantined", key,
                                          death_text(directory_, *next), next->count, directory_deaths::quarantined_after));
    }
  }
}

/// False where the topology was never submitted.
bool node::pause_at_start(const std::string& topology, const keys& which, frame& admin) {
  const auto there = directory_.topologies().find(topology);
  if (there == directory_.topologies().end()) return false;
  directory_topology next = there->second;
  for (const std::string& key : which) next.paused.insert(directory_.entries().at(key).name);
  if (next != there->second) directory_.set(topology, next, admin);
  return true;
}

/// What the user wants to be paused before it runs.
result<void> node::pause_as_told(frame& admin) {
  for (const command_target& what : options_.paused) {
    const auto which = operators_of(what);
    if (!which) return which.why();
    if (!pause_at_start(what.topology, *which, admin))
      return error{error_code::refused,
                   fmt::format("topology '{}' was made by 'weir run' and no manifest of it was submitted; it does not start", what.topology)};
  }
  return {};
}

/// Decides that these operators are not quarantined any more, and that they are never given the record that they died of, where that is asked for.
result<void> node::end_quarantine(const keys& which, const resume_options& options) {
  directory after = directory_;
  std::string why_not;
  std::map<std::uint64_t, passed_record> passed;
  for (const std::string& key : which) {
    directory_entry& e = after.at(key);
    if (!e.deaths.quarantined()) continue;
    const directory_deaths deaths = std::exchange(e.deaths, {});
    if (deaths.place != step_place::record) why_not = fmt::format("'{}' died of no record that is known: {}", key, death_text(directory_, deaths));
    if (!options.skip_record || !why_not.empty()) continue;
    e.passes[deaths.log] = {deaths.record, cause_name(deaths.cause)};
    passed[deaths.log] = e.passed(deaths.log).value();
  }
  if (options.skip_record && passed.empty()) {
    if (why_not.empty()) why_not = fmt::format("'{}' is not quarantined", *which.begin());
    return error{error_code::refused, why_not + "; there is no record to be skipped, 'weir resume' without --skip-record lets it go on"};
  }
  auto admin = make_intrusive<frame>();
  after.add_changes(directory_, *admin);
  if (admin->states.empty()) return {};
  if (auto decided = decide(admin); !decided) return decided;
  directory_ = std::move(after);
  const auto table = hosts();
  for (auto& [log, record] : passed) {
    const auto host = table->find(log);
    if (host == table->end()) continue;
    auto m = make_intrusive<pass_record_message>();
    m->record = std::move(record);
    host->second.operator_actor.send(std::move(m));
  }
  return {};
}

}  // namespace weir::runtime
