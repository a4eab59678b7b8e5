// What comes into external streams from outside: which streams there are, and records on their way to the operators that stand for them.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/node.hpp"
#include "runtime/operator/intake.hpp"
#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::runtime {

/// One for all partitions, from the first of them on; it stays while the stream is there, also while its operator is made anew.
std::shared_ptr<intake> node::intake_of(const topology::planned_operator& op) {
  const std::lock_guard lock(mutex_);
  auto& found = intakes_[op.entry.name];
  if (!found) found = std::make_shared<intake>(op.entry.name, op.entry.parallelism);
  return found;
}

/// After each change of the plan.
void node::know_streams() {
  std::map<std::string, std::string> streams;
  for (const topology::planned_stream& s : plan_.streams) streams.emplace(s.name, plan_.operators[s.producer].key());
  const auto stays = [this](const std::string& stream) {
    return std::any_of(plan_.operators.begin(), plan_.operators.end(), [&](const auto& op) { return op.entry.external && op.entry.name == stream; });
  };
  const std::lock_guard lock(mutex_);
  streams_ = std::move(streams);
  std::erase_if(intakes_, [&](const auto& one) {
    if (stays(one.first)) return false;
    one.second->close(fmt::format("external stream '{}' was removed", one.first));
    return true;
  });
}

void node::close_intakes(const std::string& why) {
  const std::lock_guard lock(mutex_);
  for (const auto& [stream, at] : intakes_) at->close(why);
}

result<std::shared_ptr<intake>> node::intake_for(const std::string& stream) const {
  const auto table = hosts();
  const std::lock_guard lock(mutex_);
  const auto known = streams_.find(stream);
  if (known == streams_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, writer] : streams_) names.push_back(name);
    return error{error_code::usage,
                 fmt::format("no stream {}{}", topology::quoted(stream),
                             topology::suggestion(stream, names, names.empty() ? "; there is none" : "; there is " + topology::listed(names)))};
  }
  const auto at = intakes_.find(stream);
  if (at == intakes_.end())
    return error{error_code::refused, fmt::format("stream '{}' is written by operator '{}' and takes nothing from outside; publish to a stream that its "
                                                  "manifest declares with 'external: true'",
                                                  stream, known->second)};
  const auto host = std::find_if(table->begin(), table->end(), [&](const auto& h) { return h.second.fed_by == at->second; });
  if (host != table->end() && host->second.wanted != wanted_activity::running) {
    const bool paused = host->second.wanted == wanted_activity::paused;
    return error{error_code::refused, fmt::format("external stream '{}' is {}; 'weir {} {}' lets it take records again", stream, paused ? "paused" : "stopped",
                                                  paused ? "resume" : "start", known->second)};
  }
  return at->second;
}

/// False where the time was over first.
bool node::await_intake(intake& at, const std::function<bool()>& so, std::int64_t until_ns) {
  if (around_.threads) return at.wait(until_ns - around_.time->monotonic_ns(), so);
  while (!so()) {
    if (around_.time->monotonic_ns() >= until_ns || !around_.turn || !around_.turn()) return so();
  }
  return true;
}

result<publish_receipt> node::publish_to(const std::string& stream, publish_batch batch) {
  constexpr std::int64_t wait_ns = publish_limits{}.wait_ns;
  const std::int64_t until_ns = around_.time->monotonic_ns() + wait_ns;
  for (;;) {
    const auto into = intake_for(stream);
    if (!into) return into.why();
    if (batch.records.empty()) return publish_receipt{};
    intake& at = **into;
    const auto what = at.prepare(std::move(batch));
    std::string why_not;
    result<bool> taken = false;
    const auto is_taken = [&] {
      taken = at.offer(what, why_not);
      return !taken || *taken;
    };
    if (!await_intake(at, is_taken, until_ns)) return error{error_code::unreachable, why_not + "; try again later"};
    if (!taken) return taken.why();
    const bool done = await_intake(
        at, [&] { return at.done(*what); }, until_ns);
    const auto repeated = at.repeated(*what);
    if (repeated) return publish_receipt{.records = what->batch.records.size(), .repeated = *repeated};
    // Its operator was made anew meanwhile, or is stopped: what is numbered can be sent again from here, too.
    if (!at.failed(*what) || what->batch.producer.empty()) {
      const std::string after = done ? "" : fmt::format(" after {}", topology::duration_text(wait_ns));
      return error{error_code::unreachable, repeated.why().message + after + "; send it again later"};
    }
    batch = what->batch;
  }
}

}  // namespace weir::runtime
