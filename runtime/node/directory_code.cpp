// The directory's part in deploys and rollbacks: an operator gets other code, the next generation, and a line of history.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/node/directory.hpp"
#include "runtime/node/directory_format.hpp"

namespace weir::runtime {

namespace {

/// History is for people: more of it than anybody reads goes.
constexpr std::size_t history_max = 100;
constexpr std::size_t former_max = 100;

std::string history_name(const std::string& key, std::uint32_t generation) { return fmt::format("{}/{:010}", key, generation); }

}  // namespace

bool directory_entry::writes(const std::string& stream) const {
  return std::any_of(ostreams.begin(), ostreams.end(), [&](const directory_wire& w) { return w.stream == stream; }) ||
         topology::dead_letters_name(topology, name) == stream;
}

std::optional<passed_record> directory_entry::passed(std::uint64_t log) const {
  const auto found = passes.find(log);
  if (found == passes.end()) return {};
  const record_position& at = found->second.record;
  return passed_record{at.log, at.lsn, at.index, "passed by 'weir resume --skip-record', since the process died of it: " + found->second.cause};
}

void directory_entry::take(operator_code next) {
  deaths = {};
  former[generation++] = std::exchange(code, std::move(next));
  // What values may still be written in is never forgotten: only what is there again goes.
  for (auto oldest = former.begin(); former.size() > former_max && oldest != former.end();) {
    const auto same = [&](const auto& other) { return other.second == oldest->second; };
    const bool again = oldest->second == code || std::any_of(std::next(oldest), former.end(), same);
    oldest = again ? former.erase(oldest) : std::next(oldest);
  }
}

result<void> directory::switch_code(const std::string& key, const operator_code& code, const topology::operator_metadata& metadata,
                                    const directory_surroundings& around, const directory_trial& trial, const deployment& why, frame& admin) {
  directory_entry& there = entries_.at(key);
  std::uint16_t last_id = 0;
  for (const auto& [other, e] : entries_)
    if (e.first_log == there.first_log)
      for (const directory_state& s : e.states) last_id = std::max(last_id, s.id);
  auto states = adapt_states(there, metadata, around, last_id);
  if (!states) return error{error_code::refused, fmt::format("operator '{}': {}", key, states.why().message)};
  there.states = std::move(states).value();
  there.take(code);
  there.by_hand = true;
  there.trial = trial;
  there.start = why.kind == "deploy" ? WEIR_START_DEPLOYED : WEIR_START_ROLLED_BACK;
  deployment line = why;
  line.generation = there.generation;
  line.code = code;
  note(key, line, admin);
  return {};
}

void directory::note(const std::string& key, const deployment& what, frame& admin) {
  std::vector<deployment>& lines = history_[key];
  if (!lines.empty() && lines.back().generation == what.generation)
    lines.back() = what;
  else
    lines.push_back(what);
  const std::string name = history_name(key, what.generation);
  const std::string text = deployment_text(what);
  admin.states.add({.id = history_state, .key = name, .value = text});
  if (lines.size() <= history_max) return;
  const std::string oldest = history_name(key, lines.front().generation);
  admin.states.add({.id = history_state, .removed = true, .key = oldest});
  lines.erase(lines.begin());
}

/// What was written of an operator that goes.
void directory::forget(const std::string& key, frame& admin) {
  admin.states.add({.id = entries_state, .removed = true, .key = key});
  const auto lines = history_.find(key);
  if (lines == history_.end()) return;
  for (const deployment& d : lines->second) {
    const std::string name = history_name(key, d.generation);
    admin.states.add({.id = history_state, .removed = true, .key = name});
  }
  history_.erase(lines);
}

const std::vector<deployment>& directory::history(const std::string& key) const {
  static const std::vector<deployment> none;
  const auto found = history_.find(key);
  return found == history_.end() ? none : found->second;
}

}  // namespace weir::runtime
