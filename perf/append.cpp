// The append path alone: frames of 1,000 records of 100 bytes, sealed (checksummed), queued, copied into pages, written and synced in groups by the journal,
// against the bare loop of bare_loop.hpp over as many bytes. In turn in one process, since the disk's speed swings; ratios are what counts.
//   bench_append [PAIRS [DIRECTORY]]   default: 31 pairs in the current directory
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "perf/bare_loop.hpp"
#include "perf/measure.hpp"
#include "runtime/log/journal.hpp"

namespace {

using namespace weir::runtime;

constexpr std::uint64_t frames_per_run = 512;
constexpr std::uint64_t frames_in_flight = 64;
constexpr std::uint32_t records_per_frame = 1000;
constexpr int warm_up_runs = 16;  ///< Until segments are recycled: the first ones are made.

/// Lets the producer wait for room and for the end.
class durable_counter final : public journal_listener {
 public:
  void durable(std::span<const frame_ptr> frames) override { add(frames.size()); }
  void space_freed() override {}
  void waiting_for_disk(const weir::error& why) override { std::fprintf(stderr, "%s\n", why.message.c_str()); }
  void retained_beyond_limit(const retained_log&) override {}
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
    const journal_statistics statistics_before = journal_->statistics();
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
    bytes_ = journal_->statistics().bytes - statistics_before.bytes;
    writes_ = static_cast<double>(journal_->statistics().syncs - statistics_before.syncs);
    return static_cast<double>(bytes_) / seconds;
  }
  std::uint64_t bytes() const { return bytes_; }                                ///< Of the last run.
  double write_bytes() const { return static_cast<double>(bytes_) / writes_; }  ///< Of the last run, a write.
  std::uint64_t segments() const { return journal_->statistics().segments; }    ///< That the journal goes round in.

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
  double writes_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t pairs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 31;
  const perf::scratch_directory directory(argc > 2 ? argv[2] : ".");
  append_path ours(directory.path() + "/data");
  for (int i = 0; i < warm_up_runs; ++i) ours.run();
  const std::uint64_t bytes = ours.bytes();
  perf::bare_loop bare(directory.path() + "/bare", ours.segments() * weir::runtime::journal_options{}.segment_bytes);
  perf::series ratio, self, rate, limit;
  for (std::size_t i = 0; i < pairs; ++i) {
    const double before = bare.run(bytes);
    const double mine = ours.run();
    const double after = bare.run(bytes);
    ratio.add(mine / ((before + after) / 2));
    self.add(after / before);
    rate.add(mine / 1e6);
    limit.add((before + after) / 2e6);
  }
  std::printf(
      "append path: %llu frames of %u records of 100 bytes (%.1f MB with slots and headers) sealed, queued, paged, written and synced; made before the clock "
      "starts;\n"
      "bare loop: pwritev2(RWF_DSYNC, O_DIRECT) of as many bytes over written blocks; both %zu writers and pages of %llu KiB; before and after each append "
      "run\n\n",
      static_cast<unsigned long long>(frames_per_run), records_per_frame, static_cast<double>(bytes) / 1e6, perf::bare_loop::writers,
      static_cast<unsigned long long>(perf::bare_loop::page_bytes / 1024));
  std::printf("%-34s median [range]\n", "");
  std::printf("%-34s %s\n", "append path / bare loop", ratio.text("%.2f").c_str());
  std::printf("%-34s %s\n", "bare loop / itself", self.text("%.2f").c_str());
  std::printf("%-34s %s\n", "append path, MB/s", rate.text("%.0f").c_str());
  std::printf("%-34s %s\n", "bare loop, MB/s", limit.text("%.0f").c_str());
  std::printf("%-34s %.0f\n", "append path, mean KiB a write", ours.write_bytes() / 1024);
  return 0;
}
