#include "runtime/operator/state_store.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <vector>

#include "runtime/operator/state_store_cells.hpp"

namespace weir::runtime {

state_store::state_store() : self_(std::make_unique<implementation>()) {}
state_store::state_store(state_store&&) noexcept = default;
state_store& state_store::operator=(state_store&&) noexcept = default;
state_store::~state_store() = default;

std::optional<std::string_view> state_store::find(std::uint16_t state, const key_ref& key, std::string_view subkey) const {
  const state_cell* c = self_->find_present(state, key, subkey);
  if (!c) return std::nullopt;
  return c->bytes();
}

char* state_store::at(std::uint16_t state, const key_ref& key, std::string_view subkey, std::uint32_t value_size) {
  state_cell& c = *self_->find_or_make(state, key, subkey, value_size);
  self_->touch(c);
  assert(!c.present || c.value_size == value_size);
  if (!c.present || c.value_size != value_size) self_->set_value(c, nullptr, value_size);
  return c.value();
}

void state_store::put(std::uint16_t state, const key_ref& key, std::string_view subkey, std::string_view value) {
  state_cell& c = *self_->find_or_make(state, key, subkey, value.size());
  self_->touch(c);
  self_->set_value(c, value.empty() ? c.value() : value.data(), value.size());
}

bool state_store::erase(std::uint16_t state, const key_ref& key, std::string_view subkey) { return self_->erase(self_->find(state, key, subkey)); }

bool state_store::erase_all(std::uint16_t state, const key_ref& key) {
  state_cell* key_cell = self_->find(state, key, {});
  if (!key_cell) return false;
  bool erased = self_->erase(key_cell);
  if (key_cell->subkeys)
    for (const auto& [subkey, cell] : *key_cell->subkeys) erased |= self_->erase(cell);
  return erased;
}

void state_store::for_each(std::uint16_t state, const key_ref& key, std::string_view from,
                           const std::function<bool(std::string_view subkey, std::string_view value)>& f) const {
  const state_cell* key_cell = self_->find(state, key, {});
  if (!key_cell) return;
  if (from.empty() && key_cell->present && !f({}, key_cell->bytes())) return;
  if (!key_cell->subkeys) return;
  for (auto sub = key_cell->subkeys->lower_bound(from); sub != key_cell->subkeys->end(); ++sub)
    if (sub->second->present && !f(sub->first, sub->second->bytes())) return;
}

void state_store::prefetch(std::span<const std::uint16_t> states, const weir_input& records) {
  constexpr std::size_t ahead = 24;  // A slot has arrived when it is looked at.
  implementation& s = *self_;
  const auto hash_at = [&](std::size_t i) { return records.slots[records.selection != nullptr ? records.selection[i] : records.first + i].hash; };
  s.expected.begin(states.size() * records.count);
  for (std::size_t i = 0; i < records.count + ahead; ++i) {
    if (i < records.count)
      for (const std::uint16_t state : states) s.table.prefetch(hash_at(i) + state * state_hash_step);
    if (i < ahead || hash_at(i - ahead) == 0) continue;
    for (const std::uint16_t state : states) {
      // By the hash alone: comparing keys would wait for the very memory that is to be fetched.
      const std::uint64_t hash = hash_at(i - ahead) + state * state_hash_step;
      if (state_cell* const c = s.table.find(hash, [](const state_cell&) { return true; })) s.expected.add(hash, c);
    }
  }
  s.expected.start();
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
  const implementation::open_savepoint& point = s.savepoints.back();
  // Places among the changes first: the undo frees cells that were created since.
  for (std::size_t i = point.changes_mark; i < s.changes.size(); ++i) s.changes[i]->changed = false;
  s.changes.resize(point.changes_mark);
  s.undo.pop_to(point.undo_mark, [&](const state_undo::record& r, const char* old_bytes) { s.restore(r, old_bytes); });
  s.current = to;
}

void state_store::take_changes(change_batch& out, const std::function<normalizer(std::uint16_t)>& normalize, const change_groups& groups) {
  constexpr std::size_t ahead = 16;  // Of the cells, which are far apart, while others are copied.
  implementation& s = *self_;
  const std::size_t count = s.changes.size();
  out.reserve(count, count * s.bytes_per_change);
  for (std::uint32_t group = 0; group < groups.count; ++group) {
    const bool last = group + 1 == groups.count;
    for (std::size_t i = 0; i < count; ++i) {
      if (i + ahead < count) fetch_ahead(s.changes[i + ahead]);
      state_cell& c = *s.changes[i];
      if (groups.count == 1 || groups.by_id[c.state] == group) s.add_change(out, c, normalize);
      if (last) {
        c.changed = false;
        s.reclaim(c);
      }
    }
  }
  if (count > 0) s.bytes_per_change = out.bytes().size() / count + 1;
  s.changes.clear();
  s.savepoints.clear();
  s.current = 0;
  s.undo.clear();
}

void state_store::apply(const change& c) {
  implementation& s = *self_;
  assert(s.changes.empty() && s.savepoints.empty());
  const key_ref key{c.key, 0};
  if (!c.removed) {
    s.set_value(*s.find_or_make(c.id, key, c.subkey, c.value.size()), c.value.data() ? c.value.data() : "", c.value.size());
  } else if (state_cell* cell = s.find_present(c.id, key, c.subkey)) {
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
