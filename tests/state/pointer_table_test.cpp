#include "runtime/operator/pointer_table.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>

#include "runtime/seam/random.hpp"

using namespace weir::runtime;

namespace {

struct object {
  std::uint64_t hash;
  std::uint64_t name;
};

}  // namespace

TEST_CASE("a pointer table agrees with a map, also where hashes collide and wrap around", "[pool][model]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    seeded_random random(seed);
    const std::uint64_t names = 1 + random.next() % 300;
    // Hashes that end alike pile up in one place, some of them at the table's end.
    const auto hash_of = [&](std::uint64_t name) { return seed % 3 == 0 ? name * 0x9e3779b97f4a7c15u : seed % 3 == 1 ? name % 5 : ~(name % 7); };
    pointer_table<object> table;
    std::map<std::uint64_t, std::unique_ptr<object>> model;
    for (int i = 0; i < 3'000; ++i) {
      const std::uint64_t name = random.next() % names;
      const std::uint64_t hash = hash_of(name);
      table.prefetch(hash);
      object* found = table.find(hash, [&](const object& o) { return o.name == name; });
      const auto known = model.find(name);
      REQUIRE(found == (known == model.end() ? nullptr : known->second.get()));
      if (random.next() % 2 == 0) {
        if (found) continue;
        auto fresh = std::make_unique<object>(object{hash, name});
        table.insert(hash, fresh.get());
        model.emplace(name, std::move(fresh));
      } else if (found) {
        table.erase(hash, found);
        model.erase(known);
      }
      REQUIRE(table.size() == model.size());
    }
    std::set<std::uint64_t> visited;
    table.for_each([&](const object& o) { REQUIRE(visited.insert(o.name).second); });
    REQUIRE(visited.size() == model.size());
  }
}
