// Wakes a source from another thread.
#pragma once

#include <weir/abi.h>

#include <utility>

namespace weir {

/// Made by ctx.waker(); copies wake the same source. Any thread may hold, copy and use one, at any time: outside hooks, and after the operator's object or the
/// node is gone (then nothing happens). Waking twice before poll() is called is waking once; what was there before wake() is seen by that poll().
class waker {
 public:
  waker() = default;  ///< Wakes nobody.
  /// Wakes the same source.
  waker(const waker& o) noexcept : raw_(o.raw_) {
    if (raw_) raw_->retain(raw_);
  }
  /// `o` wakes nobody afterwards.
  waker(waker&& o) noexcept : raw_(std::exchange(o.raw_, nullptr)) {}
  /// Wakes the source of `o` from now on.
  waker& operator=(waker o) noexcept {
    std::swap(raw_, o.raw_);
    return *this;
  }
  ~waker() {
    if (raw_) raw_->release(raw_);
  }

  /// Has the source's poll() called soon. Costs a message where the source was not woken already; never waits for hooks.
  void wake() const noexcept {
    if (raw_) raw_->wake(raw_);
  }

 private:
  friend class context;
  explicit waker(weir_waker* counted) noexcept : raw_(counted) {}
  weir_waker* raw_ = nullptr;
};

}  // namespace weir
