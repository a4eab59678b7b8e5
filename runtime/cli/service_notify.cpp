#include "runtime/cli/service_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "topology/quantities.hpp"

namespace weir::cli {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

service_manager::service_manager() : socket_(variable("NOTIFY_SOCKET")) {
  // A path or, with an @ for its leading zero, a name of the kernel's abstract space.
  if (!socket_.starts_with('/') && !socket_.starts_with('@')) socket_.clear();
  const std::string pid = variable("WATCHDOG_PID");
  const auto microseconds = topology::parse_whole(variable("WATCHDOG_USEC"), 1, INT64_MAX / 1000);
  if (!socket_.empty() && microseconds && (pid.empty() || pid == std::to_string(::getpid()))) watchdog_ = std::chrono::microseconds(*microseconds / 2);
}

void service_manager::notify(std::string_view what) const noexcept {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') to.sun_path[0] = '\0';
  const int s = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)::sendto(s, what.data(), what.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), size);
  ::close(s);
}

void service_manager::keep_alive() noexcept {
  if (watchdog_ == watchdog_.zero()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < watchdog_) return;
  last_ = now;
  notify("WATCHDOG=1");
}

}  // namespace weir::cli
