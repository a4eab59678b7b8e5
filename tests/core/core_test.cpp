#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/seam/simulated_clock.hpp"

using namespace weir::runtime;

namespace {

struct number final : message {
  static constexpr std::uint16_t kind_of = 100;
  explicit number(int n) : message(kind_of), value(n) {}
  int value;
};

/// What actors of a test saw, waited for without sleeping.
struct log_book {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> seen;
  bool wrong_core = false;

  void write(int n, bool here) {
    const std::lock_guard lock(mutex);
    seen.push_back(n);
    wrong_core = wrong_core || !here;
    changed.notify_all();
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), [&] { return seen.size() >= count; });
  }
};

class scribe final : public actor {
 public:
  explicit scribe(log_book& book, actor_ref next = {}) : book_(book), next_(std::move(next)) {}
  void start(const actor_ref&, core& home) override { home_ = &home; }
  void receive(const message& m) override {
    if (m.kind == timer_kind) return book_.write(-1, core::current() == home_);
    const int n = static_cast<const number&>(m).value;
    book_.write(n, core::current() == home_);
    if (next_) next_.send(make_intrusive<number>(n));
  }
  static constexpr std::uint16_t timer_kind = 1;

 private:
  log_book& book_;
  actor_ref next_;
  core* home_ = nullptr;
};

}  // namespace

TEST_CASE("messages arrive in order, on the actor's own core, under every wait strategy", "[core]") {
  const system_clock clock;
  for (const wait_strategy wait : {wait_strategy::block, wait_strategy::spin, wait_strategy::poll}) {
    log_book first_book;
    log_book second_book;
    core a(0, wait, clock);
    core b(1, wait, clock);
    {
      actor_system system(true);
      const actor_ref second = system.spawn(b, std::make_unique<scribe>(second_book));
      const actor_ref first = system.spawn(a, std::make_unique<scribe>(first_book, second));
      a.start_thread();
      b.start_thread();
      for (int i = 0; i < 20'000; ++i) first.send(make_intrusive<number>(i));
      REQUIRE(second_book.wait_for(20'000));
      actor_system::quit(first);
      actor_system::quit(second);
      a.stop_thread();
      b.stop_thread();
    }
    CHECK_FALSE(first_book.wrong_core);
    CHECK_FALSE(second_book.wrong_core);
    CHECK(std::is_sorted(second_book.seen.begin(), second_book.seen.end()));
  }
}

TEST_CASE("a core without a thread does nothing until it is run by hand, and its timers follow the given clock", "[core]") {
  simulated_clock clock;
  core c(0, wait_strategy::block, clock);
  actor_system system(false);
  log_book book;
  const actor_ref a = system.spawn(c, std::make_unique<scribe>(book));
  while (c.run_one()) {}
  a.send(make_intrusive<number>(7));
  CHECK(book.seen.empty());
  CHECK(c.ready());
  while (c.run_one()) {}
  CHECK(book.seen == std::vector<int>{7});
  c.wake_at(clock.monotonic_ns() + 1000, a, 3);
  while (c.run_one()) {}
  CHECK(book.seen.size() == 1);
  CHECK(c.next_timer_ns() == clock.monotonic_ns() + 1000);
  clock.advance(1000);
  while (c.run_one()) {}
  CHECK(book.seen == std::vector<int>{7, -1});
  actor_system::quit(a);
  while (c.run_one()) {}
}

TEST_CASE("a sleeping core wakes for its timers", "[core]") {
  const system_clock clock;
  core c(0, wait_strategy::block, clock);
  log_book book;
  {
    actor_system system(true);
    class sleeper final : public actor {
     public:
      explicit sleeper(log_book& b) : book_(b) {}
      void start(const actor_ref& self, core& home) override { home.wake_at(home.time().monotonic_ns() + 2'000'000, self, 9); }
      void receive(const message&) override { book_.write(9, true); }

     private:
      log_book& book_;
    };
    const actor_ref a = system.spawn(c, std::make_unique<sleeper>(book));
    c.start_thread();
    CHECK(book.wait_for(1));
    actor_system::quit(a);
    c.stop_thread();
  }
}
