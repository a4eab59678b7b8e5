// timer_store against the simplest thing that could be right: a std::map that is copied at every savepoint.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <weir/abi.h>

#include "runtime/operator/timer_store.hpp"
#include "runtime/seam/random.hpp"

using namespace weir::runtime;

namespace {

using timer_name = std::tuple<std::uint32_t, std::string, std::string>;
using timers = std::map<timer_name, std::int64_t>;

timers content(const timer_store& s) {
  timers all;
  const timer_name* last = nullptr;
  s.for_each_sorted([&](const change& c) {
    const auto [at, fresh] = all.emplace(timer_name(c.id, c.key, c.subkey), c.time);
    REQUIRE(fresh);
    REQUIRE((last == nullptr || *last < at->first));
    last = &at->first;
  });
  return all;
}

struct level {
  timer_store::savepoint point;
  timers state;
  std::vector<timer_name> order;
};

class run {
 public:
  explicit run(std::uint64_t seed) : random_(seed) {}

  void frames(int count) {
    for (int i = 0; i < count; ++i) {
      frame_begin_ = model_;
      levels_.clear();
      order_.clear();
      for (std::uint64_t n = below(60); n > 0; --n) step();
      end_frame();
    }
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }

  void touched(const timer_name& name) {
    if (std::find(order_.begin(), order_.end(), name) == order_.end()) order_.push_back(name);
  }

  void step() {
    const timer_name name(below(2), "k" + std::to_string(below(12)), below(3) == 0 ? "" : "s" + std::to_string(below(3)));
    const auto& [kind, key, subkey] = name;
    switch (below(10)) {
      case 0: levels_.push_back({store_.set_savepoint(), model_, order_}); return;
      case 1: return roll_back();
      case 2:
      case 3:
        if (model_.count(name) != 0) touched(name);
        REQUIRE(store_.cancel(kind, key, subkey) == (model_.erase(name) == 1));
        return;
      case 4:
      case 5: return take_due();
      default: {
        const auto time = static_cast<std::int64_t>(below(50));
        store_.set(kind, key, subkey, time);
        model_[name] = time;
        touched(name);
      }
    }
  }

  void roll_back() {
    if (levels_.empty()) return;
    levels_.resize(below(levels_.size()) + 1);
    store_.roll_back(levels_.back().point);
    model_ = levels_.back().state;
    order_ = levels_.back().order;
    REQUIRE(content(store_) == model_);
  }

  void take_due() {
    const auto watermark = static_cast<std::int64_t>(below(50));
    const auto now = static_cast<std::int64_t>(below(50));
    const timers::value_type* first = nullptr;
    for (const auto& t : model_) {
      if (t.second > (std::get<0>(t.first) == WEIR_TIMER_EVENT ? watermark : now)) continue;
      if (!first || std::tie(t.second, t.first) < std::tie(first->second, first->first)) first = &t;
    }
    due_timer due;
    REQUIRE(store_.take_due(watermark, now, due) == (first != nullptr));
    if (!first) return;
    const timer_name name(due.kind, due.key, due.subkey);
    REQUIRE(name == first->first);
    REQUIRE(due.time == first->second);
    touched(name);
    model_.erase(name);
  }

  void end_frame() {
    change_batch batch;
    store_.take_changes(batch);
    std::vector<timer_name> names;
    for (std::uint32_t i = 0; i < batch.count(); ++i) {
      names.emplace_back(batch.at(i).id, batch.at(i).key, batch.at(i).subkey);
      replica_.apply(batch.at(i));
    }
    std::erase_if(order_, [&](const timer_name& n) { return model_.count(n) == 0 && frame_begin_.count(n) == 0; });
    REQUIRE(names == order_);
    REQUIRE(content(store_) == model_);
    REQUIRE(content(replica_) == model_);
    REQUIRE(store_.size() == model_.size());
    for (std::uint32_t kind : {WEIR_TIMER_EVENT, WEIR_TIMER_PROCESSING}) {
      std::optional<std::int64_t> first;
      for (const auto& [name, time] : model_)
        if (std::get<0>(name) == kind && (!first || time < *first)) first = time;
      REQUIRE(store_.next(kind) == first);
    }
  }

  seeded_random random_;
  timer_store store_;
  timer_store replica_;  ///< Knows the changes only.
  timers model_;
  timers frame_begin_;
  std::vector<level> levels_;
  std::vector<timer_name> order_;
};

}  // namespace

TEST_CASE("random timers, savepoints and roll-backs agree with a map", "[timers][model]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    run(seed).frames(25);
  }
}
