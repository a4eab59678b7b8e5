// Workers without threads: what is submitted waits until the simulation runs it, one piece at a time, in order per worker. One thread.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/executor.hpp"

namespace weir::simulation {

/// Outlives its workers. A worker that is destroyed forgets what it has not run: its process is being crashed, and the dead run nothing.
class simulated_workers final : public runtime::worker_factory {
 public:
  std::unique_ptr<runtime::worker> make(const std::string&) override { return std::make_unique<simulated_worker>(*this); }

  /// Workers, in the order in which they were made.
  std::size_t count() const noexcept { return alive_.size(); }
  bool pending(std::size_t worker) const { return !alive_[worker]->work.empty(); }
  void run_one(std::size_t worker) {
    // The work may make or destroy workers: it is moved out before.
    const std::function<void()> first = std::move(alive_[worker]->work.front());
    alive_[worker]->work.pop_front();
    first();
  }

 private:
  struct simulated_worker final : runtime::worker {
    explicit simulated_worker(simulated_workers& all) : all(all) { all.alive_.push_back(this); }
    ~simulated_worker() override { std::erase(all.alive_, this); }
    void submit(std::function<void()> piece) override { work.push_back(std::move(piece)); }
    simulated_workers& all;
    std::deque<std::function<void()>> work;
  };

  std::vector<simulated_worker*> alive_;
};

}  // namespace weir::simulation
