// One cell of state_store: header, key or sub-key, and value in one block of memory. Private to state_store.cpp.
//
// A key's cell (no sub-key) is in the hash table; it exists also without a value, as an anchor, while the key has sub-keys. A sub-key's cell is in its key's
// tree and shares the key's bytes. A value that outgrows its block moves into a block of its own, so that cells never move.
#pragma once

#include <absl/container/btree_map.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "runtime/operator/block_pool.hpp"

namespace weir::runtime {

struct state_cell;
using subkey_tree = absl::btree_map<std::string_view, state_cell*>;

/// 32 bytes, so that with a key and a value of up to 32 bytes together it is one cache line.
struct state_cell {
  std::uint64_t saved;  ///< The savepoint since which the old bytes are kept.
  union {
    state_cell* parent;    ///< Of a sub-key: the key's cell.
    subkey_tree* subkeys;  ///< Of a key: null while it has none.
  };
  std::uint32_t name_size;
  std::uint32_t value_size;
  std::uint32_t room;  ///< For a value within this block, or for where it is.
  std::uint16_t state;
  bool is_subkey : 1;
  bool present : 1;  ///< Else a tombstone or an anchor.
  bool changed : 1;  ///< In the list of changes.
  bool was_present : 1;
  bool value_outside : 1;  ///< In a block of its own.

  const char* name_bytes() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  std::string_view name() const noexcept { return {name_bytes(), name_size}; }
  std::string_view key() const noexcept { return is_subkey ? parent->name() : name(); }
  std::string_view subkey() const noexcept { return is_subkey ? name() : std::string_view(); }
  const char* value() const noexcept { return const_cast<state_cell*>(this)->value(); }
  char* value() noexcept { return value_outside ? outside() : inside(); }
  std::string_view bytes() const noexcept { return {value(), value_size}; }
  std::uint64_t accounted_bytes() const noexcept { return key().size() + subkey().size() + value_size; }
  bool has_subkeys() const noexcept { return !is_subkey && subkeys && !subkeys->empty(); }

  static constexpr std::size_t padded(std::size_t n) noexcept { return (n + 7) & ~std::size_t{7}; }

  /// `parent` null: a key's cell.
  static state_cell* make(block_pool& pool, std::uint16_t state, std::string_view name, state_cell* parent, std::size_t value_size) {
    const std::size_t name_room = padded(name.size());
    const std::size_t room = padded(std::max(value_size, sizeof(char*)));
    auto* c = new (pool.take(sizeof(state_cell) + name_room + room)) state_cell{};
    if (!name.empty()) std::memcpy(c + 1, name.data(), name.size());
    c->is_subkey = parent != nullptr;
    if (parent)
      c->parent = parent;
    else
      c->subkeys = nullptr;
    c->state = state;
    c->name_size = static_cast<std::uint32_t>(name.size());
    c->room = static_cast<std::uint32_t>(room);
    return c;
  }

  static void destroy(block_pool& pool, state_cell* c) noexcept {
    if (c->value_outside) c->free_outside();
    if (!c->is_subkey) delete c->subkeys;
    pool.give(c, sizeof(state_cell) + padded(c->name_size) + c->room);
  }

  /// Makes the value `size` bytes long: `from`, or where that is null what was there and zeros behind it. `from` may be bytes of this cell.
  void assign(const char* from, std::size_t size) {
    char* const old = value();
    char* to = old;
    if (size > capacity()) {
      // Values that grow a little with every write would otherwise be copied every time.
      to = make_outside(padded(std::max(size, capacity() + capacity() / 2)));
      if (!from && value_size > 0) std::memcpy(to, old, value_size);
    }
    if (from && size > 0) std::memmove(to, from, size);
    if (!from && size > value_size) std::memset(to + value_size, 0, size - value_size);
    if (to != old) {
      if (value_outside) free_outside();
      std::memcpy(inside(), &to, sizeof to);
      value_outside = true;
    }
    value_size = static_cast<std::uint32_t>(size);
  }

 private:
  char* inside() noexcept { return reinterpret_cast<char*>(this + 1) + padded(name_size); }
  char* outside() noexcept {
    char* at;
    std::memcpy(&at, inside(), sizeof at);
    return at;
  }
  /// A value outside has its capacity before it.
  std::size_t capacity() noexcept {
    if (!value_outside) return room;
    std::size_t n;
    std::memcpy(&n, outside() - sizeof n, sizeof n);
    return n;
  }
  static char* make_outside(std::size_t capacity) {
    auto* memory = static_cast<char*>(::operator new(sizeof capacity + capacity));
    std::memcpy(memory, &capacity, sizeof capacity);
    return memory + sizeof capacity;
  }
  void free_outside() noexcept { ::operator delete(outside() - sizeof(std::size_t)); }
};
static_assert(sizeof(state_cell) == 32);

}  // namespace weir::runtime
