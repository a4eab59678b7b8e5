// One state in a test: values by (key, sub-key), each in a heap block of exactly its size. A value that was handed out is moved when the state is used again
// and when the hook ends, and its old place is overwritten and freed: whoever keeps a reference reads garbage, and stops under ASan. Copies are deep: a copy is
// a savepoint. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

/// A block of bytes that is garbage once it is gone.
class block {
 public:
  explicit block(std::size_t size = 0) : bytes_(new char[size]()), size_(size) {}
  explicit block(std::string_view bytes) : block(bytes.size()) { copy(bytes.data()); }
  block(const block& other) : block(other.size_) { copy(other.data()); }
  block(block&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  block& operator=(block other) noexcept {
    bytes_.swap(other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~block() {
    if (bytes_) std::memset(bytes_.get(), 0xdd, size_);
  }

  char* data() const noexcept { return bytes_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::string_view view() const noexcept { return {data(), size_}; }

 private:
  void copy(const char* from) noexcept {
    if (size_ != 0) std::memcpy(bytes_.get(), from, size_);
  }
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

class cells {
 public:
  cells() = default;
  cells(const cells& other) : keys_(other.keys_) {}
  cells(cells&& other) noexcept : keys_(std::move(other.keys_)) {}
  cells& operator=(cells other) noexcept {
    lent_.clear();
    keys_.swap(other.keys_);
    return *this;
  }
  ~cells() = default;

  // For the operator: what these return may be kept until the next call. Arguments may be views of what was handed out before.
  block* find(std::string_view key, std::string_view subkey) {
    block* value = peek(key, subkey);
    move_lent();
    if (value) lent_.push_back(value);
    return value;
  }
  block& at(std::string_view key, std::string_view subkey, std::size_t size) {
    block& value = keys_[std::string(key)].try_emplace(std::string(subkey), size).first->second;
    move_lent();
    lent_.push_back(&value);
    return value;
  }
  void put(std::string_view key, std::string_view subkey, std::string_view bytes) {
    block copy(bytes);
    block& value = keys_[std::string(key)][std::string(subkey)];
    move_lent();
    value = std::move(copy);
  }
  bool erase_all(std::string_view key) {
    const std::string copy(key);
    move_lent();
    return keys_.erase(copy) != 0;
  }
  bool erase(std::string_view key, std::string_view subkey) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return false;
    const auto value = found->second.find(subkey);
    if (value == found->second.end()) return false;
    move_lent();
    found->second.erase(value);
    if (found->second.empty()) keys_.erase(found);
    return true;
  }
  /// f(subkey, value) -> bool, in byte order from `from` on.
  template <class F>
  void for_each(std::string_view key, std::string_view from, F f) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return;
    auto value = found->second.lower_bound(from);
    move_lent();
    for (; value != found->second.end(); ++value) {
      lent_.push_back(&value->second);
      if (!f(std::string_view(value->first), value->second.view())) return;
    }
  }

  bool empty() const noexcept { return keys_.empty(); }
  std::vector<std::string> subkeys(std::string_view key) const {
    std::vector<std::string> all;
    if (const auto found = keys_.find(key); found != keys_.end()) {
      for (const auto& [subkey, value] : found->second) all.push_back(subkey);
    }
    return all;
  }
  /// For the test: nothing is moved.
  block* peek(std::string_view key, std::string_view subkey) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return nullptr;
    const auto value = found->second.find(subkey);
    return value == found->second.end() ? nullptr : &value->second;
  }
  /// What the runtime does when it closes a frame.
  void normalize(void (*zero_padding)(void*)) {
    move_lent();
    if (!zero_padding) return;
    for (auto& [key, subkeys] : keys_) {
      for (auto& [subkey, value] : subkeys) zero_padding(value.data());
    }
  }
  void move_lent() {
    for (block* value : lent_) *value = block(*value);
    lent_.clear();
  }

 private:
  std::map<std::string, std::map<std::string, block, std::less<>>, std::less<>> keys_;
  std::vector<block*> lent_;
};

}  // namespace weir::testing
