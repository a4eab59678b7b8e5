// The journal on the machine's own files and with its own threads.
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <mutex>
#include <thread>

#include "tests/log/journal_fixture.hpp"

using namespace weir;
using namespace weir::runtime;

namespace {

struct scratch {
  scratch() {
    static int number = 0;
    path = (std::filesystem::temp_directory_path() / ("weir-journal-" + std::to_string(::getpid()) + "-" + std::to_string(number++))).string();
  }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string path;
};

/// Frees what it was told at once, as readers with positions would, and lets a thread wait for the last frame.
struct counting_listener final : journal_listener {
  std::atomic<std::uint64_t> frames{0};
  std::atomic<std::uint64_t> failures{0};
  std::map<std::uint64_t, std::uint64_t> durable_lsn;
  std::uint64_t last_sequence = 0;
  bool in_order = true;

  void durable(std::span<const frame_ptr> of) override {
    for (const frame_ptr& f : of) {
      in_order &= f->sequence == last_sequence + 1 || last_sequence == 0;
      in_order &= f->lsn == durable_lsn[f->log] + 1;
      last_sequence = f->sequence;
      durable_lsn[f->log] = f->lsn;
    }
    frames.fetch_add(of.size());
    frames.notify_all();
  }
  void space_freed() override {}
  void waiting_for_disk(const error&) override {}
  void retained_beyond_limit(const retained_log&) override {}
  void failed(const error&) override { ++failures; }
  void wait_for(std::uint64_t count) {
    for (std::uint64_t now = frames.load(); now < count; now = frames.load()) frames.wait(now);
  }
};

struct node {
  explicit node(const std::string& directory) {
    options.directory = directory;
    options.segment_bytes = 1u << 20;
    options.journal_bytes_max = 8u << 20;
    options.page_bytes = 64u << 10;
  }
  void start() {
    auto opened = journal::open(*fs, time, random, options);
    INFO((opened.ok() ? std::string() : opened.why().message));
    REQUIRE(opened.ok());
    log = std::move(*opened);
    found = log->take_recovered();
    log->set_listener(&heard);
    REQUIRE(log->start_epoch(nullptr).ok());
    log->start_threads();
  }
  std::unique_ptr<files> fs = make_system_files();
  system_clock time;
  system_random random;
  journal_options options;
  counting_listener heard;
  recovered_journal found;
  std::unique_ptr<journal> log;
};

}  // namespace

TEST_CASE("producers on several threads, each log in order, all durable and recovered", "[journal][threads]") {
  scratch dir;
  constexpr std::uint64_t logs = 3, each = 800;
  {
    node n(dir.path);
    n.start();
    std::vector<std::thread> producers;
    for (std::uint64_t log = 1; log <= logs; ++log) {
      producers.emplace_back([&, log] {
        for (std::uint64_t lsn = 1; lsn <= each; ++lsn) {
          auto f = make_intrusive<frame>();
          f->log = log;
          f->lsn = lsn;
          change c;
          c.id = 1;
          const std::string key = "k" + std::to_string(lsn % 100), value = std::to_string(log) + "/" + std::to_string(lsn);
          c.key = key;
          c.value = value;
          f->states.add(c);
          if (!f->seal().ok()) return;
          n.log->append(std::move(f));
          n.log->wake();
        }
      });
    }
    for (auto& p : producers) p.join();
    n.heard.wait_for(logs * each);
    n.log->stop_threads();
    CHECK(n.heard.in_order);
    CHECK(n.heard.failures == 0);
  }
  node again(dir.path);
  again.start();
  for (std::uint64_t log = 1; log <= logs; ++log) CHECK(is_fold(again.found.logs.at(log), log, each));
}

TEST_CASE("a sleeping journal wakes for every single frame", "[journal][threads]") {
  scratch dir;
  node n(dir.path);
  n.start();
  for (std::uint64_t lsn = 1; lsn <= 50; ++lsn) {
    n.log->append(make_frame(1, lsn));
    n.log->wake();
    n.heard.wait_for(lsn);  // A lost wake-up would hang here.
  }
  n.log->stop_threads();
  CHECK(n.heard.durable_lsn[1] == 50);
}

TEST_CASE("much more than the journal holds passes through while readers keep up", "[journal][threads][retention]") {
  scratch dir;
  node n(dir.path);
  {
    auto opened = journal::open(*n.fs, n.time, n.random, n.options);
    REQUIRE(opened.ok());
    n.log = std::move(*opened);
  }
  n.log->set_listener(&n.heard);
  n.log->register_reader({.log = 1, .reader = 2, .lsn = 0});
  REQUIRE(n.log->start_epoch(nullptr).ok());
  n.log->start_threads();
  // 40 MiB through 8: the reader has consumed each frame soon after it is durable.
  std::uint64_t most = 0, written = 0;
  for (std::uint64_t lsn = 1; written < 40u << 20; ++lsn) {
    for (int tries = 0; !n.log->admits(admission::source); ++tries) {
      REQUIRE(tries < 10'000'000);
      std::this_thread::yield();
    }
    auto f = make_frame(1, lsn, 60'000);
    written += f->frame_bytes();
    n.log->append(std::move(f));
    n.log->append(make_frame(2, lsn, 0, {{.log = 1, .lsn = lsn}}));
    n.log->wake();
    if (lsn % 16 == 0) {
      n.heard.wait_for(2 * lsn);
      std::uint64_t now = 0;
      for (const auto& entry : std::filesystem::directory_iterator(dir.path + "/journal")) {
        std::error_code gone;  // Files are renamed meanwhile.
        const auto size = std::filesystem::file_size(entry.path(), gone);
        if (!gone) now += size;
      }
      most = std::max(most, now);
    }
  }
  n.log->stop_threads();
  CHECK(most <= n.options.journal_bytes_max);
  CHECK(n.heard.failures == 0);
  CHECK(n.log->statistics().snapshots > 2);
}

TEST_CASE("a reader may follow right behind the writers, in a segment that is being written", "[journal][threads]") {
  scratch dir;
  node n(dir.path);
  n.start();
  constexpr std::uint64_t last = 3000;
  n.log->register_reader({.log = 1, .reader = 2, .lsn = 0});
  std::thread producer([&n] {
    for (std::uint64_t lsn = 1; lsn <= last; ++lsn) {
      n.log->append(make_frame(1, lsn, lsn % 900));
      if (lsn % 3 == 0) n.log->append(make_frame(3, lsn / 3, 500));
      n.log->wake();
      if (lsn % 20 == 0) n.heard.wait_for(lsn);
    }
  });
  std::uint64_t next = 1;
  std::string problem;
  while (next <= last && problem.empty()) {
    const auto frames = n.log->read(1, next, 1u << 20);
    if (!frames) {
      problem = frames.why().message;
      break;
    }
    for (const auto& f : *frames) {
      if (f->log != 1 || f->lsn != next) problem = "LSN " + std::to_string(f->lsn) + " where " + std::to_string(next) + " was due";
      ++next;
    }
    if (frames->empty()) n.heard.wait_for(std::min(n.heard.frames.load() + 1, last + last / 3));
  }
  producer.join();
  n.log->stop_threads();
  CHECK(problem == "");
}
