// The cells of a state_store, how they are found, and what is kept of them until the frame ends. Private to state_store.cpp.
#pragma once

#include <vector>

#include "runtime/log/record_batch.hpp"
#include "runtime/log/short_bytes.hpp"
#include "runtime/operator/pointer_table.hpp"
#include "runtime/operator/state_store.hpp"
#include "runtime/operator/state_store_cell.hpp"
#include "runtime/operator/state_store_lookahead.hpp"
#include "runtime/operator/state_store_undo.hpp"

namespace weir::runtime {

inline constexpr std::uint64_t state_hash_step = 0x9e3779b97f4a7c15u;  // Takes the cells of one key in several states far from each other in the table.

/// Of a key's cell in the table.
inline std::uint64_t state_hash(std::uint16_t state, const state_store::key_ref& key) noexcept {
  return (key.hash != 0 ? key.hash : key_hash(key.key)) + state * state_hash_step;
}

struct state_store::implementation {
  struct open_savepoint {
    std::uint64_t serial;
    std::uint64_t undo_mark;
    std::size_t changes_mark;
  };

  block_pool pool;
  pointer_table<state_cell> table;  ///< Cells of keys.
  state_lookahead<state_cell> expected;
  state_undo undo;
  std::vector<state_cell*> changes;  ///< In order of first change.
  std::vector<open_savepoint> savepoints;
  std::uint64_t serials = 0;         ///< Given out; never reused, so a cell's `saved` of an older frame means nothing.
  std::uint64_t current = 0;         ///< Serial of the innermost savepoint, 0 without one.
  std::size_t bytes_per_change = 0;  ///< In the frame before: a guess at what the next will take.
  std::uint64_t cells = 0;
  std::uint64_t bytes = 0;

  ~implementation() {
    table.for_each([this](state_cell& c) {
      if (c.subkeys)
        for (const auto& [subkey, cell] : *c.subkeys) state_cell::destroy(pool, cell);
      state_cell::destroy(pool, &c);
    });
  }

  state_cell* find_key(std::uint64_t hash, std::uint16_t state, const key_ref& key) {
    const char* const name = key.key.data();
    const std::size_t size = key.key.size();
    const auto same = [=](const state_cell& c) { return c.state == state && c.name_size == size && same_bytes(c.name_bytes(), name, size); };
    if (!expected.empty())
      if (state_cell* const c = expected.find(hash); c && same(*c)) return c;
    return table.find(hash, same);
  }

  /// The cell, or null; it may be a tombstone or an anchor.
  state_cell* find(std::uint16_t state, const key_ref& key, std::string_view subkey) {
    state_cell* key_cell = find_key(state_hash(state, key), state, key);
    if (!key_cell || subkey.empty()) return key_cell;
    if (!key_cell->subkeys) return nullptr;
    const auto sub = key_cell->subkeys->find(subkey);
    return sub == key_cell->subkeys->end() ? nullptr : sub->second;
  }

  state_cell* find_present(std::uint16_t state, const key_ref& key, std::string_view subkey) {
    state_cell* c = find(state, key, subkey);
    return c && c->present ? c : nullptr;
  }

  state_cell* find_or_make(std::uint16_t state, const key_ref& key, std::string_view subkey, std::size_t value_size) {
    const std::uint64_t hash = state_hash(state, key);
    state_cell* key_cell = find_key(hash, state, key);
    if (!key_cell) [[unlikely]] {
      key_cell = state_cell::make(pool, state, key.key, nullptr, subkey.empty() ? value_size : 0);
      table.insert(hash, key_cell);
      keep_creation(*key_cell);
    }
    return subkey.empty() ? key_cell : find_or_make_below(*key_cell, subkey, value_size);
  }

  state_cell* find_or_make_below(state_cell& key_cell, std::string_view subkey, std::size_t value_size) {
    if (!key_cell.subkeys) key_cell.subkeys = new subkey_tree;
    if (const auto sub = key_cell.subkeys->find(subkey); sub != key_cell.subkeys->end()) return sub->second;
    state_cell* cell = state_cell::make(pool, key_cell.state, subkey, &key_cell, value_size);
    key_cell.subkeys->emplace(cell->name(), cell);
    keep_creation(*cell);
    return cell;
  }

  void keep_creation(state_cell& c) {
    if (current != 0) undo.push(c, true);
    c.saved = current;
  }

  /// Before any write: keeps the old bytes for the innermost savepoint, and the cell's place among the changes.
  void touch(state_cell& c) {
    if (c.saved != current) {
      if (current != 0) undo.push(c, false);
      c.saved = current;
    }
    if (!c.changed) {
      c.changed = true;
      c.was_present = c.present;
      changes.push_back(&c);
    }
  }

  /// Makes the value `size` bytes long: `from`, or where that is null what was there (nothing where absent) and zeros behind it.
  void set_value(state_cell& c, const char* from, std::size_t size) {
    if (c.present)
      set_absent(c);
    else
      c.value_size = 0;
    c.assign(from, size);
    c.present = true;
    ++cells;
    bytes += c.accounted_bytes();
  }

  void set_absent(state_cell& c) {
    c.present = false;
    --cells;
    bytes -= c.accounted_bytes();
  }

  bool erase(state_cell* c) {
    if (!c || !c->present) return false;
    touch(*c);
    set_absent(*c);
    return true;
  }

  void restore(const state_undo::record& r, const char* old_bytes) {
    state_cell& c = *r.cell;
    if (r.created) {
      if (c.present) set_absent(c);
      remove(c);
      return;
    }
    c.saved = r.saved;
    if (r.present)
      set_value(c, old_bytes, r.value_size);
    else if (c.present)
      set_absent(c);
  }

  void remove(state_cell& c) {
    if (c.is_subkey) {
      c.parent->subkeys->erase(c.name());
    } else {
      expected.forget_all();
      table.erase(state_hash(c.state, {c.name()}), &c);
    }
    state_cell::destroy(pool, &c);
  }

  /// What became of the cell in this frame, if anything.
  static void add_change(change_batch& out, state_cell& c, const std::function<normalizer(std::uint16_t)>& normalize) {
    if (c.present) {
      char* const value = c.value();
      if (const normalizer zero_padding = normalize ? normalize(c.state) : nullptr) zero_padding(value);
      out.add({c.state, false, 0, c.key(), c.subkey(), {value, c.value_size}});
    } else if (c.was_present) {
      out.add({c.state, true, 0, c.key(), c.subkey(), {}});
    }
  }

  /// Frees a cell that nothing needs any more, and the anchor that only it needed.
  void reclaim(state_cell& c) {
    if (c.present || c.changed || c.has_subkeys()) return;
    state_cell* anchor = c.is_subkey ? c.parent : nullptr;
    remove(c);
    if (anchor) reclaim(*anchor);
  }
};

}  // namespace weir::runtime
