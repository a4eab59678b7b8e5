// What benchmarks share: a stopwatch, medians with their range, and a directory that goes away. Single-threaded.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace perf {

[[noreturn]] inline void stop(const std::string& why) {
  std::fprintf(stderr, "benchmark: %s\n", why.c_str());
  std::exit(1);
}

class stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// CPU seconds of this process, all threads.
struct cpu_time {
  double user = 0;
  double system = 0;
  double total() const { return user + system; }
  cpu_time operator-(const cpu_time& o) const { return {user - o.user, system - o.system}; }
};
inline cpu_time cpu_now() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return {of(u.ru_utime), of(u.ru_stime)};
}

/// Measurements of one thing.
class series {
 public:
  void add(double x) { all_.push_back(x); }
  std::size_t size() const { return all_.size(); }
  double operator[](std::size_t i) const { return all_[i]; }
  double quantile(double q) const {
    std::vector<double> sorted = all_;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
  }
  /// "0.93 [0.81-1.10], n = 31"
  std::string text(const char* number) const {
    const auto one = [&](double x) {
      char buffer[64];
      std::snprintf(buffer, sizeof buffer, number, x);
      return std::string(buffer);
    };
    return one(quantile(0.5)) + " [" + one(quantile(0)) + "-" + one(quantile(1)) + "], n = " + std::to_string(all_.size());
  }

 private:
  std::vector<double> all_;
};

/// Made under `parent`, removed with all that is in it.
class scratch_directory {
 public:
  explicit scratch_directory(const std::string& parent) : path_(parent + "/weir-bench.XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) stop(parent + ": no directory can be made there");
  }
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace perf
