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
  struct killed {};  ///< Thrown out of a command, before the process is killed.

  ~lone_node() { stop(); }

  /// Starts on what an earlier start left on the disk. What goes wrong is the answer.
  std::string start(const std::string& operators, bool and_settle = true) {
    stop();
    said.clear();
    const auto plan = plan_of(operators);
    if (!plan) return plan.why().message;
    return take(runtime::node::start(*plan, modules(), around(), options()), and_settle);
  }
  /// A node that stays up, with what was submitted to an earlier one; commands let it go on while they wait.
  std::string serve() {
    stop();
    const std::vector<int> cores{0};
    return take(runtime::node::serve(cores, modules(), around(), options()), false);
  }
  /// The manifest of a topology, as submitted; `operators` as for start().
  static runtime::manifest_source source(const std::string& topology, std::string operators) {
    for (std::size_t at; (at = operators.find("$MODULE")) != std::string::npos;) operators.replace(at, 7, NODE_OPERATORS);
    return {.text = "manifest: 1\ntopology: " + topology + "\noperators:\n" + operators, .file = "/" + topology + ".yaml"};
  }
  /// What a submit of one topology does, in words: "create b/reader: new topology"; or why it does nothing.
  std::string submit(const std::string& topology, const std::string& operators, const runtime::submit_options& how = {}) {
    const auto source_of = source(topology, operators);
    const auto done = node->submit({&source_of, 1}, how);
    if (!done) return said_of(done.why());
    std::string text;
    for (const auto& c : *done)
      text += (text.empty() ? "" : "; ") + std::string(change_kind_name(c.kind)) + " " + c.topology + "/" + c.name + (c.why.empty() ? "" : ": " + c.why);
    return text;
  }
  static std::string said_of(const error& e) { return std::to_string(exit_status(e.code)) + ": " + e.message; }
  static std::string said_of(const result<void>& done) { return done ? "" : said_of(done.why()); }
  /// Lets everything go on a little, or time, where nothing else moves.
  bool turn() {
    if (turns_left && (*turns_left)-- == 0) throw killed();
    bool moved = node->log().run_once();
    for (const auto& c : node->cores()) moved = c->run_one() || moved;
    for (std::size_t i = 0; i < workers_->count(); ++i)
      if (workers_->pending(i)) workers_->run_one(i), moved = true;
    moved = node->log().run_background_once() || moved;
    if (!moved) clock.advance(ms);
    return node->state() != runtime::run_state::failed;
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
  std::optional<int> turns_left;  ///< So many that a command may wait for: then killed is thrown.
  runtime::log_limits logs;       ///< Of the nodes that are started from now on.
  std::uint64_t wakes = 0;        ///< Times that run_for went on to another moment.

 private:
  runtime::environment around() {
    workers_ = std::make_unique<simulation::simulated_workers>();
    return {&files, &clock, &random_, workers_.get(), false, {}, [this] { return turn(); }};
  }
  runtime::node_options options() {
    runtime::node_options o;
    o.journal.directory = "/data";
    o.journal.segment_bytes = 1 << 20;
    o.logs = logs;
    o.say = [this](int, const std::string& text) { said.push_back(text); };
    return o;
  }
  std::string take(result<std::unique_ptr<runtime::node>> started, bool and_settle) {
    if (!started) return said_of(started.why());
    node = std::move(started).value();
    if (and_settle) settle();
    return "";
  }

  runtime::seeded_random random_{1};
  std::unique_ptr<simulation::simulated_workers> workers_;
};

}  // namespace weir::node_test
