// Rule 3 of the architecture: what is queued because of something else never stands in front of it. Threads queue causes and then tell an actor, which is
// busy on a core of its own and queues their effects. The same stress is run on a queue that is no such queue, a core's own: it must be caught.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "runtime/core/core.hpp"
#include "runtime/log/queue.hpp"
#include "runtime/log/queue_wake.hpp"

using namespace weir::runtime;

namespace {

constexpr std::size_t producers = 3;
constexpr std::uint32_t each = 1'000;
constexpr std::size_t items = 2 * producers * each;
constexpr std::uint32_t under_way = 8;  ///< Of a producer: were there more, every cause would have long been taken when its effect is queued.

/// Stands in the journal's queue or, as a task, in a core's.
struct item final : task {
  void run(core&) override;
  std::atomic<item*> queue_next{nullptr};
  std::size_t producer = 0;
  std::uint32_t number = 0;
  bool effect = false;
  class core_order* order = nullptr;
};

/// The journal's queue, emptied by a thread of its own.
class journal_order {
 public:
  explicit journal_order(core&) {
    drainer_ = std::thread([this] {
      while (taken_.size() < items) {
        if (const item* i = queue_.pop()) {
          taken_.push_back(i);
          continue;
        }
        flag_.arm();
        if (queue_.empty()) flag_.sleep(-1);
        flag_.disarm();
      }
    });
  }
  void push(item* i) { queue_.push(i); }
  void wake() { flag_.wake(); }
  /// Once everything is queued: the order in which it left the queue.
  const std::vector<const item*>& taken() {
    drainer_.join();
    return taken_;
  }

 private:
  queue<item> queue_;
  wake_flag flag_;
  std::vector<const item*> taken_;
  std::thread drainer_;
};

/// The queue of the core on which the actor runs: a list of what comes from the core itself, an inbox for what comes from elsewhere.
class core_order {
 public:
  explicit core_order(core& home) : home_(home) {}
  void push(item* i) {
    i->order = this;
    home_.schedule(i);
  }
  void wake() {}
  void take(const item* i) {
    taken_.push_back(i);
    count_.store(taken_.size(), std::memory_order_release);
    count_.notify_one();
  }
  const std::vector<const item*>& taken() {
    for (std::size_t now = count_.load(std::memory_order_acquire); now < items; now = count_.load(std::memory_order_acquire)) count_.wait(now);
    return taken_;
  }

 private:
  core& home_;
  std::vector<const item*> taken_;
  std::atomic<std::size_t> count_{0};
};

void item::run(core&) { order->take(this); }

struct cause_message final : message {
  static constexpr std::uint16_t kind_of = 100;
  cause_message(std::size_t p, std::uint32_t n) : message(kind_of), producer(p), number(n) {}
  std::size_t producer;
  std::uint32_t number;
};

struct stress {
  std::array<std::vector<item>, producers> causes;
  std::array<std::vector<item>, producers> effects;
  std::array<std::atomic<std::uint32_t>, producers> handled{};
  std::atomic<std::size_t> published{0};

  stress() {
    for (std::size_t p = 0; p < producers; ++p) {
      causes[p] = std::vector<item>(each);
      effects[p] = std::vector<item>(each);
      for (std::uint32_t n = 0; n < each; ++n) {
        causes[p][n].producer = effects[p][n].producer = p;
        causes[p][n].number = effects[p][n].number = n;
        effects[p][n].effect = true;
      }
    }
  }
};

template <class Order>
class consumer final : public actor {
 public:
  consumer(stress& all, Order& order) : all_(all), order_(order) {}
  void start(const actor_ref&, core&) override {}
  void receive(const message& m) override {
    const auto& cause = static_cast<const cause_message&>(m);
    order_.push(&all_.effects[cause.producer][cause.number]);
    order_.wake();
    all_.handled[cause.producer].store(cause.number + 1, std::memory_order_release);
    all_.handled[cause.producer].notify_one();
    // Busy until the next cause is there, so that this turn goes on with it. There is one under way: no producer waits for what was handled.
    if (++handled_ < producers * each) all_.published.wait(handled_, std::memory_order_acquire);
  }

 private:
  stress& all_;
  Order& order_;
  std::size_t handled_ = 0;
};

/// How many effects left the queue before their causes.
std::size_t early_effects(const std::vector<const item*>& taken) {
  std::array<std::vector<bool>, producers> caused;
  caused.fill(std::vector<bool>(each));
  std::size_t early = 0;
  for (const item* i : taken) {
    if (!i->effect)
      caused[i->producer][i->number] = true;
    else if (!caused[i->producer][i->number])
      ++early;
  }
  return early;
}

template <class Order>
std::size_t run_stress() {
  const system_clock clock;
  stress all;
  core home(0, wait_strategy::block, clock);
  Order order(home);
  actor_system system(true);
  const actor_ref reader = system.spawn(home, std::make_unique<consumer<Order>>(all, order));
  home.start_thread();
  std::vector<std::thread> threads;
  for (std::size_t p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      for (std::uint32_t n = 0; n < each; ++n) {
        for (std::uint32_t now = all.handled[p]; now + under_way <= n; now = all.handled[p]) all.handled[p].wait(now);
        order.push(&all.causes[p][n]);  // As a log actor does: first its place, then whoever waits for it.
        reader.send(make_intrusive<cause_message>(p, n));
        order.wake();
        ++all.published;
        all.published.notify_one();
      }
    });
  }
  for (auto& t : threads) t.join();
  const auto& taken = order.taken();
  actor_system::quit(reader);
  home.stop_thread();
  CHECK(taken.size() == items);
  return early_effects(taken);
}

}  // namespace

TEST_CASE("an effect of a busy actor never leaves the journal's queue before its cause from another thread", "[core][queue]") {
  for (int round = 0; round < 3; ++round) CHECK(run_stress<journal_order>() == 0);
}

TEST_CASE("the same stress finds effects before causes where a core's task queue takes the journal's place", "[core][queue]") {
  std::size_t early = 0;
  for (int round = 0; round < 20 && early == 0; ++round) early = run_stress<core_order>();
  UNSCOPED_INFO("effects before their causes: " << early);
  CHECK(early > 0);
}
