#include "runtime/node/stuck.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::runtime {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::size_t names_max = 5;  ///< In one line.

/// Of a chain the operator whose hook was called last.
const partition_description& whose_code(const hosted& h) {
  const std::uint32_t member = h.mark->member.load(relaxed);
  return member == 0 || member > h.below.size() ? *h.about : *h.below[member - 1].about;
}

void add_names(const hosted& h, const std::string& but, std::vector<std::string>& to) {
  const auto add = [&](const std::string& key) {
    if (key != but && std::find(to.begin(), to.end(), key) == to.end()) to.push_back(key);
  };
  add(h.about->key());
  for (const inner_operator& inner : h.below) add(inner.about->key());
}

std::string listed_shortly(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), names_max); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > names_max ? fmt::format("{} and {} more", text, names.size() - names_max) : text;
}

}  // namespace

std::vector<stuck_call> stuck_calls(const hosted_table& all, std::int64_t now, std::int64_t limit_ns) {
  std::vector<stuck_call> found;
  for (const auto& [log, h] : all) {
    const std::int64_t began = h.counters->step_began_ns.load(relaxed);
    if (began == 0 || now - began < std::max<std::int64_t>(1, limit_ns)) continue;
    stuck_call c{.log = log, .key = whose_code(h).key(), .partition = h.about->partition, .cpu = h.about->cpu, .began_ns = began, .lasts_ns = now - began};
    c.off_core = h.about->blocking && !h.mark->closing.load(relaxed);
    add_names(h, c.key, c.holds_up);
    if (!c.off_core)
      for (const auto& [other, there] : all)
        if (other != log && there.about->cpu == c.cpu && there.wanted != wanted_activity::stopped) add_names(there, c.key, c.holds_up);
    found.push_back(std::move(c));
  }
  return found;
}

std::set<std::uint64_t> with_inputs(const hosted_table& all, std::set<std::uint64_t> logs) {
  for (const auto& [log, h] : all)
    if (logs.contains(log))
      for (const hosted_input& in : h.inputs) logs.insert(in.log);
  return logs;
}

std::optional<stuck_call> stuck_before(const hosted_table& all, const std::vector<stuck_call>& calls, const std::set<std::uint64_t>& logs) {
  for (const stuck_call& c : calls) {
    if (logs.contains(c.log)) return c;
    const auto shares = [&](std::uint64_t log) {
      const auto h = all.find(log);
      return h != all.end() && h->second.about->cpu == c.cpu;
    };
    if (!c.off_core && std::any_of(logs.begin(), logs.end(), shares)) return c;
  }
  return {};
}

std::string lasting_text(std::int64_t ns) {
  constexpr double exact = 10;  ///< Seconds below which tenths matter.
  const double seconds = static_cast<double>(ns) / 1e9;
  return seconds < exact ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string stuck_text(const stuck_call& c) {
  if (c.off_core)
    return fmt::format("{} has been in one call of its code for {}, on a thread of its own since it is blocking; {}", c.who(), lasting_text(c.lasts_ns),
                       c.holds_up.empty() ? "the others go on" : listed_shortly(c.holds_up) + " in its chain wait for it, the others go on");
  const std::string others = c.holds_up.empty() ? "" : ", and with it " + listed_shortly(c.holds_up);
  return fmt::format("{} has not returned from its code for {}; core {} stands still meanwhile{}", c.who(), lasting_text(c.lasts_ns), c.cpu, others);
}

std::string stuck_remedy(const stuck_call& c) {
  return fmt::format("{}no command interrupts a call: {}, and start it with 'weir serve --paused {}'", c.off_core ? "where it waits in vain, " : "", stuck_end,
                     c.key);
}

std::vector<stuck_watch::line> stuck_watch::look(const std::vector<stuck_call>& found, std::int64_t now) {
  looked_ns_ = now;
  std::vector<line> lines;
  std::map<std::uint64_t, seen> still;
  for (const stuck_call& c : found) {
    const auto before = seen_.find(c.log);
    const bool known = before != seen_.end() && before->second.call.began_ns == c.began_ns;
    const bool told = known && before->second.told;
    if (known && !told) lines.push_back({c.log, false, c});
    still[c.log] = {c, known};
  }
  for (const auto& [log, s] : seen_) {
    const auto now_there = still.find(log);
    if (!s.told || (now_there != still.end() && now_there->second.call.began_ns == s.call.began_ns)) continue;
    stuck_call over = s.call;
    over.lasts_ns = now - over.began_ns;
    lines.push_back({log, true, std::move(over)});
  }
  seen_ = std::move(still);
  return lines;
}

std::int64_t stuck_watch::draining_ns(bool drains, std::int64_t now) noexcept {
  if (!drains) return 0;
  if (drain_began_ns_ == 0) drain_began_ns_ = now;
  return now - drain_began_ns_;
}

}  // namespace weir::runtime
