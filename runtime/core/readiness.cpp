#include "runtime/core/readiness.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace weir::runtime {

namespace {

class epoll_readiness final : public readiness {
 public:
  ~epoll_readiness() override {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    (void)!::write(end_, &one, sizeof one);  // An eventfd that nobody else writes takes it.
    thread_.join();
    ::close(end_);
    ::close(epoll_);
  }

  bool wait(int fd, const actor_ref& to, std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable() && !start()) return false;
    // Before it is armed: the event may come at once.
    const std::uint64_t serial = ++serials_;
    waiting_.insert_or_assign(fd, waiter{serial, to, token});
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    event.data.u64 = serial << 32 | static_cast<std::uint32_t>(fd);
    int done = ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    if (done != 0 && errno == EEXIST) done = ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
    if (done == 0) return true;
    const bool always_ready = errno == EPERM;  // A regular file.
    waiting_.erase(fd);
    if (always_ready) to.send(make_intrusive<readable_message>(token));
    return always_ready;
  }

 private:
  static constexpr std::uint64_t end_mark = UINT64_MAX;  ///< No descriptor is -1.
  struct waiter {
    std::uint64_t serial;
    actor_ref to;
    std::uint64_t token;
  };

  bool start() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    end_ = ::eventfd(0, EFD_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = end_mark;
    if (epoll_ < 0 || end_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, end_, &event) != 0) {
      if (epoll_ >= 0) ::close(epoll_);
      if (end_ >= 0) ::close(end_);
      return false;
    }
    thread_ = std::thread([this] { loop(); });
    return true;
  }

  void loop() {
    pthread_setname_np(pthread_self(), "weir-readable");
    std::array<epoll_event, 64> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
        if (data == end_mark) return;
        tell(static_cast<int>(data & 0xffffffff), data >> 32);
      }
    }
  }
  void tell(int fd, std::uint64_t serial) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(fd);
    if (found == waiting_.end() || (found->second.serial & 0xffffffff) != serial) return;
    const waiter w = std::move(found->second);
    waiting_.erase(found);
    w.to.send(make_intrusive<readable_message>(w.token));
  }

  std::mutex mutex_;
  std::map<int, waiter> waiting_;  ///< By descriptor.
  std::uint64_t serials_ = 0;
  int epoll_ = -1;
  int end_ = -1;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<readiness> make_readiness() { return std::make_unique<epoll_readiness>(); }

}  // namespace weir::runtime
