// What a log actor keeps in memory for its readers, and when it makes its producer wait: one core by hand, a journal that only counts, a disk that nobody
// reads.
#include "runtime/stream/log_actor.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "runtime/seam/simulated_clock.hpp"

using namespace weir::runtime;

namespace {

class counting_journal final : public journal {
 public:
  recovered_journal take_recovered() override { return {}; }
  weir::result<std::uint64_t> start_epoch(frame_ptr) override { return std::uint64_t{1}; }
  void set_listener(journal_listener*) override {}
  void register_reader(const log_reader_registration&) override {}
  void forget(std::uint64_t) override {}
  void retain(std::uint64_t, std::int64_t) override {}
  void letters_done(std::uint64_t, std::uint64_t) override {}
  void append(frame_ptr f) noexcept override { appended.push_back(f->lsn); }
  void wake() noexcept override {}
  bool admits(admission) const noexcept override { return true; }
  bool run_once() override { return false; }
  bool fill_page(std::size_t) override { return false; }
  bool write_page(std::size_t) override { return false; }
  bool run_background_once() override { return false; }
  void start_threads() override {}
  void stop_threads() override {}
  weir::result<std::vector<frame_ptr>> read(std::uint64_t, std::uint64_t, std::uint64_t) override { return std::vector<frame_ptr>{}; }
  std::uint64_t first_lsn(std::uint64_t) override { return 1; }
  std::uint64_t last_lsn(std::uint64_t) override { return 0; }
  journal_statistics statistics() const override { return {}; }

  std::vector<std::uint64_t> appended;
};

struct idle_disk final : worker {
  void submit(std::function<void()>) override { ++asked; }
  int asked = 0;
};

struct quiet_node final : node_events {
  void log_ended(std::uint64_t) override {}
  void log_drained(std::uint64_t) override {}
  void partition_failed(std::uint64_t, const weir::error& why) override { FAIL(why.message); }
  void partition_runs(std::uint64_t) override {}
  void partition_waits(std::uint64_t, const std::string&) override {}
  void partition_switched(std::uint64_t, std::uint32_t, std::int64_t) override {}
  void trial_failed(std::uint64_t, const weir::error& why) override { FAIL(why.message); }
  void fatal(const weir::error& why) override { FAIL(why.message); }
  void say(int, const std::string&) override {}
};

/// Notes what it is sent: the LSN of a delivery, "busy", "ready".
class listener final : public actor {
 public:
  explicit listener(std::vector<std::string>& heard) : heard_(heard) {}
  void start(const actor_ref&, core&) override {}
  void receive(const message& m) override {
    if (m.kind == delivery_message::kind_of) heard_.push_back(std::to_string(as<delivery_message>(m).lsn));
    if (m.kind == log_busy_message::kind_of) heard_.emplace_back("busy");
    if (m.kind == log_ready_message::kind_of) heard_.emplace_back("ready");
  }

 private:
  std::vector<std::string>& heard_;
};

using heard = std::vector<std::string>;

/// A log with one reader, all on one core.
class world {
 public:
  world(const log_limits& limits, bool durable_reader, const subscription& reads = {0, 0, WEIR_GROUPING_LOCAL}, std::uint32_t partitions = 1) {
    log_actor_options o;
    o.log = 1;
    o.limits = limits;
    o.to = &journal_;
    o.events = &node_;
    o.disk = &disk;
    counters = o.counters;
    log_ = system_.spawn(core_, std::make_unique<log_actor>(std::move(o)));
    producer_ = system_.spawn(core_, std::make_unique<listener>(producer_heard));
    reader_ = system_.spawn(core_, std::make_unique<listener>(reader_heard));
    auto m = make_intrusive<wire_log_message>();
    m->producer = producer_;
    send(std::move(m));
    auto joins = make_intrusive<subscribe_message>();
    joins->group = {.subscriptions = {reads}, .partitions = partitions, .durable = durable_reader};
    joins->reader = {.log = 2, .actor = reader_, .lag = lag};
    send(std::move(joins));
  }
  ~world() {
    for (const actor_ref& a : {log_, producer_, reader_}) actor_system::quit(a);
    run();
  }
  void append(int frames) {
    for (int i = 0; i < frames; ++i) {
      auto m = make_intrusive<append_message>();
      m->content = one_frame();
      send(std::move(m));
    }
  }
  void durable(std::uint64_t lsn) {
    auto m = make_intrusive<durable_message>();
    m->lsn = lsn;
    send(std::move(m));
  }
  void consumed(int frames) {
    for (int i = 0; i < frames; ++i) {
      auto m = make_intrusive<credit_message>();
      m->reader = 2;
      m->bytes = frame_bytes();
      m->records = 1;
      send(std::move(m));
    }
  }
  static std::uint64_t frame_bytes() { return one_frame()->memory_bytes(); }

  simulated_clock clock;
  std::shared_ptr<log_counters> counters;
  std::shared_ptr<reader_lag> lag = std::make_shared<reader_lag>();
  idle_disk disk;
  heard producer_heard;
  heard reader_heard;

