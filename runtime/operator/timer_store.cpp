// Timers are blocks of memory that never move, found by a hash of (kind, key, sub-key) and, while they are set, in one tree per id by (time, key, sub-key).
// The tree's entries carry the time, so that its descent touches no timer but those of the same time.
#include "runtime/operator/timer_store.hpp"

#include <absl/container/btree_set.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <tuple>
#include <vector>

#include <weir/abi.h>

#include "runtime/log/record_batch.hpp"
#include "runtime/operator/block_pool.hpp"
#include "runtime/operator/pointer_table.hpp"

namespace weir::runtime {
namespace {

struct timer {
  std::uint64_t hash;
  std::uint64_t saved;  ///< The savepoint since which the old time is kept.
  std::int64_t time;
  std::uint32_t kind;
  std::uint32_t key_size;
  std::uint32_t subkey_size;
  bool present;  ///< Set; else a tombstone.
  bool changed;
  bool was_present;

  std::string_view key() const noexcept { return {reinterpret_cast<const char*>(this + 1), key_size}; }
  std::string_view subkey() const noexcept { return {reinterpret_cast<const char*>(this + 1) + key_size, subkey_size}; }
  auto name() const noexcept { return std::make_tuple(kind, key(), subkey()); }

  static timer* make(block_pool& pool, std::uint64_t hash, std::uint32_t kind, std::string_view key, std::string_view subkey) {
    auto* t = new (pool.take(sizeof(timer) + key.size() + subkey.size())) timer{};
    char* at = reinterpret_cast<char*>(t + 1);
    if (!key.empty()) std::memcpy(at, key.data(), key.size());
    if (!subkey.empty()) std::memcpy(at + key.size(), subkey.data(), subkey.size());
    t->hash = hash;
    t->kind = kind;
    t->key_size = static_cast<std::uint32_t>(key.size());
    t->subkey_size = static_cast<std::uint32_t>(subkey.size());
    return t;
  }
  static void destroy(block_pool& pool, timer* t) noexcept { pool.give(t, sizeof(timer) + t->key_size + t->subkey_size); }
};

struct lookup {
  std::uint64_t hash;
  std::uint32_t kind;
  std::string_view key;
  std::string_view subkey;
};

lookup lookup_of(std::uint32_t kind, std::string_view key, std::string_view subkey) {
  const std::uint64_t sub = subkey.empty() ? 0 : key_hash(subkey) * 0x9e3779b97f4a7c15u;
  return {key_hash(key) + sub + kind, kind, key, subkey};
}

struct due_entry {
  std::int64_t time;
  timer* to;
};
struct due_order {
  bool operator()(const due_entry& a, const due_entry& b) const noexcept {
    if (a.time != b.time) return a.time < b.time;
    return a.to != b.to && std::make_tuple(a.to->key(), a.to->subkey()) < std::make_tuple(b.to->key(), b.to->subkey());
  }
};

struct undo_record {
  timer* to;
  std::uint64_t saved;
  std::int64_t time;
  bool present;
  bool created;
};

struct open_savepoint {
  std::uint64_t serial;
  std::size_t undo_mark;
  std::size_t changes_mark;
};

}  // namespace

struct timer_store::implementation {
  block_pool pool;
  pointer_table<timer> table;
  std::vector<absl::btree_set<due_entry, due_order>> due;  ///< By id; grows with the ids in use.
  std::vector<undo_record> undo;
  std::vector<timer*> changes;  ///< In order of first change.
  std::vector<open_savepoint> savepoints;
  std::uint64_t serials = 0;
  std::uint64_t current = 0;

  ~implementation() {
    table.for_each([this](timer& t) { timer::destroy(pool, &t); });
  }

  timer* find(const lookup& at) const {
    return table.find(at.hash, [&](const timer& t) { return t.name() == std::make_tuple(at.kind, at.key, at.subkey); });
  }

  timer* find_present(const lookup& at) const {
    timer* t = find(at);
    return t && t->present ? t : nullptr;
  }

  timer& find_or_make(const lookup& at) {
    if (timer* t = find(at)) return *t;
    timer* t = timer::make(pool, at.hash, at.kind, at.key, at.subkey);
    table.insert(at.hash, t);
    if (current != 0) undo.push_back({t, 0, 0, false, true});
    t->saved = current;
    return *t;
  }

  /// Before any change: keeps the old time for the innermost savepoint, and the timer's place among the changes.
  void touch(timer& t) {
    if (t.saved != current) {
      if (current != 0) undo.push_back({&t, t.saved, t.time, t.present, false});
      t.saved = current;
    }
    if (!t.changed) {
      t.changed = true;
      t.was_present = t.present;
      changes.push_back(&t);
    }
  }

  void set_time(timer& t, std::int64_t time) {
    if (t.present && t.time == time) return;
    if (t.present) set_absent(t);
    t.time = time;
    t.present = true;
    if (t.kind >= due.size()) due.resize(t.kind + 1);
    due[t.kind].insert({time, &t});
  }

  void set_absent(timer& t) {
    due[t.kind].erase({t.time, &t});
    t.present = false;
  }

  void remove(timer& t) {
    table.erase(t.hash, &t);
    timer::destroy(pool, &t);
  }

