#include "runtime/operator/state_store.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/log/record_batch.hpp"

using namespace weir::runtime;

namespace {

std::string text(const std::optional<std::string_view>& value) { return value ? std::string(*value) : "(absent)"; }

std::uint64_t& number(state_store& s, std::string_view key, std::string_view subkey = {}) {
  char* at = s.at(1, {key, 0}, subkey, 8);
  REQUIRE(reinterpret_cast<std::uintptr_t>(at) % 8 == 0);
  return *reinterpret_cast<std::uint64_t*>(at);
}

/// "key/subkey=value" per change, or "-key/subkey" for a removal.
std::vector<std::string> taken(state_store& s) {
  change_batch batch;
  s.take_changes(batch);
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < batch.count(); ++i) {
    const change c = batch.at(i);
    const std::string name = std::string(c.key) + "/" + std::string(c.subkey);
    all.push_back(c.removed ? "-" + name : name + "=" + std::string(c.value));
  }
  return all;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a fixed value begins as zeros, is written in place and found again", "[state]") {
  state_store s;
  CHECK_FALSE(s.find(1, {"a", 0}, {}));
  CHECK(number(s, "a") == 0);
  number(s, "a") = 7;
  CHECK(number(s, "a") == 7);
  CHECK(s.find(1, {"a", key_hash("a")}, {})->size() == 8);
  CHECK_FALSE(s.find(2, {"a", 0}, {}));
  CHECK_FALSE(s.find(1, {"a", 0}, "sub"));
  CHECK(s.cells() == 1);
  CHECK(s.bytes() == 9);
}

TEST_CASE("a value erased and written again within a frame begins as zeros", "[state]") {
  state_store s;
  number(s, "a") = 7;
  CHECK(s.erase(1, {"a", 0}, {}));
  CHECK_FALSE(s.erase(1, {"a", 0}, {}));
  CHECK_FALSE(s.find(1, {"a", 0}, {}));
  CHECK(number(s, "a") == 0);
}

