// A thread that does what is posted to it, one after another, or several threads that take turns. Bounded: a full lane refuses. post() from any thread; the
// destructor finishes what runs, drops the rest and joins.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::runtime {

class task_lane {
 public:
  task_lane(std::string name, std::size_t tasks_max, std::size_t threads = 1);
  ~task_lane();
  task_lane(const task_lane&) = delete;
  task_lane& operator=(const task_lane&) = delete;

  /// False where as many as allowed wait already. A task must not throw.
  bool post(std::function<void()> task);

 private:
  void run();

  const std::string name_;
  const std::size_t tasks_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;  ///< Last: they use all of the above.
};

}  // namespace weir::runtime
