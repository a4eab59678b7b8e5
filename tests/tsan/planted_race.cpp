// Two actors, each pinned to a core of its own, exchange messages and write one variable without order between the writes. ThreadSanitizer must report
// it: a suite that is silent under it proves nothing while nobody knows that it can speak. Nothing of the actor library may hide the race, either.
#include <atomic>
#include <memory>
#include <thread>

#include "runtime/core/core.hpp"

namespace {

using namespace weir::runtime;

int planted = 0;

/// Relaxed, so that it brings the racers together in time without ordering them.
std::atomic<int> arrived{0};
std::atomic<int> done{0};

struct racer final : actor {
  void start(const actor_ref&, core&) override {}
  void receive(const message&) override {
    arrived.fetch_add(1, std::memory_order_relaxed);
    while (arrived.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
    planted_race();
    done.fetch_add(1, std::memory_order_relaxed);
  }
  static void planted_race() {
    for (int i = 0; i < 1000; ++i) planted = planted + 1;
  }
};

}  // namespace

int main() {
  const system_clock time;
  core first(0, wait_strategy::block, time);
  core second(1, wait_strategy::block, time);
  {
    actor_system system(true);
    const actor_ref one = system.spawn(first, std::make_unique<racer>());
    const actor_ref other = system.spawn(second, std::make_unique<racer>());
    first.start_thread();
    second.start_thread();
    one.send(make_intrusive<message>(std::uint16_t{0}));
    other.send(make_intrusive<message>(std::uint16_t{0}));
    while (done.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
    actor_system::quit(one);
    actor_system::quit(other);
    first.stop_thread();
    second.stop_thread();
  }
  return 0;
}
