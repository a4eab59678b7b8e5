// state_store against the simplest thing that could be right: a std::map that is copied at every savepoint.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/log/record_batch.hpp"
#include "runtime/operator/state_store.hpp"
#include "runtime/seam/random.hpp"

using namespace weir::runtime;

namespace {

using cell_name = std::tuple<std::uint16_t, std::string, std::string>;
using cells = std::map<cell_name, std::string>;

cells content(const state_store& s) {
  cells all;
  const cell_name* last = nullptr;
  s.for_each_sorted([&](const change& c) {
    const auto [at, fresh] = all.emplace(cell_name(c.id, c.key, c.subkey), c.value);
    REQUIRE(fresh);
    REQUIRE((last == nullptr || *last < at->first));
    last = &at->first;
  });
  return all;
}

void fold(cells& to, const change_batch& batch) {
  for (std::uint32_t i = 0; i < batch.count(); ++i) {
    const change c = batch.at(i);
    if (c.removed)
      REQUIRE(to.erase(cell_name(c.id, c.key, c.subkey)) == 1);
    else
      to[cell_name(c.id, c.key, c.subkey)] = c.value;
  }
}

struct level {
  state_store::savepoint point;
  cells state;
  std::vector<cell_name> order;
};

/// One random run; everything that can be asked is compared after every frame.
class run {
 public:
  explicit run(std::uint64_t seed) : random_(seed), subkeys_(1 + seed % 7), keys_(1 + seed % 40) {}

  void frames(int count) {
    for (int i = 0; i < count; ++i) {
      frame_begin_ = model_;
      levels_.clear();
      order_.clear();
      if (below(4) != 0) save();
      for (std::uint64_t n = below(60); n > 0; --n) step();
      end_frame();
    }
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }

  void save() { levels_.push_back({store_.set_savepoint(), model_, order_}); }

  cell_name some_cell() {
    const std::uint64_t sub = below(subkeys_);
    return {static_cast<std::uint16_t>(below(2)), some_key(), sub == 0 ? "" : "s" + std::to_string(sub)};
  }

  /// Of 1 to 96 bytes; the first and last tell them apart.
  std::string some_key() {
    const std::uint64_t k = below(keys_);
    const std::string number(1, static_cast<char>('0' + k));
    return k == 0 ? number : number + std::string(k * 97 % 95, 'x') + number;
  }

  /// What a step does for its records, whatever becomes of the keys until they are asked for.
  void prefetch() {
    const std::vector<std::uint16_t> states = below(2) == 0 ? std::vector<std::uint16_t>{0, 1} : std::vector<std::uint16_t>{1};
    record_batch records;
    std::vector<std::uint32_t> selection;
    for (std::uint64_t n = 1 + below(60); n > 0; --n) {
      const std::string key = some_key();
      if (below(3) != 0) selection.push_back(records.count());
      records.append(0, key, "", below(8) == 0 ? 0 : key_hash(key));
    }
    const bool all = below(2) == 0;
    const auto count = static_cast<std::uint32_t>(all ? records.count() : selection.size());
    store_.prefetch(states, {records.slots(), records.bytes(), all ? nullptr : selection.data(), 0, count, 0, 0, 0, 0});
  }

  void touched(const cell_name& name) {
    if (std::find(order_.begin(), order_.end(), name) == order_.end()) order_.push_back(name);
  }

  void step() {
    const cell_name name = some_cell();
    const auto& [id, key, subkey] = name;
    const state_store::key_ref ref{key, below(2) == 0 ? 0 : key_hash(key)};
    switch (below(13)) {
      case 0: return save();
      case 1: return roll_back();
      case 2: return erase_all(id, key);
      case 3:
      case 4:
        if (model_.count(name) != 0) touched(name);
        REQUIRE(store_.erase(id, ref, subkey) == (model_.erase(name) == 1));
        return;
      case 5:
      case 6: {
        // State 0 holds fixed values in this run.
        if (id != 0) return;
        char* value = store_.at(id, ref, subkey, 8);
        const auto there = model_.find(name);
        REQUIRE(std::string_view(value, 8) == (there == model_.end() ? std::string(8, '\0') : there->second));
        const std::uint64_t fresh = random_.next();
        std::memcpy(value, &fresh, 8);
        model_[name] = std::string(value, 8);
        return touched(name);
      }
      case 7: return prefetch();
      default: {
        const std::string value(id == 0 ? 8 : below(below(4) == 0 ? 3'000 : 40), static_cast<char>('a' + below(26)));
        store_.put(id, ref, subkey, value);
        model_[name] = value;
        touched(name);
      }
    }
  }

  void erase_all(std::uint16_t id, const std::string& key) {
    bool any = false;
    for (auto at = model_.lower_bound({id, key, ""}); at != model_.end() && std::get<0>(at->first) == id && std::get<1>(at->first) == key; any = true) {
      touched(at->first);
      at = model_.erase(at);
    }
    REQUIRE(store_.erase_all(id, {key, 0}) == any);
  }

  void roll_back() {
    if (levels_.empty()) return;
    const std::size_t to = below(levels_.size());
    store_.roll_back(levels_[to].point);
    model_ = levels_[to].state;
    order_ = levels_[to].order;
    levels_.resize(to + 1);
    REQUIRE(content(store_) == model_);
  }

  void end_frame() {
    REQUIRE(content(store_) == model_);
    change_batch batch;
    store_.take_changes(batch);
    std::vector<cell_name> names;
    for (std::uint32_t i = 0; i < batch.count(); ++i) names.emplace_back(batch.at(i).id, batch.at(i).key, batch.at(i).subkey);
    std::vector<cell_name> expected;
    for (const cell_name& n : order_)
      if (model_.count(n) != 0 || frame_begin_.count(n) != 0) expected.push_back(n);
    REQUIRE(names == expected);
    fold(frame_begin_, batch);
    REQUIRE(frame_begin_ == model_);
    for (std::uint32_t i = 0; i < batch.count(); ++i) replica_.apply(batch.at(i));
    REQUIRE(content(replica_) == model_);
    REQUIRE(content(store_) == model_);
    std::uint64_t bytes = 0;
    for (const auto& [name, value] : model_) bytes += std::get<1>(name).size() + std::get<2>(name).size() + value.size();
    for (const state_store* s : {&store_, &replica_}) {
      REQUIRE(s->cells() == model_.size());
      REQUIRE(s->bytes() == bytes);
    }
  }

  seeded_random random_;
  std::uint64_t subkeys_;
  std::uint64_t keys_;
  state_store store_;
  state_store replica_;  ///< Knows the changes only.
  cells model_;
  cells frame_begin_;
  std::vector<level> levels_;
  std::vector<cell_name> order_;
};

}  // namespace

TEST_CASE("random reads, writes, savepoints and roll-backs agree with a map", "[state][model]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    run(seed).frames(25);
  }
}
