// The journal's threads: those that write in turn, one for the background.
#include <chrono>

#include "runtime/log/journal_core.hpp"
#include "runtime/seam/this_thread.hpp"

namespace weir::runtime {

void journal_core::start_threads() {
  stopping_ = false;
  for (std::size_t i = 0; i < writers; ++i)
    threads_[i] = std::thread([this, i] {
      run_promptly("weir-journal");
      work(*pages_[i]);
    });
  background_ = std::thread([this] { work_in_background(); });
}

void journal_core::stop_threads() {
  stopping_ = true;
  // A thread that is about to sleep looks at stopping_ after it armed the flag.
  wake_.wake_all();
  done_.notify_all();
  for (auto& t : threads_) {
    if (t.joinable()) t.join();
  }
  background_wake_.wake_all();
  if (background_.joinable()) background_.join();
}

/// Waits until there may be another page in flight. False when the journal has failed.
bool journal_core::wait_for_room() {
  const auto ahead = [this] { return issued_.load(std::memory_order_relaxed) - finished_.load(std::memory_order_acquire); };
  if (ahead() >= pages_ahead) {
    std::unique_lock lock(done_mutex_);
    done_.wait(lock, [&] { return failed_.load() || ahead() < pages_ahead; });
  }
  return !failed_.load(std::memory_order_relaxed);
}

/// Nothing is queued: sleeps until something is. False when this thread is to end. fill_mutex_ is held before and after.
bool journal_core::rest(std::unique_lock<std::mutex>& fill) {
  ++sleepers_;
  wake_.arm();
  const bool nothing = assembler_->idle(queue_);
  const bool stop = stopping_.load(std::memory_order_seq_cst);
  if (nothing && !stop && !failed_.load(std::memory_order_seq_cst)) {
    const std::int64_t limit = unmarked_ ? mark_delay : -1;
    fill.unlock();
    wake_.sleep(limit);
    fill.lock();
  }
  --sleepers_;
  return !(nothing && stop);
}

void journal_core::work(journal_page& page) {
  bool rested = false;
  std::unique_lock fill_lock(fill_mutex_, std::defer_lock);
  while (wait_for_room()) {
    fill_lock.lock();
    outcome how = fill(page);
    if (how == outcome::nothing) {
      // Quiet since the last look: now a mark is worth its write. Not at every pause, since each costs a sync.
      if ((rested || stopping_.load()) && mark_is_due() && write_mark(page)) {
        how = outcome::ready;
      } else {
        if (!rest(fill_lock)) return;
        rested = true;
        fill_lock.unlock();
        continue;
      }
    }
    rested = false;
    // While this thread writes, producers may wake another one.
    if (how == outcome::ready && sleepers_ > 0) {
      wake_.arm();
      if (!assembler_->idle(queue_)) wake_.wake();
    }
    const bool news = note_disk(how);
    const error why = how == outcome::ready ? error{} : assembler_->why();
    fill_lock.unlock();
    if (news) tell_disk(how, why);
    if (how == outcome::failed) return fail(why);
    if (how == outcome::blocked) {
      std::unique_lock lock(done_mutex_);
      done_.wait_for(lock, std::chrono::nanoseconds(retry_delay), [this] { return stopping_.load() || failed_.load(); });
      if (stopping_.load()) return;
      continue;
    }
    if (!write(page)) return;
  }
}

void journal_core::work_in_background() {
  while (!stopping_.load() && !failed_.load()) {
    // Armed before the look, so that what comes up during it is not missed.
    background_wake_.arm();
    if (run_background_once()) continue;
    if (stopping_.load() || failed_.load()) break;
    // Nobody wakes this thread when a retained frame has come of age or a disk has room again.
    background_wake_.sleep(background_pause);
  }
  // However short the journal ran, it is told what is kept beyond its limit.
  if (!failed_.load()) look_at_retained();
}

}  // namespace weir::runtime