TEST_CASE("bytes grow and shrink, and a value may be put from itself", "[state]") {
  state_store s;
  s.put(1, {"k", 0}, {}, "short");
  s.put(1, {"k", 0}, {}, std::string(1'000, 'x'));
  CHECK(s.find(1, {"k", 0}, {}) == std::string(1'000, 'x'));
  s.put(1, {"k", 0}, {}, s.find(1, {"k", 0}, {})->substr(3, 500));
  CHECK(s.find(1, {"k", 0}, {}) == std::string(500, 'x'));
  s.put(1, {"k", 0}, {}, "");
  CHECK(text(s.find(1, {"k", 0}, {})).empty());
  CHECK(s.cells() == 1);
}

TEST_CASE("sub-keys of a key are visited in byte order, from where it is asked", "[state]") {
  state_store s;
  for (const char* sub : {"b", "a", "\xff", "aa", "c"}) s.put(1, {"k", 0}, sub, sub);
  s.put(1, {"k", 0}, {}, "own");
  s.put(1, {"other", 0}, "a", "other");
  s.erase(1, {"k", 0}, "b");
  const auto visited = [&](std::string_view from, std::size_t limit) {
    strings all;
    s.for_each(1, {"k", 0}, from, [&](std::string_view sub, std::string_view value) {
      all.push_back(std::string(sub) + "=" + std::string(value));
      return all.size() < limit;
    });
    return all;
  };
  CHECK(visited("", 99) == strings{"=own", "a=a", "aa=aa", "c=c", "\xff=\xff"});
  CHECK(visited("aa", 99) == strings{"aa=aa", "c=c", "\xff=\xff"});
  CHECK(visited("", 2) == strings{"=own", "a=a"});
  CHECK(visited("b", 1) == strings{"c=c"});
}

TEST_CASE("changes come in order of first change, each once, with the last bytes", "[state]") {
  state_store s;
  for (const char* key : {"c", "a", "b", "a"}) s.put(1, {key, 0}, {}, std::string("1") + key);
  s.put(1, {"c", 0}, {}, "2c");
  CHECK(taken(s) == strings{"c/=2c", "a/=1a", "b/=1b"});
  CHECK(taken(s).empty());
  s.put(1, {"b", 0}, "x", "bx");
  s.erase(1, {"c", 0}, {});
  CHECK(taken(s) == strings{"b/x=bx", "-c/"});
}

TEST_CASE("a cell that is as absent as before leaves no change", "[state]") {
  state_store s;
  s.put(1, {"a", 0}, {}, "1");
  s.put(1, {"b", 0}, "x", "1");
  s.erase(1, {"a", 0}, {});
  s.erase(1, {"b", 0}, "x");
  CHECK(taken(s).empty());
  CHECK(s.cells() == 0);
  CHECK(s.bytes() == 0);
}

TEST_CASE("changes come group by group, and what was erased in any of them is gone", "[state]") {
  state_store s;
  const auto take = [&] {
    const std::uint16_t by_id[] = {0, 1, 0};  // State 1 belongs to the second group.
    change_batch batch;
    s.take_changes(batch, {}, {by_id, 2});
    strings all;
    for (std::uint32_t i = 0; i < batch.count(); ++i)
      all.push_back((batch.at(i).removed ? "-" : "") + std::to_string(batch.at(i).id) + std::string(batch.at(i).key));
    return all;
  };
  for (const std::uint16_t state : {1, 2, 1, 2}) s.put(state, {"k", 0}, {}, "v");
  s.put(2, {"sub", 0}, "x", "v");
  s.put(1, {"sub", 0}, "x", "v");
  CHECK(take() == strings{"2k", "2sub", "1k", "1sub"});
  for (const std::uint16_t state : {1, 2}) {
    CHECK(s.erase_all(state, {"sub", 0}));
    CHECK(s.erase(state, {"k", 0}, {}));
  }
  CHECK(take() == strings{"-2sub", "-2k", "-1sub", "-1k"});
  CHECK(s.cells() == 0);
  CHECK(take().empty());
}

TEST_CASE("erasing a key erases its sub-keys, each a change", "[state]") {
  state_store s;
  s.put(1, {"k", 0}, "b", "1");
  s.put(1, {"k", 0}, {}, "1");
  s.put(1, {"k", 0}, "a", "1");
  s.put(2, {"k", 0}, "a", "kept");
  (void)taken(s);
  CHECK(s.erase_all(1, {"k", 0}));
  CHECK_FALSE(s.erase_all(1, {"k", 0}));
  CHECK(taken(s) == strings{"-k/", "-k/a", "-k/b"});
  CHECK(s.cells() == 1);
  CHECK(text(s.find(2, {"k", 0}, "a")) == "kept");
}

TEST_CASE("rolling back restores values, absence and the order of changes", "[state][savepoint]") {
  state_store s;
  s.put(1, {"old", 0}, {}, "old");
  (void)taken(s);
  const auto begin = s.set_savepoint();
  s.put(1, {"x", 0}, {}, "1");
  const auto middle = s.set_savepoint();
  s.put(1, {"old", 0}, {}, std::string(300, 'n'));
  s.put(1, {"x", 0}, {}, "2");
  s.put(1, {"y", 0}, "sub", "1");
  s.erase(1, {"x", 0}, {});
  s.roll_back(middle);
  CHECK(text(s.find(1, {"old", 0}, {})) == "old");
  CHECK(text(s.find(1, {"x", 0}, {})) == "1");
  CHECK_FALSE(s.find(1, {"y", 0}, "sub"));
  s.put(1, {"z", 0}, {}, "1");
  s.roll_back(middle);
  CHECK_FALSE(s.find(1, {"z", 0}, {}));
  SECTION("the frame goes on without what was undone") {
    s.put(1, {"old", 0}, {}, "new");
    CHECK(taken(s) == strings{"x/=1", "old/=new"});
  }
  SECTION("all of the frame is undone") {
    s.roll_back(begin);
    CHECK(s.cells() == 1);
    CHECK(taken(s).empty());
  }
}

TEST_CASE("undoing a creation keeps cells that were erased in the same frame before", "[state][savepoint]") {
  state_store s;
  s.put(1, {"k", 0}, {}, "1");
  (void)taken(s);
  s.erase(1, {"k", 0}, {});
  const auto point = s.set_savepoint();
  s.put(1, {"k", 0}, "sub", "1");
  s.put(1, {"k", 0}, {}, "2");
  s.roll_back(point);
  CHECK_FALSE(s.find(1, {"k", 0}, {}));
  CHECK(taken(s) == strings{"-k/"});
}

TEST_CASE("padding is zeroed before a value becomes a change", "[state]") {
  state_store s;
  std::memset(s.at(3, {"a", 0}, {}, 8), 0xff, 8);
  std::memset(s.at(4, {"a", 0}, {}, 8), 0xff, 8);
  change_batch batch;
  s.take_changes(batch, [](std::uint16_t state) -> state_store::normalizer {
    if (state != 3) return nullptr;
    return [](void* value) { std::memset(static_cast<char*>(value) + 4, 0, 4); };
  });
  REQUIRE(batch.count() == 2);
  CHECK(batch.at(0).value == std::string("\xff\xff\xff\xff\0\0\0\0", 8));
  CHECK(batch.at(1).value == std::string(8, '\xff'));
  CHECK(s.find(3, {"a", 0}, {}) == batch.at(0).value);
}

TEST_CASE("addresses of values stay while other keys come and go", "[state]") {
  state_store s;
  std::uint64_t* first = &number(s, "first");
  *first = 42;
  for (int i = 0; i < 5'000; ++i) number(s, std::to_string(i)) = 1;
  (void)taken(s);
  for (int i = 0; i < 5'000; ++i) s.erase(1, {std::to_string(i), 0}, {});
  (void)taken(s);
  CHECK(&number(s, "first") == first);
  CHECK(*first == 42);
  CHECK(s.cells() == 1);
}
