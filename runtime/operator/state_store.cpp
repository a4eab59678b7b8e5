#include "runtime/operator/state_store.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <vector>

#include "runtime/log/record_batch.hpp"
#include "runtime/operator/pointer_table.hpp"
#include "runtime/operator/state_store_cell.hpp"
#include "runtime/operator/state_store_undo.hpp"

namespace weir::runtime {
namespace {

state_lookup lookup_of(std::uint16_t state, state_store::key_ref key) {
  const std::uint64_t hash = key.hash != 0 ? key.hash : key_hash(key.key);
  return {hash + state * 0x9e3779b97f4a7c15u, state, key.key};
}

struct open_savepoint {
  std::uint64_t serial;
  std::uint64_t undo_mark;
  std::size_t changes_mark;
};

}  // namespace

struct state_store::implementation {
  block_pool pool;
  pointer_table<state_cell> table;  ///< Cells of keys.
  state_undo undo;
  std::vector<state_cell*> changes;  ///< In order of first change.
  std::vector<open_savepoint> savepoints;
  std::uint64_t serials = 0;  ///< Given out; never reused, so a cell's `saved` of an older frame means nothing.
  std::uint64_t current = 0;  ///< Serial of the innermost savepoint, 0 without one.
  std::uint64_t cells = 0;
  std::uint64_t bytes = 0;

  ~implementation() {
    table.for_each([this](state_cell& c) {
      if (c.subkeys)
        for (const auto& [subkey, cell] : *c.subkeys) state_cell::destroy(pool, cell);
      state_cell::destroy(pool, &c);
    });
  }

  state_cell* find_key(const state_lookup& at) const {
    return table.find(at.hash, [&](const state_cell& c) { return c.state == at.state && c.name() == at.key; });
  }

  /// The cell, or null; it may be a tombstone or an anchor.
  state_cell* find(const state_lookup& at, std::string_view subkey) const {
    state_cell* key_cell = find_key(at);
    if (!key_cell || subkey.empty()) return key_cell;
    if (!key_cell->subkeys) return nullptr;
    const auto sub = key_cell->subkeys->find(subkey);
    return sub == key_cell->subkeys->end() ? nullptr : sub->second;
  }

  state_cell* find_present(const state_lookup& at, std::string_view subkey) const {
    state_cell* c = find(at, subkey);
    return c && c->present ? c : nullptr;
  }

  state_cell* find_or_make(const state_lookup& at, std::string_view subkey, std::size_t value_size) {
    state_cell* key_cell = find_key(at);
    if (!key_cell) {
      key_cell = state_cell::make(pool, at.hash, at.state, at.key, nullptr, subkey.empty() ? value_size : 0);
      table.insert(at.hash, key_cell);
      keep_creation(*key_cell);
    }
    if (subkey.empty()) return key_cell;
    if (!key_cell->subkeys) key_cell->subkeys = new subkey_tree;
    if (const auto sub = key_cell->subkeys->find(subkey); sub != key_cell->subkeys->end()) return sub->second;
    state_cell* cell = state_cell::make(pool, at.hash, at.state, subkey, key_cell, value_size);
    key_cell->subkeys->emplace(cell->name(), cell);
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
    if (c.is_subkey)
      c.parent->subkeys->erase(c.name());
    else
      table.erase(c.hash, &c);
    state_cell::destroy(pool, &c);
  }

