// What the stores ask of the allocator, counted: this file replaces the test program's operator new and delete.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <string>

#include <weir/abi.h>

#include "runtime/log/record_batch.hpp"
#include "runtime/operator/state_store.hpp"
#include "runtime/operator/timer_store.hpp"

namespace {

std::atomic<std::int64_t> allocations{0};
std::atomic<std::int64_t> blocks{0};  // Not freed yet.

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  ++blocks;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  ++blocks;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* p) noexcept {
  if (p) --blocks;
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }

using namespace weir::runtime;

TEST_CASE("finding and changing values that are there allocates nothing once the undo has grown", "[state][memory]") {
  state_store s;
  char key[] = "key0";
  const auto frame = [&](bool counted) {
    const std::int64_t before = allocations;
    for (int step = 0; step < 3; ++step) {
      const auto point = s.set_savepoint();
      for (char c = '0'; c <= '9'; ++c) {
        key[3] = c;
        ++*s.at(1, {key, 0}, {}, 8);
        s.put(2, {key, 0}, "sub-key", "a value of fixed length");
        (void)s.find(1, {key, key_hash(key)}, {});
        (void)s.find(3, {key, 0}, "none");
      }
      if (step == 1) s.roll_back(point);
    }
    if (counted) CHECK(allocations == before);
    change_batch out;
    s.take_changes(out);
    CHECK(out.count() == 20);
  };
  for (int i = 0; i < 4; ++i) frame(false);
  for (int i = 0; i < 4; ++i) frame(true);
}

TEST_CASE("what was erased gives its memory back, anchors of sub-keys and undone creations too", "[state][memory]") {
  state_store s;
  std::int64_t after_first = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 50; ++i) {
      const std::string key = "key" + std::to_string(i);
      s.put(1, {key, 0}, "sub", "value");
      if (i % 2 == 0) s.put(1, {key, 0}, {}, std::string(static_cast<std::size_t>(i) * 10, 'x'));
    }
    change_batch made;
    s.take_changes(made);
    const auto point = s.set_savepoint();
    for (int i = 0; i < 50; ++i) s.put(2, {std::to_string(i), 0}, i % 3 == 0 ? "sub" : "", std::string(100, 'x'));
    s.roll_back(point);
    for (int i = 0; i < 50; ++i) {
      const std::string key = "key" + std::to_string(i);
      if (i % 4 < 2) {
        s.erase_all(1, {key, 0});
      } else {
        s.erase(1, {key, 0}, "sub");
        s.erase(1, {key, 0}, {});
      }
    }
    change_batch gone;
    s.take_changes(gone);
    CHECK(s.cells() == 0);
    made = {};
    gone = {};
    if (round == 0) after_first = blocks;
    CHECK(blocks == after_first);
  }
}

TEST_CASE("timers that fired, were cancelled or undone give their memory back", "[timers][memory]") {
  timer_store s;
  std::int64_t after_first = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 50; ++i) s.set(WEIR_TIMER_EVENT, "key" + std::to_string(i), {}, i);
    const auto point = s.set_savepoint();
    for (int i = 0; i < 50; ++i) s.set(WEIR_TIMER_PROCESSING, "key" + std::to_string(i), "sub", i);
    s.roll_back(point);
    {
      change_batch made;
      s.take_changes(made);
    }
    for (int i = 0; i < 25; ++i) s.cancel(WEIR_TIMER_EVENT, "key" + std::to_string(i), {});
    for (due_timer t; s.take_due(99, 99, t);) CHECK(t.kind == WEIR_TIMER_EVENT);
    {
      change_batch gone;
      s.take_changes(gone);
      CHECK(gone.count() == 50);
    }
    CHECK(s.size() == 0);
    if (round == 0) after_first = blocks;
    CHECK(blocks == after_first);
  }
}
