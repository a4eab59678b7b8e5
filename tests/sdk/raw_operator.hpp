// An operator behind its C functions, as a node holds it, for tests that go below the test driver. The host in memory serves its calls.
#pragma once

#include <weir/test/host_files.hpp>
#include <weir/weir.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

/// The records of one input in the layout of weir_slot.
class raw_input {
 public:
  raw_input& add(std::string_view key, std::string_view value, std::int64_t time = 0) {
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    bytes_.append(key);
    const auto key_end = static_cast<std::uint32_t>(bytes_.size());
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    bytes_.append(value);
    slots_.push_back({time, 0, key_end, static_cast<std::uint32_t>(bytes_.size())});
    return *this;
  }
  weir_input all() const { return {slots_.data(), bytes_.data(), nullptr, 0, static_cast<std::uint32_t>(slots_.size()), 7, 8, 0, 0}; }

 private:
  std::vector<weir_slot> slots_;
  std::string bytes_;
};

template <class Op>
class raw_operator {
 public:
  raw_operator() : info(weir::detail::operator_info<Op>("op")), host(weir::testing::host_table(), *info.metadata(&out), {}) {
    out.text = text_;
    out.text_capacity = sizeof text_;
    self_ = info.create(&out);
    host.enter();
    info.initialize(self_, host.context(), &out);
  }
  ~raw_operator() { info.destroy(self_); }
  raw_operator(const raw_operator&) = delete;
  raw_operator& operator=(const raw_operator&) = delete;

  void process(const weir_input& input) { info.process(self_, host.context(), &input, &out); }
  void timer(const weir_timer& due) { info.process_timer(self_, host.context(), &due, &out); }
  void flush() { info.flush(self_, host.context(), &out); }
  void close() { info.close(self_, host.context(), &out); }
  void poll() { info.poll(self_, host.context(), &out); }
  std::string text() const { return {out.text, out.text_size}; }
  const weir_batch& batch(std::uint32_t ostream = 0) { return host.output.raw()[ostream]; }

  weir_outcome out{};
  const weir_operator_info info;
  weir::testing::memory_host host;

 private:
  char text_[128];
  void* self_ = nullptr;
};
