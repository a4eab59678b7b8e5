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
  hook_result initialize(weir_context& c) {
    return call([&](weir_outcome& o) { info_.initialize(object_, &c, &o); });
  }
  hook_result process(weir_context& c, const weir_input& in) {
    return call([&](weir_outcome& o) { info_.process(object_, &c, &in, &o); });
  }
  hook_result process_timer(weir_context& c, const weir_timer& t) {
    return call([&](weir_outcome& o) { info_.process_timer(object_, &c, &t, &o); });
  }
  hook_result poll(weir_context& c) {
    return call([&](weir_outcome& o) { info_.poll(object_, &c, &o); });
  }
  hook_result flush(weir_context& c) {
    return call([&](weir_outcome& o) { info_.flush(object_, &c, &o); });
  }
  hook_result process_durable(weir_context& c, std::uint64_t token) {
    return call([&](weir_outcome& o) { info_.process_durable(object_, &c, token, &o); });
  }
  hook_result close(weir_context& c) {
    return call([&](weir_outcome& o) { info_.close(object_, &c, &o); });
  }

 private:
  template <class Hook>
  hook_result call(Hook hook) {
    weir_outcome o{};
    o.text = text_.data();
    o.text_capacity = text_.size();
    hook(o);
    hook_result r{o.status, o.processed, o.poll, o.poll_until, o.poll_fd, {}};
    if (o.status != WEIR_OK) r.text.assign(text_.data(), std::min<std::size_t>(o.text_size, text_.size()));
    return r;
  }

  const weir_operator_info& info_;
  void* object_ = nullptr;
  std::array<char, 1024> text_{};
};

inline hook_result instance::create() {
  return call([&](weir_outcome& o) {
    object_ = info_.create(&o);
    if (object_ == nullptr && o.status == WEIR_OK) o.status = WEIR_ERROR;
  });
}

inline void instance::destroy() noexcept {
  if (object_ != nullptr) info_.destroy(object_);
  object_ = nullptr;
}

}  // namespace weir::runtime
