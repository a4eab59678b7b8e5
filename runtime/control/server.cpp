#include "runtime/control/server.hpp"

#include <pthread.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <thread>

#include "runtime/control/http_session.hpp"

namespace weir::runtime {

namespace {

namespace asio = boost::asio;

/// Taken per wake-up, so that a flood of connections does not hold up those that are there.
constexpr int accepts_max = 16;
/// So many requests wait for the disk at a time; one sync does for all of them.
constexpr std::size_t publishing_threads = 8;
/// Until descriptors may be free again.
constexpr std::chrono::milliseconds accept_pause{100};

/// Accepts on one listener for as long as it lives. On the server's thread.
class acceptor {
 public:
  acceptor(session_context& context, listener from) : context_(context), from_(std::move(from)), ready_(context.io, from_.descriptor()), pause_(context.io) {
    wait();
  }
  ~acceptor() { (void)ready_.release(); }  // The listener closes it.
  acceptor(const acceptor&) = delete;
  acceptor& operator=(const acceptor&) = delete;

  const std::string& address() const noexcept { return from_.address(); }

 private:
  void wait() {
    ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& e) {
      if (!e) accept();
    });
  }

  void accept() {
    for (int i = 0; i < accepts_max; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      owned_descriptor socket(::accept4(from_.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!socket) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (errno == EINTR || errno == ECONNABORTED) continue;
        return rest();
      }
      if (*open_ >= context_.options.connections_max)
        turn_away(socket);
      else
        begin_session(context_, std::move(socket), from_.is_tcp() ? peer.ss_family : AF_UNIX, from_.is_tcp(), open_);
    }
    wait();
  }

  /// No descriptor or memory is left: connections wait in the kernel meanwhile.
  void rest() {
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](const boost::system::error_code& e) {
      if (!e) wait();
    });
  }

  session_context& context_;
  listener from_;
  const std::shared_ptr<std::atomic<std::size_t>> open_ = std::make_shared<std::atomic<std::size_t>>(0);
  asio::posix::stream_descriptor ready_;
  asio::steady_timer pause_;
};

class http_server final : public control_server {
 public:
  http_server(const router& routes, server_options options)
      : options_(std::move(options)),
        context_{routes, options_, io_, commands_, reads_, publications_},
        commands_("weir-commands", options_.tasks_max),
        reads_("weir-reads", options_.tasks_max),
        publications_("weir-publish", options_.tasks_max, publishing_threads) {}

  ~http_server() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void serve(std::vector<listener> listeners) {
    for (listener& l : listeners) acceptors_.push_back(std::make_unique<acceptor>(context_, std::move(l)));
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "weir-control");
      run();
    });
  }

  std::vector<std::string> addresses() const override {
    std::vector<std::string> all;
    for (const auto& a : acceptors_) all.push_back(a->address());
    return all;
  }

 private:
  /// An exception can only be of one session, which ends with it: the others go on.
  void run() noexcept {
    for (;;) try {
        io_.run();
        return;
      } catch (...) {}
  }

  // Destroyed from below: the thread, the lanes, whose tasks hold sessions, the sessions, which live in io_, and what they share.
  server_options options_;
  session_context context_;
  asio::io_context io_{1};
  task_lane commands_;
  task_lane reads_;
  task_lane publications_;
  std::vector<std::unique_ptr<acceptor>> acceptors_;
  std::thread thread_;
};

}  // namespace

result<std::unique_ptr<control_server>> control_server::start(std::vector<listener> listeners, const router& routes, server_options options) {
  for (const listener& l : listeners)
    if (l.is_tcp() && options.token.empty())
      return error{error_code::usage, l.address() + " is open to every user of this machine; say with --token-file what clients must know"};
  try {
    auto server = std::make_unique<http_server>(routes, std::move(options));
    server->serve(std::move(listeners));
    return std::unique_ptr<control_server>(std::move(server));
  } catch (const std::exception& e) {
    return error{error_code::failed, std::string("control cannot be served: ") + e.what()};
  }
}

}  // namespace weir::runtime
