// One object of an operator behind the C ABI, and the calls of its hooks as a node makes them. Owns the object; not thread-safe.
#pragma once

#include <weir/abi.h>
#include <weir/test/cells.hpp>
#include <weir/test/host.hpp>
#include <weir/test/timers.hpp>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace weir::testing {

/// How a hook went.
struct outcome {
  std::uint32_t status = WEIR_OK;
  std::uint32_t poll = WEIR_POLL_IDLE;
  std::int64_t poll_until = 0;
  int poll_fd = -1;
  std::string text;
  bool ok() const noexcept { return status == WEIR_OK; }
};

/// One record of an input, with all that a node knows of it.
struct input_record {
  std::uint16_t istream = 0;
  std::int64_t time = 0;
  std::string key, value;
  std::uint64_t lsn = 0;
  std::uint32_t index = 0;
};

class object {
 public:
  object(const weir_operator_info& info, memory_host& host) : info_(info), host_(host) {
    const outcome made = call([&](weir_outcome* out) { self_ = info_.create(out); });
    if (!self_) throw std::runtime_error("the constructor of " + std::string(info_.class_name) + " threw: " + made.text);
  }
  ~object() {
    if (info_.destroy) info_.destroy(self_);
  }
  object(const object&) = delete;
  object& operator=(const object&) = delete;

  outcome initialize() { return hook(info_.initialize); }
  outcome flush() { return hook(info_.flush); }
  outcome close() { return hook(info_.close); }
  outcome process_durable(std::uint64_t token) {
    host_.enter();
    outcome result = call([&](weir_outcome* out) {
      if (info_.process_durable) info_.process_durable(self_, host_.context(), token, out);
    });
    host_.leave();
    return result;
  }
  outcome poll() { return hook(info_.poll); }

  /// The bytes of key and value lie in a block of exactly their size that is gone afterwards.
  outcome process(const input_record& record) {
    const std::size_t value_begin = (record.key.size() + 7) / 8 * 8;
    const weir_slot slot{record.time, key_hash(record.key), static_cast<std::uint32_t>(record.key.size()),
                         static_cast<std::uint32_t>(value_begin + record.value.size())};
    const block bytes(value_begin + record.value.size());
    if (!record.key.empty()) std::memcpy(bytes.data(), record.key.data(), record.key.size());
    if (!record.value.empty()) std::memcpy(bytes.data() + value_begin, record.value.data(), record.value.size());
    const weir_input input{&slot, bytes.data(), nullptr, 0, 1, record.istream + 1u, record.lsn, record.index, record.istream};
    host_.enter();
    outcome result = call([&](weir_outcome* out) { info_.process(self_, host_.context(), &input, out); });
    host_.leave();
    return result;
  }

  outcome process_timer(const due_timer& due) {
    const block key(due.key), subkey(due.subkey);
    const weir_key hashed{key.data(), key.size(), key_hash(due.key)};
    const weir_timer timer{hashed, subkey.data(), subkey.size(), due.time, due.kind};
    host_.enter();
    host_.context()->current_key = hashed;
    host_.context()->current_time = due.time;
    if (due.kind == WEIR_TIMER_EVENT) host_.context()->watermark = due.time;
    outcome result = call([&](weir_outcome* out) {
      if (info_.process_timer) info_.process_timer(self_, host_.context(), &timer, out);
    });
    host_.leave();
    return result;
  }

 private:
  using simple_hook = void (*)(void*, weir_context*, weir_outcome*);

  outcome hook(simple_hook function) {
    host_.enter();
    outcome result = call([&](weir_outcome* out) {
      if (function) function(self_, host_.context(), out);
    });
    host_.leave();
    return result;
  }

  template <class F>
  static outcome call(F f) {
    char text[1024];
    weir_outcome out{};
    out.text_capacity = sizeof text;
    out.text = text;
    f(&out);
    return {out.status, out.poll, out.poll_until, out.poll_fd, std::string(text, out.text_size)};
  }

  const weir_operator_info& info_;
  memory_host& host_;
  void* self_ = nullptr;
};

}  // namespace weir::testing
