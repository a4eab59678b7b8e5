// A node of this machine, with threads, in a directory of its own.
#pragma once

#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "runtime/seam/files.hpp"
#include "tests/node/lone_node.hpp"

namespace weir::node_test {

class real_node {
 public:
  real_node() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-node-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~real_node() {
    node.reset();
    std::filesystem::remove_all(directory);
  }
  void start(const std::string& operators) {
    const auto plan = plan_of(operators);
    if (!plan) FAIL(plan.why().message);
    take(runtime::node::start(*plan, modules(), around(), options()));
  }
  /// One that stays up, on two cores, with nothing submitted yet.
  void serve() {
    const std::vector<int> cores{0, 1};
    take(runtime::node::serve(cores, modules(), around(), options()));
  }
  /// Waits for a line; a test that waits for ever is ended by its runner.
  void hear(const std::string& what) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return std::any_of(said.begin(), said.end(), [&](const std::string& s) { return s.find(what) != s.npos; }); });
  }
  runtime::run_state end() {
    while (node->state() == runtime::run_state::running) node->wait(1000);
    return node->state();
  }

  std::string directory;
  std::unique_ptr<runtime::files> files = runtime::make_system_files();
  runtime::system_clock clock;
  runtime::system_random random;
  std::unique_ptr<runtime::worker_factory> workers = runtime::make_thread_workers();
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> said;
  std::unique_ptr<runtime::node> node;
  std::int64_t stuck_ns = runtime::node_options{}.stuck_ns;  ///< Of the nodes that are started from now on.

 private:
  runtime::environment around() { return {files.get(), &clock, &random, workers.get(), true}; }
  runtime::node_options options() {
    runtime::node_options o;
    o.journal.directory = directory + "/data";
    o.wait = runtime::wait_strategy::block;
    o.stuck_ns = stuck_ns;
    o.say = [this](int, const std::string& text) {
      const std::lock_guard lock(mutex);
      said.push_back(text);
      changed.notify_all();
    };
    return o;
  }
  void take(result<std::unique_ptr<runtime::node>> started) {
    if (!started) FAIL(started.why().message);
    node = std::move(started).value();
  }
};

}  // namespace weir::node_test
