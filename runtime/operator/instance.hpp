// One object of a user's operator class, behind the C ABI: what can go wrong in its code comes back as a value. One thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <weir/abi.h>

namespace weir::runtime {

/// How a hook went.
struct hook_result {
  std::uint32_t status = WEIR_OK;  ///< WEIR_OK, WEIR_ERROR, WEIR_RETRY_LATER
  std::uint32_t processed = 0;
  std::uint32_t poll = WEIR_POLL_IDLE;
  std::int64_t poll_until = 0;
  int poll_fd = -1;
  std::string text;  ///< What the exception said, where status is not WEIR_OK.
  bool ok() const noexcept { return status == WEIR_OK; }
};

class instance {
 public:
  explicit instance(const weir_operator_info& info) : info_(info) {}
  ~instance() { destroy(); }
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  bool alive() const noexcept { return object_ != nullptr; }
  hook_result create();
  void destroy() noexcept;
  hook_result initialize(weir_context& c) { return call(info_.initialize, c); }
  hook_result process(weir_context& c, const weir_input& in) {
    hook_result r = call(info_.process, c, &in);
    // What cannot be would have records lost or the same ones come for ever.
    if (r.ok() ? r.processed == 0 || r.processed > in.count : r.processed >= in.count) r = {.status = WEIR_ERROR, .text = wrong_count(r.processed, in.count)};
    return r;
  }
  hook_result process_timer(weir_context& c, const weir_timer& t) { return call(info_.process_timer, c, &t); }
  hook_result poll(weir_context& c) { return call(info_.poll, c); }
  hook_result flush(weir_context& c) { return call(info_.flush, c); }
  hook_result process_durable(weir_context& c, std::uint64_t token) { return call(info_.process_durable, c, token); }
  hook_result close(weir_context& c) { return call(info_.close, c); }

 private:
  template <class F>
  hook_result observe(F f) {
    weir_outcome o{};
    o.text = text_.data();
    o.text_capacity = text_.size();
    f(o);
    hook_result r{o.status, o.processed, o.poll, o.poll_until, o.poll_fd, {}};
    if (o.status != WEIR_OK) r.text.assign(text_.data(), std::min<std::size_t>(o.text_size, text_.size()));
    return r;
  }
  /// A hook that the module does not have does nothing.
  template <class Hook, class... Arguments>
  hook_result call(Hook hook, weir_context& c, Arguments... arguments) {
    return observe([&](weir_outcome& o) {
      if (hook != nullptr) hook(object_, &c, arguments..., &o);
    });
  }

  static std::string wrong_count(std::uint32_t processed, std::uint32_t count);

  const weir_operator_info& info_;
  void* object_ = nullptr;
  std::array<char, 1024> text_{};
};

inline hook_result instance::create() {
  return observe([&](weir_outcome& o) {
    object_ = info_.create(&o);
    if (object_ == nullptr && o.status == WEIR_OK) o.status = WEIR_ERROR;
  });
}

inline std::string instance::wrong_count(std::uint32_t processed, std::uint32_t count) {
  return "the module's process() says that it did " + std::to_string(processed) + " of " + std::to_string(count) +
         " records: weir_outcome.processed must count those done, without the one that failed";
}

inline void instance::destroy() noexcept {
  if (object_ != nullptr && info_.destroy != nullptr) info_.destroy(object_);
  object_ = nullptr;
}

}  // namespace weir::runtime
