// The append path alone: frames of 1,000 records of 100 bytes, sealed (checksummed), queued, written and synced in groups, against the smallest loop that
// writes and syncs as many bytes with the same system call. Pairs run in turn in one process, since the disk's speed swings; ratios are what counts.
//   bench_append [PAIRS [DIRECTORY]]   default: 31 pairs in the current directory
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "perf/measure.hpp"
#include "runtime/log/journal.hpp"

namespace {

using namespace weir::runtime;

constexpr std::uint64_t frames_per_run = 512;
constexpr std::uint64_t frames_in_flight = 64;
constexpr std::uint32_t records_per_frame = 1000;
constexpr std::uint64_t page_bytes = 1u << 20;

/// Lets the producer wait for room and for the end.
class durable_counter final : public journal_listener {
 public:
  void durable(std::span<const frame_ptr> frames) override { add(frames.size()); }
  void space_freed() override {}
  void waiting_for_disk(const weir::error& why) override { std::fprintf(stderr, "%s\n", why.message.c_str()); }
  void failed(const weir::error& why) override {
    std::fprintf(stderr, "%s\n", why.message.c_str());
    std::_Exit(1);
  }
  void wait_for(std::uint64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  std::uint64_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  void add(std::uint64_t n) {
    const std::lock_guard lock(mutex_);
    count_ += n;
    changed_.notify_one();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

class append_path {
 public:
  explicit append_path(const std::string& directory) : fs_(make_system_files()) {
    journal_options o;
    o.directory = directory;
    auto opened = journal::open(*fs_, clock_, random_, o);
    if (!opened) perf::stop(opened.why().message);
    journal_ = std::move(opened).value();
    (void)journal_->take_recovered();
    journal_->set_listener(&counter_);
    if (auto epoch = journal_->start_epoch(nullptr); !epoch) perf::stop(epoch.why().message);
    journal_->start_threads();
  }
  ~append_path() { journal_->stop_threads(); }

  /// Bytes per second until all of it is durable.
  double run() {
    const std::uint64_t before = counter_.count();
    const std::uint64_t bytes_before = journal_->statistics().bytes;
    std::vector<frame_ptr> frames;  // Their records are there before the clock starts: this is about the append path.
    for (std::uint64_t i = 0; i < frames_per_run; ++i) frames.push_back(next_frame());
    const perf::stopwatch watch;
    for (std::uint64_t i = 0; i < frames_per_run; ++i) {
      if (i >= frames_in_flight) counter_.wait_for(before + i - frames_in_flight + 1);
      if (auto sealed = frames[i]->seal(); !sealed) perf::stop(sealed.why().message);
      journal_->append(std::move(frames[i]));
      journal_->wake();
    }
    counter_.wait_for(before + frames_per_run);
    const double seconds = watch.seconds();
    bytes_ = journal_->statistics().bytes - bytes_before;
    return static_cast<double>(bytes_) / seconds;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  frame_ptr next_frame() {
    auto f = make_intrusive<frame>();
    f->log = 1;
    f->lsn = ++lsn_;
    record_batch& records = f->outputs.emplace_back();
    records.reserve(records_per_frame, records_per_frame * 104);
    for (std::uint32_t i = 0; i < records_per_frame; ++i) records.append(i, key_, value_, key_hash(key_));
    return f;
  }

  std::unique_ptr<files> fs_;
  weir::runtime::system_clock clock_;
  system_random random_;
  durable_counter counter_;
  std::unique_ptr<journal> journal_;
  const std::string key_ = std::string(16, 'k');
  const std::string value_ = std::string(84, 'v');
  std::uint64_t lsn_ = 0;
  std::uint64_t bytes_ = 0;
};

/// pwritev2(RWF_DSYNC) of whole pages, past the page cache, over blocks that were written before.
class bare_loop {
 public:
  explicit bare_loop(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_DIRECT, 0600)) {
    if (fd_ < 0) perf::stop(path + ": cannot be opened past the page cache: " + std::strerror(errno));
    page_ = static_cast<char*>(std::aligned_alloc(4096, page_bytes));
    std::memset(page_, 'p', page_bytes);
  }
  ~bare_loop() {
    ::close(fd_);
    std::free(page_);
  }
  double run(std::uint64_t bytes) {
    const perf::stopwatch watch;
    for (std::uint64_t done = 0; done < bytes; done += page_bytes) {
      const iovec piece{page_, static_cast<std::size_t>(page_bytes)};
      if (::pwritev2(fd_, &piece, 1, static_cast<off_t>(done), RWF_DSYNC) != static_cast<ssize_t>(page_bytes)) perf::stop("a write of the bare loop failed");
    }
    return static_cast<double>((bytes + page_bytes - 1) / page_bytes * page_bytes) / watch.seconds();
  }

 private:
  int fd_;
  char* page_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t pairs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 31;
  const perf::scratch_directory directory(argc > 2 ? argv[2] : ".");
  append_path ours(directory.path() + "/data");
  bare_loop bare(directory.path() + "/bare");
  for (int i = 0; i < 12; ++i) ours.run();  // Until segments are recycled: the first ones are prefilled.
  const std::uint64_t bytes = ours.bytes();
  bare.run(bytes);
  perf::series ratio, self, rate;
  for (std::size_t i = 0; i < pairs; ++i) {
    const double first = bare.run(bytes);
    const double mine = ours.run();
    const double second = bare.run(bytes);
    ratio.add(mine / ((first + second) / 2));
    self.add(second / first);
    rate.add(mine / 1e6);
  }
  std::printf("append path / bare pwritev2 loop   %s\n", ratio.text("%.2f").c_str());
  std::printf("bare loop / itself                 %s\n", self.text("%.2f").c_str());
  std::printf("append path, MB/s                  %s\n", rate.text("%.0f").c_str());
  return 0;
}
