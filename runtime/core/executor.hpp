// Where work that may block runs: off the cores. One worker per blocking operator partition or reader, in order; a simulation runs the work by hand.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace weir::runtime {

/// Runs what is submitted, one piece at a time, in order. Destroying it waits for what was submitted.
class worker {
 public:
  virtual ~worker() = default;
  virtual void submit(std::function<void()> work) = 0;  ///< Any thread.
};

class worker_factory {
 public:
  virtual ~worker_factory() = default;
  virtual std::unique_ptr<worker> make(const std::string& name) = 0;
};

/// A thread a worker.
std::unique_ptr<worker_factory> make_thread_workers();

}  // namespace weir::runtime
