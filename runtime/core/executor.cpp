#include "runtime/core/executor.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "runtime/seam/this_thread.hpp"

namespace weir::runtime {

namespace {

class thread_worker final : public worker {
 public:
  explicit thread_worker(const std::string& name)
      : thread_([this, name] {
          pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
          const signal_stack own;
          loop();
        }) {}
  ~thread_worker() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  void submit(std::function<void()> work) override {
    {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    changed_.notify_one();
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || !work_.empty(); });
      if (work_.empty()) return;
      const std::function<void()> next = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      next();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  bool ending_ = false;
  std::thread thread_;
};

class thread_workers final : public worker_factory {
 public:
  std::unique_ptr<worker> make(const std::string& name) override { return std::make_unique<thread_worker>(name); }
};

}  // namespace

std::unique_ptr<worker_factory> make_thread_workers() { return std::make_unique<thread_workers>(); }

}  // namespace weir::runtime
