#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "runtime/log/queue.hpp"
#include "runtime/log/queue_wake.hpp"

using namespace weir::runtime;

namespace {

struct item {
  std::atomic<item*> queue_next{nullptr};
  std::uint32_t producer = 0;
  std::uint32_t number = 0;
};

}  // namespace

TEST_CASE("the queue gives back what was put in, in that order", "[journal][queue]") {
  queue<item> q;
  std::vector<item> items(100);
  CHECK(q.pop() == nullptr);
  for (std::size_t round = 0; round < 3; ++round) {
    for (auto& i : items) q.push(&i);
    CHECK_FALSE(q.empty());
    for (auto& i : items) REQUIRE(q.pop() == &i);
    CHECK(q.pop() == nullptr);
    CHECK(q.empty());
  }
  for (auto& i : items) {  // Never more than one at a time.
    q.push(&i);
    REQUIRE(q.pop() == &i);
  }
}

TEST_CASE("every producer's elements leave the queue once and in order, and sleepers are woken", "[journal][queue]") {
  constexpr std::uint32_t producers = 3, each = 20'000;
  queue<item> q;
  wake_flag flag;
  std::vector<std::vector<item>> items(producers);
  for (auto& v : items) v = std::vector<item>(each);
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      for (std::uint32_t n = 0; n < each; ++n) {
        items[p][n].producer = p;
        items[p][n].number = n;
        q.push(&items[p][n]);
        flag.wake();
      }
    });
  }
  std::vector<std::uint32_t> next(producers, 0);
  for (std::uint32_t left = producers * each; left > 0;) {
    if (item* i = q.pop()) {
      REQUIRE(i->number == next[i->producer]++);
      --left;
      continue;
    }
    flag.arm();
    if (q.empty()) flag.sleep(-1);  // For ever: a lost wake-up would hang the test.
    flag.disarm();
  }
  for (auto& t : threads) t.join();
  CHECK(q.empty());
}

TEST_CASE("an element that was queued because of another one is never ahead of it", "[journal][queue]") {
  constexpr std::uint32_t count = 20'000;
  queue<item> q;
  std::vector<item> causes(count), effects(count);
  std::atomic<std::uint32_t> published{0};
  std::thread cause([&] {
    for (std::uint32_t n = 0; n < count; ++n) {
      causes[n].number = n;
      q.push(&causes[n]);
      published.store(n + 1, std::memory_order_release);
    }
  });
  std::thread effect([&] {
    for (std::uint32_t n = 0; n < count; ++n) {
      while (published.load(std::memory_order_acquire) <= n) std::this_thread::yield();
      effects[n].producer = 1;
      effects[n].number = n;
      q.push(&effects[n]);
    }
  });
  std::uint32_t causes_seen = 0, effects_seen = 0;
  bool ordered = true;
  while (effects_seen < count) {
    const item* i = q.pop();
    if (!i) {
      std::this_thread::yield();
      continue;
    }
    if (i->producer == 0)
      causes_seen = i->number + 1;
    else
      ordered &= i->number < causes_seen && i->number == effects_seen++;
  }
  cause.join();
  effect.join();
  CHECK(ordered);
}