 private:
  static frame_ptr one_frame() {
    auto f = make_intrusive<frame>();
    f->outputs.emplace_back().append(1, "key", "value");
    return f;
  }
  void send(message_ptr m) {
    log_.send(std::move(m));
    run();
  }
  void run() {
    while (core_.run_one()) {}
  }

  core core_{0, wait_strategy::block, clock};
  counting_journal journal_;
  quiet_node node_;
  actor_system system_{false};
  actor_ref log_, producer_, reader_;
};

}  // namespace

TEST_CASE("a durable reader gets from memory what has just become durable, however much behind it is not yet", "[log]") {
  world w({.credit_bytes = world::frame_bytes(), .tail_bytes_max = 4 * world::frame_bytes()}, true);
  w.append(20);
  CHECK(w.reader_heard.empty());
  w.durable(3);
  CHECK(w.reader_heard == heard{"1"});  // Its credit is spent; 2 and 3 wait in memory.
  w.consumed(1);
  w.consumed(1);
  CHECK(w.reader_heard == heard{"1", "2", "3"});
  CHECK(w.disk.asked == 0);
  w.durable(20);
  w.consumed(1);
  CHECK(w.disk.asked == 1);  // More than the tail may hold is durable now and was not taken.
}

TEST_CASE("a producer waits while too much of its log is not durable, until half of that is", "[log]") {
  world w({.backlog_bytes_max = 4 * world::frame_bytes()}, false);
  w.append(4);
  CHECK(w.producer_heard.empty());
  w.append(1);
  CHECK(w.producer_heard == heard{"busy"});
  w.durable(2);
  CHECK(w.producer_heard == heard{"busy"});
  w.durable(3);
  CHECK(w.producer_heard == heard{"busy", "ready"});
}

TEST_CASE("a producer whose reader lags waits until the reader is back among the frames in memory", "[log]") {
  world w({.lag_bytes_max = 8 * world::frame_bytes(), .tail_bytes_max = 2 * world::frame_bytes()}, false);
  w.append(9);
  CHECK(w.producer_heard == heard{"busy"});
  w.consumed(6);
  CHECK(w.producer_heard == heard{"busy"});
  w.consumed(1);
  CHECK(w.producer_heard == heard{"busy", "ready"});
}

TEST_CASE("a log says which reader or journal slows its producer, and how far each reader is behind", "[log]") {
  world w({.lag_bytes_max = 8 * world::frame_bytes(), .backlog_bytes_max = 100 * world::frame_bytes(), .tail_bytes_max = 2 * world::frame_bytes()}, false);
  w.append(3);
  CHECK(w.counters->slowed_by == log_counters::no_log);
  CHECK(w.lag->records == 3);
  CHECK(w.lag->bytes > 0);
  w.append(6);
  CHECK(w.counters->slowed_by == 2);
  CHECK(w.lag->records == 9);
  w.consumed(9);
  CHECK(w.counters->slowed_by == log_counters::no_log);
  CHECK(w.lag->records == 0);
  CHECK(w.lag->bytes == 0);
  world slow_disk({.backlog_bytes_max = 4 * world::frame_bytes()}, false);
  slow_disk.append(5);
  CHECK(slow_disk.counters->slowed_by == log_counters::journal_itself);
}

TEST_CASE("the records that wait for one of several partitions are counted, however few a frame holds", "[log]") {
  constexpr int frames = 20;
  world w({}, false, {0, 0, WEIR_GROUPING_SHUFFLE}, 4);
  w.append(frames);
  REQUIRE(!w.reader_heard.empty());
  REQUIRE(w.reader_heard.size() < frames);
  CHECK(w.lag->records == w.reader_heard.size());  // All are delivered: it is known.
  w.consumed(static_cast<int>(w.reader_heard.size()));
  CHECK(w.lag->records == 0);

  world full({.credit_bytes = 1}, false, {0, 0, WEIR_GROUPING_SHUFFLE}, 4);
  full.append(frames);
  REQUIRE(full.reader_heard.size() == 1);
  const int waiting = frames - std::stoi(full.reader_heard[0]);  // Of those each fourth is thought to be this partition's.
  CHECK(full.lag->records == 1 + static_cast<std::uint64_t>((waiting + 2) / 4));
}

TEST_CASE("a log says since when its oldest frame that is not durable waits", "[log]") {
  world w({}, false);
  const std::atomic<std::int64_t>& since = w.counters->undurable_since_ns;
  CHECK(since == 0);
  w.clock.advance(100);
  const std::int64_t first = w.clock.monotonic_ns();
  w.append(1);
  w.clock.advance(100);
  w.append(1);
  CHECK(since == first);
  w.durable(2);
  CHECK(since == 0);
  w.clock.advance(100);
  const std::int64_t third = w.clock.monotonic_ns();
  w.append(2);
  w.clock.advance(100);
  w.durable(3);  // The fourth came after the second was durable, and that is when the third did, too.
  CHECK(since == third - 100);
  w.durable(4);
  CHECK(since == 0);
}
