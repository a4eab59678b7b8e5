// A whole node in one thread on simulated files and a simulated clock, driven by hand: a test says how much time goes by and sees what the node said.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/node/node.hpp"
#include "runtime/seam/random.hpp"
#include "runtime/seam/simulated_clock.hpp"
#include "runtime/seam/simulated_files.hpp"
#include "tests/simulation/simulated_workers.hpp"
#include "topology/manifest.hpp"
#include "topology/plan.hpp"

namespace weir::node_test {

/// The operators of tests/node/operators; loaded once, since modules are never unloaded.
inline runtime::module_set& modules() {
  static runtime::module_set loaded(WEIR_OPERATORS);
  return loaded;
}

/// `operators`: what stands below `operators:`, with $MODULE for the artifact.
inline result<topology::plan> plan_of(std::string operators) {
  for (std::size_t at; (at = operators.find("$MODULE")) != std::string::npos;) operators.replace(at, 7, NODE_OPERATORS);
  const auto manifest =
      topology::parse_manifest("manifest: 1\ntopology: t\noperators:\n" + operators, "/t.yaml", [](const std::string&) { return std::nullopt; });
  if (!manifest) return manifest.why();
  const std::vector<int> cores{0};
  return topology::make_plan({&manifest.value(), 1}, modules().lookup(), cores);
}

class lone_node {
 public:
  static constexpr std::int64_t ms = 1'000'000;

  ~lone_node() { stop(); }

  /// Starts on what an earlier start left on the disk. What goes wrong is the answer.
  std::string start(const std::string& operators, bool and_settle = true) {
    stop();
    said.clear();
    const auto plan = plan_of(operators);
    if (!plan) return plan.why().message;
    runtime::node_options options;
    options.journal.directory = "/data";
    options.journal.segment_bytes = 1 << 20;
    options.say = [this](int, const std::string& text) { said.push_back(text); };
    workers_ = std::make_unique<simulation::simulated_workers>();
    auto started = runtime::node::start(*plan, modules(), {&files, &clock, &random_, workers_.get(), false}, options);
    if (!started) return std::to_string(exit_status(started.why().code)) + ": " + started.why().message;
    node = std::move(started).value();
    if (and_settle) settle();
    return "";
  }
  /// Kills the process: what was not durable is gone.
  void stop() {
    if (!node) return;
    node->quit_actors();
    for (bool ran = true; ran;) {
      ran = false;
      for (const auto& c : node->cores())
        while (c->run_one()) ran = true;
    }
    node.reset();
    workers_.reset();
    files.kill();
  }
  /// Until nothing moves but time.
  void settle() {
    for (bool moved = true; moved;) {
      moved = node->log().run_once();
      for (const auto& c : node->cores())
        while (c->run_one()) moved = true;
      for (std::size_t i = 0; i < workers_->count(); ++i)
        for (; workers_->pending(i); moved = true) workers_->run_one(i);
    }
  }
  /// Until that is so, looked at after each task; where nothing moves but time, a second of time at most goes by.
  template <class Condition>
  void run_until(Condition so) {
    for (int waits = 0; !so() && waits < 1000;) {
      bool moved = false;
      for (const auto& c : node->cores())
        while (!so() && c->run_one()) moved = true;
      if (so()) return;
      moved = node->log().run_once() || moved;
      for (std::size_t i = 0; i < workers_->count(); ++i)
        for (; workers_->pending(i); moved = true) workers_->run_one(i);
      if (moved) continue;
      clock.advance(ms);
      ++waits;
    }
  }
  /// Until the node says that it has ended, and not one task further.
  void run_to_end() {
    for (bool moved = true; moved && node->state() == runtime::run_state::running;) {
      moved = false;
      for (const auto& c : node->cores())
        while (node->state() == runtime::run_state::running && c->run_one()) moved = true;
      if (node->state() == runtime::run_state::running) moved = node->log().run_once() || moved;
    }
  }
  /// Lets time go by, from timer to timer.
  void run_for(std::int64_t nanoseconds) {
    const std::int64_t until = clock.monotonic_ns() + nanoseconds;
    settle();
    while (clock.monotonic_ns() < until) {
      std::int64_t due = until;
      for (const auto& c : node->cores()) due = std::min(due, std::max(clock.monotonic_ns(), c->next_timer_ns()));
      clock.advance(due - clock.monotonic_ns());
      settle();
      ++wakes;
    }
  }
  /// How many lines have this in them.
  std::size_t heard(std::string_view what) const {
    return static_cast<std::size_t>(std::count_if(said.begin(), said.end(), [&](const std::string& s) { return s.find(what) != s.npos; }));
  }

  runtime::simulated_clock clock{0};
  runtime::simulated_files files;
  std::unique_ptr<runtime::node> node;
  std::vector<std::string> said;
  std::uint64_t wakes = 0;  ///< Times that run_for went on to another moment.

 private:
  runtime::seeded_random random_{1};
  std::unique_ptr<simulation::simulated_workers> workers_;
};

}  // namespace weir::node_test
