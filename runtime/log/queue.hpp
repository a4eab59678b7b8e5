// The journal's queue: many producers on any core, one consumer at a time, linked through the elements themselves, so that queueing allocates nothing and
// takes no lock. One atomic exchange decides an element's place, and a place is final: nobody is ever in front of what was queued before him (rule 3 of the
// architecture depends on it). After D. Vyukov's intrusive MPSC queue. T has a member `std::atomic<T*> queue_next` and a default constructor.
//
// Between a producer's exchange and its link, a few instructions, the consumer cannot see beyond that element and waits; it never goes around it.
// The queue does not own its elements: who pushes gives a reference up, who pops takes it over.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

namespace weir::runtime {

template <class T>
class queue {
 public:
  queue() : stub_(std::make_unique<T>()), first_(stub_.get()), last_(stub_.get()) {}
  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;

  /// Any thread. One exchange and one store.
  void push(T* element) noexcept {
    element->queue_next.store(nullptr, std::memory_order_relaxed);
    // Sequentially consistent, because a sleeping consumer's flag is read after it: see wake_flag.
    T* const before = last_.exchange(element, std::memory_order_seq_cst);
    before->queue_next.store(element, std::memory_order_release);
  }

  /// The consumer. The oldest element, or null when there is none.
  T* pop() noexcept {
    T* oldest = first_;
    if (oldest == stub_.get()) {
      if (last_.load(std::memory_order_seq_cst) == stub_.get()) return nullptr;
      first_ = oldest = wait_for_next(oldest);
    }
    T* next = oldest->queue_next.load(std::memory_order_acquire);
    if (!next) {
      // The last element cannot leave before something stands behind it.
      if (last_.load(std::memory_order_acquire) == oldest) push(stub_.get());
      next = wait_for_next(oldest);
    }
    first_ = next;
    return oldest;
  }

  /// The consumer.
  bool empty() const noexcept { return first_ == stub_.get() && last_.load(std::memory_order_seq_cst) == stub_.get(); }

 private:
  static T* wait_for_next(T* element) noexcept {
    T* next = element->queue_next.load(std::memory_order_acquire);
    while (!next) {
      std::this_thread::yield();
      next = element->queue_next.load(std::memory_order_acquire);
    }
    return next;
  }

  const std::unique_ptr<T> stub_;
  T* first_;  // The consumer's end.
  alignas(64) std::atomic<T*> last_;
};

}  // namespace weir::runtime
