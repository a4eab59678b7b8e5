// Who goes on, turn by turn.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/simulation/world.hpp"

namespace weir::simulation {

namespace {

bool tracing() {
  static const bool on = std::getenv("WEIR_SIMULATION_TRACE") != nullptr;
  return on;
}

}  // namespace

void world::trace(const std::string& what) const {
  if (tracing()) fmt::print(stderr, "{}, process {}, turn {}, {} ns: {}\n", what_.name, lives_, turns_, clock_.peek_ns(), what);
}

bool world::turn() {
  gather_choices();
  if (choices_.empty()) return wait_for_timer();
  choices_.push_back({choice::kind::time, 0, 1});
  std::uint64_t sum = 0;
  for (const choice& c : choices_) sum += c.weight;
  std::uint64_t drawn = schedule_.next() % sum;
  for (const choice& c : choices_) {
    if (drawn < c.weight) return take(c);
    drawn -= c.weight;
  }
  return false;
}

void world::gather_choices() {
  choices_.clear();
  const auto& cores = node_->cores();
  for (std::size_t i = 0; i < cores.size(); ++i)
    if (cores[i]->ready() || cores[i]->next_timer_ns() <= clock_.peek_ns()) choices_.push_back({choice::kind::core, i, core_weight_});
  for (std::size_t i = 0; i < workers_->count(); ++i)
    if (workers_->pending(i)) choices_.push_back({choice::kind::worker, i, worker_weight_});
  for (std::size_t i = 0; i < page_filled_.size(); ++i) {
    if (page_filled_[i])
      choices_.push_back({choice::kind::write_page, i, journal_weight_});
    else if (!journal_idle_)
      choices_.push_back({choice::kind::fill_page, i, journal_weight_});
  }
  if (!background_idle_) choices_.push_back({choice::kind::background, 0, background_weight_});
}

bool world::take(const choice& c) {
  static constexpr const char* names[] = {"core", "worker", "fill page", "write page", "background", "time"};
  if (tracing()) trace(fmt::format("{} {}", names[static_cast<std::size_t>(c.what)], c.index));
  switch (c.what) {
    case choice::kind::core:
      node_->cores()[c.index]->run_one();
      journal_idle_ = background_idle_ = false;
      break;
    case choice::kind::worker:
      workers_->run_one(c.index);
      background_idle_ = false;
      break;
    case choice::kind::fill_page:
      page_filled_[c.index] = node_->log().fill_page(c.index);
      journal_idle_ = !page_filled_[c.index];
      break;
    case choice::kind::write_page:
      page_filled_[c.index] = false;
      node_->log().write_page(c.index);
      journal_idle_ = background_idle_ = false;
      break;
    case choice::kind::background: background_idle_ = !node_->log().run_background_once(); break;
    case choice::kind::time: clock_.advance(static_cast<std::int64_t>(up_to(1'000'000))); break;
  }
  return true;
}

bool world::wait_for_timer() {
  std::int64_t due = INT64_MAX;
  for (const auto& c : node_->cores()) due = std::min(due, c->next_timer_ns());
  if (due == INT64_MAX) return false;
  trace("everything waits");
  clock_.advance(std::max<std::int64_t>(0, due - clock_.peek_ns()));
  journal_idle_ = background_idle_ = false;
  return true;
}

}  // namespace weir::simulation