  /// Frees a cell that nothing needs any more, and the anchor that only it needed.
  void reclaim(state_cell& c) {
    if (c.present || c.changed || c.has_subkeys()) return;
    state_cell* anchor = c.is_subkey ? c.parent : nullptr;
    remove(c);
    if (anchor) reclaim(*anchor);
  }
};

state_store::state_store() : self_(std::make_unique<implementation>()) {}
state_store::state_store(state_store&&) noexcept = default;
state_store& state_store::operator=(state_store&&) noexcept = default;
state_store::~state_store() = default;

std::optional<std::string_view> state_store::find(std::uint16_t state, key_ref key, std::string_view subkey) const {
  const state_cell* c = self_->find_present(lookup_of(state, key), subkey);
  if (!c) return std::nullopt;
  return c->bytes();
}

char* state_store::at(std::uint16_t state, key_ref key, std::string_view subkey, std::uint32_t value_size) {
  state_cell& c = *self_->find_or_make(lookup_of(state, key), subkey, value_size);
  self_->touch(c);
  assert(!c.present || c.value_size == value_size);
  if (!c.present || c.value_size != value_size) self_->set_value(c, nullptr, value_size);
  return c.value;
}

void state_store::put(std::uint16_t state, key_ref key, std::string_view subkey, std::string_view value) {
  state_cell& c = *self_->find_or_make(lookup_of(state, key), subkey, value.size());
  self_->touch(c);
  self_->set_value(c, value.empty() ? c.value : value.data(), value.size());
}

bool state_store::erase(std::uint16_t state, key_ref key, std::string_view subkey) { return self_->erase(self_->find(lookup_of(state, key), subkey)); }

bool state_store::erase_all(std::uint16_t state, key_ref key) {
  state_cell* key_cell = self_->find(lookup_of(state, key), {});
  if (!key_cell) return false;
  bool erased = self_->erase(key_cell);
  if (key_cell->subkeys)
    for (const auto& [subkey, cell] : *key_cell->subkeys) erased |= self_->erase(cell);
  return erased;
}

void state_store::for_each(std::uint16_t state, key_ref key, std::string_view from,
                           const std::function<bool(std::string_view subkey, std::string_view value)>& f) const {
  const state_cell* key_cell = self_->find(lookup_of(state, key), {});
  if (!key_cell) return;
  if (from.empty() && key_cell->present && !f({}, key_cell->bytes())) return;
  if (!key_cell->subkeys) return;
  for (auto sub = key_cell->subkeys->lower_bound(from); sub != key_cell->subkeys->end(); ++sub)
    if (sub->second->present && !f(sub->first, sub->second->bytes())) return;
}

void state_store::prefetch(std::uint16_t state, key_ref key) const noexcept { self_->table.prefetch(lookup_of(state, key).hash); }

void state_store::prefetch_value(std::uint16_t state, key_ref key) const noexcept {
  // By the hash alone: comparing keys would wait for the very memory that is to be fetched.
  const state_cell* c = self_->table.find(lookup_of(state, key).hash, [](const state_cell&) { return true; });
  if (!c) return;
  fetch_ahead(c);
  fetch_ahead(reinterpret_cast<const char*>(c) + 64);
}

state_store::savepoint state_store::set_savepoint() {
  self_->current = ++self_->serials;
  self_->savepoints.push_back({self_->current, self_->undo.size(), self_->changes.size()});
  return self_->current;
}

void state_store::roll_back(savepoint to) {
  implementation& s = *self_;
  while (!s.savepoints.empty() && s.savepoints.back().serial > to) s.savepoints.pop_back();
  assert(!s.savepoints.empty() && s.savepoints.back().serial == to);
  if (s.savepoints.empty() || s.savepoints.back().serial != to) return;
  const open_savepoint& point = s.savepoints.back();
  // Places among the changes first: the undo frees cells that were created since.
  for (std::size_t i = point.changes_mark; i < s.changes.size(); ++i) s.changes[i]->changed = false;
  s.changes.resize(point.changes_mark);
  s.undo.pop_to(point.undo_mark, [&](const state_undo::record& r, const char* old_bytes) { s.restore(r, old_bytes); });
  s.current = to;
}

void state_store::take_changes(change_batch& out, const std::function<normalizer(std::uint16_t)>& normalize, const change_groups& groups) {
  implementation& s = *self_;
  const auto add = [&](state_cell* c) {
    if (c->present) {
      if (const normalizer zero_padding = normalize ? normalize(c->state) : nullptr) zero_padding(c->value);
      out.add({c->state, false, 0, c->key(), c->subkey(), c->bytes()});
    } else if (c->was_present) {
      out.add({c->state, true, 0, c->key(), c->subkey(), {}});
    }
  };
  for (std::uint32_t group = 0; group < groups.count; ++group)
    for (state_cell* c : s.changes)
      if (groups.count == 1 || groups.by_id[c->state] == group) add(c);
  s.savepoints.clear();
  s.current = 0;
  s.undo.clear();
  for (state_cell* c : s.changes) {
    c->changed = false;
    s.reclaim(*c);
  }
  s.changes.clear();
}

void state_store::apply(const change& c) {
  implementation& s = *self_;
  assert(s.changes.empty() && s.savepoints.empty());
  const state_lookup at = lookup_of(c.id, {c.key, 0});
  if (!c.removed) {
    s.set_value(*s.find_or_make(at, c.subkey, c.value.size()), c.value.data() ? c.value.data() : "", c.value.size());
  } else if (state_cell* cell = s.find_present(at, c.subkey)) {
    s.set_absent(*cell);
    s.reclaim(*cell);
  }
}

void state_store::for_each_sorted(const std::function<void(const change&)>& f) const {
  std::vector<const state_cell*> key_cells;
  key_cells.reserve(self_->table.size());
  self_->table.for_each([&](const state_cell& c) { key_cells.push_back(&c); });
  std::sort(key_cells.begin(), key_cells.end(),
            [](const state_cell* a, const state_cell* b) { return std::forward_as_tuple(a->state, a->name()) < std::forward_as_tuple(b->state, b->name()); });
  for (const state_cell* c : key_cells) {
    if (c->present) f({c->state, false, 0, c->name(), {}, c->bytes()});
    if (!c->subkeys) continue;
    for (const auto& [subkey, cell] : *c->subkeys)
      if (cell->present) f({c->state, false, 0, c->name(), subkey, cell->bytes()});
  }
}

bool state_store::holds(std::uint16_t state) const {
  bool any = false;
  self_->table.for_each([&](const state_cell& c) { any = any || (c.state == state && (c.present || c.has_subkeys())); });
  return any;
}

std::uint64_t state_store::cells() const noexcept { return self_->cells; }
std::uint64_t state_store::bytes() const noexcept { return self_->bytes; }

}  // namespace weir::runtime
