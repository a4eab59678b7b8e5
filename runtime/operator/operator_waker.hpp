// What stands behind a source's wakers: finds its operator actor from any thread, as long as there is one.
#pragma once

#include <weir/abi.h>

#include <mutex>
#include <utility>

#include "runtime/core/actor.hpp"
#include "runtime/log/intrusive_ptr.hpp"
#include "runtime/stream/messages.hpp"

namespace weir::runtime {

class operator_waker final : public weir_waker, public ref_counted<operator_waker> {
 public:
  operator_waker() noexcept
      : weir_waker{sizeof(weir_waker), [](weir_waker* w) { of(w).wake_source(); }, [](weir_waker* w) { of(w).retain(); },
                   [](weir_waker* w) { of(w).release(); }} {}
  using ref_counted::release;
  using ref_counted::retain;

  /// Another reference, for the C side.
  weir_waker* hand_out() noexcept {
    retain();
    return this;
  }
  /// By the actor, when it starts and when it ends (with none).
  void attach(actor_ref to) {
    const std::lock_guard lock(mutex_);
    std::swap(to_, to);
  }
  /// By the actor, when it has the message: what wakes it from now on sends another.
  void heard() {
    const std::lock_guard lock(mutex_);
    sent_ = false;
  }

 private:
  static operator_waker& of(weir_waker* w) noexcept { return *static_cast<operator_waker*>(w); }
  void wake_source() {
    const std::lock_guard lock(mutex_);
    if (!to_ || std::exchange(sent_, true)) return;
    to_.send(make_intrusive<woken_message>());
  }

  std::mutex mutex_;
  actor_ref to_;
  bool sent_ = false;
};

}  // namespace weir::runtime
