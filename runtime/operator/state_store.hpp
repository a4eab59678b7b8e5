// The keyed state of one operator partition: bytes in place, found by key hash; per-frame undo; the changes of a frame in order of first change.
// Owned by one operator actor (or by recovery, which hands it over); one thread at a time.
//
// A cell is (state id, key, sub-key) -> value bytes. Cells without a sub-key are found in O(1) by the key's hash; sub-keys of a key are kept in byte order.
// The first write of a cell after a savepoint keeps its old bytes, so that roll_back() restores exactly what was there.
// Addresses of values are stable until the cell is erased; the contract towards operators is weaker: until the next access of the same state.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <weir/abi.h>

#include "runtime/log/changes.hpp"

namespace weir::runtime {

/// By state id; the operators of a chain. One group: no look at by_id.
struct change_groups {
  std::span<const std::uint16_t> by_id = {};
  std::uint32_t count = 1;
};

class state_store {
 public:
  struct key_ref {
    std::string_view key;
    std::uint64_t hash = 0;  ///< key_hash(key), or 0: computed here.
  };
  using savepoint = std::uint64_t;
  using normalizer = void (*)(void*);

  state_store();
  state_store(state_store&&) noexcept;
  state_store& operator=(state_store&&) noexcept;
  ~state_store();

  std::optional<std::string_view> find(std::uint16_t state, const key_ref& key, std::string_view subkey) const;
  /// The value for writing: `value_size` zero bytes where absent; 8-byte aligned. Marks the cell as changed. A present value of another size is a bug.
  char* at(std::uint16_t state, const key_ref& key, std::string_view subkey, std::uint32_t value_size);
  void put(std::uint16_t state, const key_ref& key, std::string_view subkey, std::string_view value);
  bool erase(std::uint16_t state, const key_ref& key, std::string_view subkey);
  bool erase_all(std::uint16_t state, const key_ref& key);  ///< With every sub-key.
  /// Cells of the key in byte order of sub-keys (the one without a sub-key first), from `from` on, until f returns false. f may not change the state.
  void for_each(std::uint16_t state, const key_ref& key, std::string_view from,
                const std::function<bool(std::string_view subkey, std::string_view value)>& f) const;

  /// Ahead of the accesses to these states that the records will make, by their keys' stored hashes (records without one are left out): the misses of many
  /// keys overlap. At a million keys an update takes a quarter to a third of what it takes without; where the state is in the caches anyway this costs 7 ns
  /// per record and state, and saves about as much.
  /// Holds until the next call.
  void prefetch(std::span<const std::uint16_t> states, const weir_input& records);

  /// From here on roll_back(returned value) restores what is there now, as often as it is called. Savepoints nest: rolling back ends those set later; all end
  /// with take_changes().
  savepoint set_savepoint();
  void roll_back(savepoint to);
  /// Appends the last bytes of every cell changed since the last call, in order of first change, to `out` and makes them final. A cell that is as absent as
  /// it was before is left out. `normalize` (by state id, may be empty) zeroes padding in place first. Group after group: in which order operators of a chain
  /// come to change their states depends on how many records are handed over at once, which must not show in a frame.
  void take_changes(change_batch& out, const std::function<normalizer(std::uint16_t)>& normalize = {}, const change_groups& groups = {});

  /// Makes a change read from a log or a snapshot; final at once. Not between set_savepoint() or a write and take_changes().
  void apply(const change& c);
  /// Every cell, in byte order of (state, key, sub-key): for snapshots in tests and tools; O(n log n).
  void for_each_sorted(const std::function<void(const change&)>& f) const;

  bool holds(std::uint16_t state) const;  ///< Any cell of it; linear.
  std::uint64_t cells() const noexcept;
  std::uint64_t bytes() const noexcept;  ///< Keys, sub-keys and values.

 private:
  struct implementation;
  std::unique_ptr<implementation> self_;
};

}  // namespace weir::runtime
