#include "runtime/node/rates.hpp"

#include <algorithm>

namespace weir::runtime {

namespace {
constexpr auto relaxed = std::memory_order_relaxed;
constexpr double ns_per_second = 1e9;
}  // namespace

rate_window::seen rate_window::count(const partition_counters& c, std::int64_t now) {
  const std::int64_t began = c.step_began_ns.load(relaxed);
  return {c.records_in.load(relaxed), c.records_out.load(relaxed), c.busy_ns.load(relaxed) + (began == 0 ? 0 : std::max<std::int64_t>(0, now - began))};
}

void rate_window::look(const hosted_table& all, std::int64_t now) {
  sample s{.at = now, .counted = {}};
  for (const auto& [log, h] : all) {
    s.counted.emplace(h.counters, count(*h.counters, now));
    for (const inner_operator& inner : h.below) s.counted.emplace(inner.counters, count(*inner.counters, now));
  }
  const std::lock_guard lock(mutex_);
  if (!samples_.empty() && now - samples_.back().at < interval_ns) return;
  samples_.push_back(std::move(s));
  while (samples_.size() > 1 && now - samples_.front().at > window_ns) samples_.pop_front();
}

rate_window::rates rate_window::of(const std::shared_ptr<partition_counters>& c, std::int64_t now) const {
  const std::lock_guard lock(mutex_);
  for (const sample& s : samples_) {
    const auto before = s.counted.find(c);
    if (before == s.counted.end() || now <= s.at) continue;
    const seen is = count(*c, now);
    const seen& was = before->second;
    const double ns = static_cast<double>(now - s.at);
    const auto per_second = [ns](std::uint64_t more) { return static_cast<double>(more) / ns * ns_per_second; };
    return {per_second(is.records_in - was.records_in), per_second(is.records_out - was.records_out),
            std::clamp(static_cast<double>(is.busy_ns - was.busy_ns) / ns, 0.0, 1.0)};
  }
  return {};
}

}  // namespace weir::runtime
