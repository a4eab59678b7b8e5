// A child process for tests: started with its own environment, folder and output files, signalled, and waited for with a deadline. Owned by one test;
// the destructor kills what still runs, and the child dies with the test's process. Nothing here waits for time to pass: it waits for the child's end or for
// a file to change, at most until a deadline, which is an error.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {

struct process_options {
  std::vector<std::string> command;                                   ///< The program's path first.
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< Set on top of the test's own.
  std::filesystem::path folder = {};                                  ///< Empty: the test's own.
  std::filesystem::path out = "/dev/null";
  std::filesystem::path err = "/dev/null";
};

/// Far beyond what anything here takes, also under a sanitizer on a busy machine.
inline constexpr std::chrono::seconds patience{120};

class process {
 public:
  explicit process(const process_options& o) {
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) become(o);
    handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));  // The header of the C library's function is not made for C++.
    REQUIRE(handle_ >= 0);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    if (!reaped_) {
      signal(SIGKILL);
      (void)reap();
    }
    ::close(handle_);
  }

  int handle() const noexcept { return handle_; }  ///< Readable for poll(2) once the process has ended.
  void signal(int number) const { (void)::kill(pid_, number); }

  /// Whether it ends within this time.
  bool ends_within(std::chrono::microseconds time) const {
    pollfd p{handle_, POLLIN, 0};
    const timespec limit{time.count() / 1'000'000, time.count() % 1'000'000 * 1000};
    return ::ppoll(&p, 1, &limit, nullptr) == 1;
  }

  /// Its exit status, as a shell has it: 128 + the signal that ended it. One that does not end is killed and gives -1.
  int wait(std::chrono::seconds deadline = patience) {
    const bool ended = ends_within(deadline);
    if (!ended) signal(SIGKILL);
    const int status = reap();
    return ended ? status : -1;
  }

 private:
  [[noreturn]] static void become(const process_options& o) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const auto& [name, value] : o.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (!o.folder.empty() && ::chdir(o.folder.c_str()) != 0) ::_exit(126);
    replace(STDIN_FILENO, ::open("/dev/null", O_RDONLY));
    replace(STDOUT_FILENO, ::open(o.out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644));
    replace(STDERR_FILENO, ::open(o.err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644));
    std::vector<char*> arguments;
    for (const std::string& a : o.command) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  static void replace(int standard, int opened) {
    if (opened < 0 || ::dup2(opened, standard) < 0) ::_exit(126);
    ::close(opened);
  }
  int reap() {
    int status = 0;
    reaped_ = true;
    if (::waitpid(pid_, &status, 0) != pid_) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  pid_t pid_ = -1;
  int handle_ = -1;
  bool reaped_ = false;
};

/// Runs a program to its end; its exit status.
inline int run_program(const process_options& o) { return process(o).wait(); }

/// Notices that files of a folder change, from its construction on.
class folder_watch {
 public:
  explicit folder_watch(const std::filesystem::path& folder) : number_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    REQUIRE(number_ >= 0);
    REQUIRE(::inotify_add_watch(number_, folder.c_str(), IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE) >= 0);
  }
  folder_watch(const folder_watch&) = delete;
  folder_watch& operator=(const folder_watch&) = delete;
  ~folder_watch() { ::close(number_); }

  /// Asks `seen` at once and after every change, until it says true (then true) or the process has ended (then what it says last).
  bool wait_until(const process& p, const std::function<bool()>& seen) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      if (seen()) return true;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd both[] = {{number_, POLLIN, 0}, {p.handle(), POLLIN, 0}};
      if (left.count() <= 0 || ::poll(both, 2, static_cast<int>(left.count())) <= 0) {
        FAIL_CHECK("nothing happened for " << patience.count() << " s");
        return false;
      }
      if ((both[1].revents & POLLIN) != 0) return seen();
      char events[4096];
      while (::read(number_, events, sizeof events) > 0) {}
    }
  }

 private:
  int number_;
};

}  // namespace weir::test
