// The records of one ostream in one frame: slots beside one run of bytes, laid out in place by the operator through weir_batch and never copied to be
// finished. Either it owns growing memory (while a frame is built) or views a frame's bytes (read from disk). Move-only; one thread until the frame is sealed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <weir/abi.h>

namespace weir::runtime {

constexpr std::uint32_t round8(std::uint32_t n) noexcept { return (n + 7u) & ~7u; }

class record_batch {
 public:
  struct view {
    std::int64_t time;
    std::uint64_t hash;
    std::string_view key;
    std::string_view value;
  };

  record_batch() = default;
  record_batch(record_batch&& other) noexcept;
  record_batch& operator=(record_batch&& other) noexcept;

  /// A view of memory that outlives this object.
  static record_batch over(const weir_slot* slots, std::uint32_t count, const char* bytes, std::uint32_t size) noexcept;

  std::uint32_t count() const noexcept { return raw_.count; }
  std::uint32_t size() const noexcept { return raw_.size; }
  bool empty() const noexcept { return raw_.count == 0; }
  const weir_slot* slots() const noexcept { return raw_.slots; }
  const char* bytes() const noexcept { return raw_.bytes; }
  /// Slots and bytes, what a section holds.
  std::uint32_t stored_size() const noexcept { return raw_.count * static_cast<std::uint32_t>(sizeof(weir_slot)) + raw_.size; }

  view at(std::uint32_t index) const noexcept {
    const std::uint32_t begin = index == 0 ? 0 : round8(raw_.slots[index - 1].value_end);
    const weir_slot& s = raw_.slots[index];
    const std::uint32_t value = round8(s.key_end);
    return {s.time, s.hash, {raw_.bytes + begin, s.key_end - begin}, {raw_.bytes + value, s.value_end - value}};
  }

  // -- building ---------------------------------------------------------------------------------------------------------------------------
  void reserve(std::uint32_t slots, std::uint32_t bytes);  ///< Room for that many more; doubles at least.
  void append(std::int64_t time, std::string_view key, std::string_view value, std::uint64_t hash = 0);
  void truncate(std::uint32_t count, std::uint32_t size) noexcept {
    raw_.count = count;
    raw_.size = size;
  }
  void hash_keys() noexcept;  ///< Fills every slot's hash that is 0.
  /// Makes the batch fit to be stored: hashes missing, gaps between keys and values zero, whatever the operator left there. False when its slots contradict
  /// each other or the memory: the operator broke the batch. About 2 ns a record beside the hash.
  [[nodiscard]] bool close() noexcept;
  /// The operator's window on this batch: give it out, let the hook fill it, take it back.
  weir_batch lend() const noexcept { return raw_; }
  void take_back(const weir_batch& raw) noexcept {
    raw_.count = raw.count;
    raw_.size = raw.size;
  }

 private:
  weir_batch raw_{};
  std::unique_ptr<char[]> slot_memory_;
  std::unique_ptr<char[]> byte_memory_;
};

/// XXH3 of a key as slots carry it: never 0, which means "not computed".
std::uint64_t key_hash(std::string_view key) noexcept;

}  // namespace weir::runtime