  void restore(const undo_record& r) {
    timer& t = *r.to;
    t.saved = r.saved;
    if (r.present)
      set_time(t, r.time);
    else if (t.present)
      set_absent(t);
    if (r.created) remove(t);
  }

  /// The first timer of the kind at or before the limit, or null.
  timer* first(std::uint32_t kind, std::int64_t limit) const {
    if (kind >= due.size()) return nullptr;
    const auto& tree = due[kind];
    return !tree.empty() && tree.begin()->time <= limit ? tree.begin()->to : nullptr;
  }
};

timer_store::timer_store() : self_(std::make_unique<implementation>()) {}
timer_store::timer_store(timer_store&&) noexcept = default;
timer_store& timer_store::operator=(timer_store&&) noexcept = default;
timer_store::~timer_store() = default;

void timer_store::set(std::uint32_t kind, std::string_view key, std::string_view subkey, std::int64_t time) {
  assert(kind < timer_ids_limit);
  timer& t = self_->find_or_make(lookup_of(kind, key, subkey));
  self_->touch(t);
  self_->set_time(t, time);
}

bool timer_store::cancel(std::uint32_t kind, std::string_view key, std::string_view subkey) {
  timer* t = self_->find_present(lookup_of(kind, key, subkey));
  if (!t) return false;
  self_->touch(*t);
  self_->set_absent(*t);
  return true;
}

std::optional<std::int64_t> timer_store::find(std::uint32_t kind, std::string_view key, std::string_view subkey) const {
  const timer* t = self_->find_present(lookup_of(kind, key, subkey));
  if (!t) return std::nullopt;
  return t->time;
}

std::optional<std::int64_t> timer_store::next(std::uint32_t kind, std::int64_t limit) const {
  const timer* t = self_->first(kind, limit);
  if (!t) return std::nullopt;
  return t->time;
}

bool timer_store::take_due(std::int64_t watermark, std::int64_t now, due_timer& out, std::uint32_t first_id) {
  timer* event = self_->first(first_id + WEIR_TIMER_EVENT, watermark);
  timer* processing = self_->first(first_id + WEIR_TIMER_PROCESSING, now);
  timer* t = event && (!processing || event->time <= processing->time) ? event : processing;
  if (!t) return false;
  self_->touch(*t);
  self_->set_absent(*t);
  out.kind = t->kind - first_id;
  out.time = t->time;
  out.key.assign(t->key());
  out.subkey.assign(t->subkey());
  return true;
}

timer_store::savepoint timer_store::set_savepoint() {
  self_->current = ++self_->serials;
  self_->savepoints.push_back({self_->current, self_->undo.size(), self_->changes.size()});
  return self_->current;
}

void timer_store::roll_back(savepoint to) {
  implementation& s = *self_;
  while (!s.savepoints.empty() && s.savepoints.back().serial > to) s.savepoints.pop_back();
  assert(!s.savepoints.empty() && s.savepoints.back().serial == to);
  if (s.savepoints.empty() || s.savepoints.back().serial != to) return;
  const open_savepoint& point = s.savepoints.back();
  // Places among the changes first: the undo frees timers that were created since.
  for (std::size_t i = point.changes_mark; i < s.changes.size(); ++i) s.changes[i]->changed = false;
  s.changes.resize(point.changes_mark);
  for (; s.undo.size() > point.undo_mark; s.undo.pop_back()) s.restore(s.undo.back());
  s.current = to;
}

void timer_store::take_changes(change_batch& out, std::uint32_t operators) {
  implementation& s = *self_;
  const auto add = [&](const timer* t) {
    const auto id = static_cast<std::uint16_t>(t->kind);
    if (t->present)
      out.add({id, false, t->time, t->key(), t->subkey(), {}});
    else if (t->was_present)
      out.add({id, true, 0, t->key(), t->subkey(), {}});
  };
  for (std::uint32_t number = 0; number < operators; ++number)
    for (const timer* t : s.changes)
      if (operators == 1 || t->kind / 2 == number) add(t);
  for (timer* t : s.changes) {
    t->changed = false;
    if (!t->present) s.remove(*t);
  }
  s.changes.clear();
  s.undo.clear();
  s.savepoints.clear();
  s.current = 0;
}

void timer_store::apply(const change& c) {
  implementation& s = *self_;
  assert(c.id < timer_ids_limit && s.changes.empty() && s.savepoints.empty());
  const lookup at = lookup_of(c.id, c.key, c.subkey);
  if (!c.removed) {
    s.set_time(s.find_or_make(at), c.time);
  } else if (timer* t = s.find_present(at)) {
    s.set_absent(*t);
    s.remove(*t);
  }
}

void timer_store::for_each_sorted(const std::function<void(const change&)>& f) const {
  std::vector<const timer*> all;
  all.reserve(self_->table.size());
  self_->table.for_each([&](const timer& t) {
    if (t.present) all.push_back(&t);
  });
  std::sort(all.begin(), all.end(), [](const timer* a, const timer* b) { return a->name() < b->name(); });
  for (const timer* t : all) f({static_cast<std::uint16_t>(t->kind), false, t->time, t->key(), t->subkey(), {}});
}

std::uint64_t timer_store::size() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& tree : self_->due) sum += tree.size();
  return sum;
}

}  // namespace weir::runtime
