// The limit of this machine's disk for the journal: the smallest loop that makes bytes durable the way the journal does. Whole pages of memory that was filled
// once, pwritev2(RWF_DSYNC) past the page cache over blocks that were written before, and as many pages in flight as the journal has writers. No checksum, no
// copy, no queue, nobody told; the same priority.
#pragma once

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "perf/measure.hpp"
#include "runtime/log/journal.hpp"
#include "runtime/seam/this_thread.hpp"

namespace perf {

class bare_loop {
 public:
  static inline const std::uint64_t page_bytes = weir::runtime::journal_options{}.page_bytes;
  static constexpr std::size_t writers = weir::runtime::journal::writers;

  /// Makes a file of `file_bytes` (a multiple of a page), which runs go round in.
  bare_loop(const std::string& path, std::uint64_t file_bytes) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_DIRECT, 0600)), pages_(file_bytes / page_bytes) {
    if (fd_ < 0) stop(path + ": cannot be opened past the page cache: " + std::strerror(errno));
    for (auto& page : memory_) {
      page.reset(static_cast<char*>(std::aligned_alloc(4096, page_bytes)));
      std::memset(page.get(), 'p', page_bytes);
    }
    for (std::uint64_t i = 0; i < pages_; ++i) write_page(memory_[0].get(), i, 0);
    if (::fsync(fd_) != 0) stop(path + ": cannot be synced");
  }
  ~bare_loop() { ::close(fd_); }
  bare_loop(const bare_loop&) = delete;
  bare_loop& operator=(const bare_loop&) = delete;

  /// Bytes per second until that many (rounded up to pages) are durable.
  double run(std::uint64_t bytes) {
    const std::uint64_t first = next_.load();
    const std::uint64_t end = first + (bytes + page_bytes - 1) / page_bytes;
    const stopwatch watch;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < writers; ++i)
      threads.emplace_back([this, i, end] {
        weir::runtime::run_promptly("bare-loop");
        write(memory_[i].get(), end);
      });
    for (auto& t : threads) t.join();
    const double seconds = watch.seconds();
    next_.store(end);
    return static_cast<double>((end - first) * page_bytes) / seconds;
  }

 private:
  struct free_memory {
    void operator()(char* p) const { std::free(p); }
  };
  void write(char* page, std::uint64_t end) {
    for (std::uint64_t i = next_.fetch_add(1); i < end; i = next_.fetch_add(1)) write_page(page, i, RWF_DSYNC);
  }
  void write_page(char* page, std::uint64_t number, int flags) {
    const iovec piece{page, static_cast<std::size_t>(page_bytes)};
    const auto offset = static_cast<off_t>(number % pages_ * page_bytes);
    if (::pwritev2(fd_, &piece, 1, offset, flags) != static_cast<ssize_t>(page_bytes)) stop("a write of the bare loop failed");
  }

  int fd_;
  const std::uint64_t pages_;
  std::unique_ptr<char, free_memory> memory_[writers];
  std::atomic<std::uint64_t> next_{0};  ///< The next page to be written, over all runs.
};

}  // namespace perf
