// The waker of a test's source: remembers that it was used. Any thread.
#pragma once

#include <weir/abi.h>

#include <atomic>
#include <cstdint>

namespace weir::testing {

/// Held by one reference of the host's, and those of the operator's wakers.
class memory_waker : public weir_waker {
 public:
  memory_waker() noexcept
      : weir_waker{sizeof(weir_waker), [](weir_waker* w) { of(w).woken_ = true; }, [](weir_waker* w) { ++of(w).references_; },
                   [](weir_waker* w) {
                     if (--of(w).references_ == 0) delete &of(w);
                   }} {}
  bool woken() const noexcept { return woken_; }
  void forget() noexcept { woken_ = false; }

 private:
  static memory_waker& of(weir_waker* w) noexcept { return *static_cast<memory_waker*>(w); }
  std::atomic<std::uint32_t> references_{1};
  std::atomic<bool> woken_{false};
};

}  // namespace weir::testing
