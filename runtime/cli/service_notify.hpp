// What a service manager wants to know of a node, as systemd's sd_notify(3) has it: datagrams to the socket that NOTIFY_SOCKET names. Without it nothing
// happens. One thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace weir::cli {

class service_manager {
 public:
  service_manager();  ///< Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.

  /// "READY=1", "STOPPING=1", "STATUS=…". What cannot be sent is lost: nothing depends on it but the manager's view.
  void notify(std::string_view what) const noexcept;
  /// WATCHDOG=1 where it is wanted and due. Call more often than twice in its time.
  void keep_alive() noexcept;

 private:
  std::string socket_;
  std::chrono::steady_clock::duration watchdog_{};  ///< Between two signs of life; 0: none wanted.
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace weir::cli
