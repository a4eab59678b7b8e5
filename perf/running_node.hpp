// A real node on a data directory, for benchmarks: started from the text of a manifest, read while it runs, drained at the end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "perf/measure.hpp"
#include "runtime/node/node.hpp"

namespace perf {

class running_node {
 public:
  running_node(const std::string& manifest_text, const std::string& directory, weir::runtime::wait_strategy wait) : modules_(WEIR_OPERATORS) {
    const auto manifest = weir::topology::parse_manifest(manifest_text, "bench.yaml", [](const std::string&) { return std::nullopt; });
    if (!manifest) stop(manifest.why().message);
    const std::vector<weir::topology::manifest> manifests{manifest.value()};
    const std::vector<int> cores{0, 1};
    const auto plan = weir::topology::make_plan(manifests, modules_.lookup(), cores);
    if (!plan) stop(plan.why().message);
    weir::runtime::node_options options;
    options.journal.directory = directory;
    options.wait = wait;
    options.fatal = [](const weir::error& e) { stop(e.message); };
    auto started = weir::runtime::node::start(*plan, modules_, {files_.get(), &clock_, &random_, workers_.get(), true}, std::move(options));
    if (!started) stop(started.why().message);
    node_ = std::move(started).value();
  }
  running_node(const running_node&) = delete;
  running_node& operator=(const running_node&) = delete;

  weir::runtime::node_progress progress() const { return node_->progress(); }
  /// Lets it run for a while; a node that stops by itself ends the benchmark.
  void run_for(int milliseconds) {
    if (node_->wait(milliseconds) != weir::runtime::run_state::running) stop("the node stopped: " + reason());
  }
  /// Stops the sources and waits until all that they made has gone through.
  void drain() {
    node_->drain();
    while (node_->wait(1000) == weir::runtime::run_state::running) {}
    if (node_->state() == weir::runtime::run_state::failed) stop("the node failed: " + reason());
  }

 private:
  std::string reason() const { return node_->failures().empty() ? "its sources have ended" : node_->failures().front().message; }

  weir::runtime::module_set modules_;
  std::unique_ptr<weir::runtime::files> files_ = weir::runtime::make_system_files();
  weir::runtime::system_clock clock_;
  weir::runtime::system_random random_;
  std::unique_ptr<weir::runtime::worker_factory> workers_ = weir::runtime::make_thread_workers();
  std::unique_ptr<weir::runtime::node> node_;
};

}  // namespace perf
