// How commands and a node's end wait for operators, and what becomes of that where one does not return from its code.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "runtime/node/node.hpp"
#include "runtime/operator/operator_actor.hpp"

namespace weir::runtime {

namespace {
constexpr std::int64_t call_timeout_ns = 1'000'000'000;  ///< That calls of operators under way have at least, whatever the drain's timeout.
}

/// Waits for actors or the journal: `done` is asked with mutex_ held. False when the time is over, the node has failed, or these logs' operators stand behind a
/// call that does not return.
bool node::await(const std::function<bool()>& done, std::int64_t nanoseconds, const logs& of) {
  for (; !of.empty() && around_.threads && nanoseconds > stuck_watch::interval_ns; nanoseconds -= stuck_watch::interval_ns) {
    if (await(done, stuck_watch::interval_ns)) return true;
    const auto table = hosts();
    const auto calls = stuck_calls(*table, around_.time->monotonic_ns(), options_.stuck_ns);
    if (state() == run_state::failed || stuck_before(*table, calls, of)) return false;
  }
  std::unique_lock lock(mutex_);
  const auto over = [&] { return state_ == run_state::failed || done(); };
  if (around_.threads) {
    const auto limit = std::chrono::nanoseconds(std::min<std::int64_t>(nanoseconds, std::int64_t{86'400} * 1'000'000'000));
    changed_.wait_for(lock, limit, over);
    return done();
  }
  const std::int64_t began = around_.time->monotonic_ns();
  while (!over() && around_.time->monotonic_ns() - began < nanoseconds) {
    lock.unlock();
    const bool moved = around_.turn && around_.turn();
    lock.lock();
    if (!moved) break;
  }
  return done();
}

/// Refused where one of these logs' operators stands behind a call that is not likely to return: nothing could be done about it while the node runs.
result<void> node::check_calls(const logs& of) const {
  const auto table = hosts();
  auto calls = stuck_calls(*table, around_.time->monotonic_ns(), options_.stuck_ns);
  std::erase_if(calls, [](const stuck_call& c) { return c.off_core; });
  const auto call = stuck_before(*table, calls, of);
  if (!call) return {};
  return error{error_code::refused, fmt::format("this cannot be done now: {}; {}", stuck_text(*call), stuck_remedy(*call))};
}

result<void> node::watch_calls() {
  const std::int64_t now = around_.time->monotonic_ns();
  if (!watch_.due(now, options_.stuck_ns)) return {};
  const auto calls = stuck_calls(*hosts(), now, options_.stuck_ns);
  for (const stuck_watch::line& l : watch_.look(calls, now)) {
    const std::string text = l.returned ? fmt::format("{} returned from its code after about {} and goes on", l.call.who(), lasting_text(l.call.lasts_ns))
                                        : fmt::format("{}; {}", stuck_text(l.call), serves_ ? stuck_remedy(l.call) : "interrupt twice to end at once");
    const int level = l.returned ? WEIR_LEVEL_INFO : WEIR_LEVEL_WARNING;
    say(level, text);
    note_line(l.log, level, text);
  }
  bool drains = false;
  {
    const std::lock_guard lock(mutex_);
    drains = draining_ && state_ == run_state::running;
  }
  if (watch_.draining_ns(drains, now) < options_.stuck_ns || calls.empty()) return {};
  return error{error_code::failed,
               fmt::format("what is under way cannot go through, and ends here: {}; nothing that is durable is lost{}", stuck_text(calls.front()),
                           serves_ ? fmt::format(", and 'weir serve --paused {}' starts without it", calls.front().key) : "")};
}

/// Lets what these operators have begun go through, and closes them. Those whose time is over stop where they are.
result<void> node::drain_operators(const keys& which, const stop_options& options) {
  const logs all = wired_of(which);
  if (all.empty()) return {};
  const auto table = hosts();
  const auto with = std::make_shared<const logs>(all);
  leaving_.insert(all.begin(), all.end());
  const auto tell = [&](bool now) {
    for (const std::uint64_t log : all) {
      auto m = make_intrusive<drain_message>();
      m->with = with;
      m->now = now;
      table->at(log).operator_actor.send(std::move(m));
    }
  };
  const auto done = [&] { return std::includes(drained_.begin(), drained_.end(), all.begin(), all.end()); };
  const auto hurries = [&] { return done() || hurries_; };
  tell(false);
  const logs needed = with_inputs(*table, all);
  await(hurries, options.drain_timeout_ns, needed);
  if (!await(done, 0)) {
    tell(true);
    await(hurries, std::max(options.drain_timeout_ns, call_timeout_ns), needed);
    if (!await(done, call_timeout_ns)) {
      const auto call = stuck_before(*table, stuck_calls(*table, around_.time->monotonic_ns(), call_timeout_ns), needed);
      const std::string& topology = table->at(*all.begin()).about->topology;
      return error{
          error_code::failed,
          call ? fmt::format("operators of topology '{}' cannot stop now: {}; {}", topology, stuck_text(*call), stuck_remedy(*call))
               : fmt::format("operators of topology '{}' did not stop in time; they stop when they can: try again later, or 'weir start {}' lets them go on",
                             topology, topology)};
    }
  }
  for (const std::uint64_t log : all) {
    table->at(log).operator_actor.send(make_intrusive<close_message>());
    wired_.erase(log);
    leaving_.erase(log);
  }
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t log : all) notes_.erase(log);
  return {};
}

}  // namespace weir::runtime
