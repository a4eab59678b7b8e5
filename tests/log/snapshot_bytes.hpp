// What tests share about snapshots: random frames, and comparing what was loaded with the fold.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include <weir/abi.h>

#include "runtime/log/log_image.hpp"
#include "runtime/log/snapshot.hpp"
#include "runtime/seam/random.hpp"

namespace weir::runtime {

using log_images = std::map<std::uint64_t, log_image>;

/// The next frame of a random log, as the journal would complete it: changes are such as stores give (see take_changes), or removals of what never was.
inline frame_ptr random_frame(seeded_random& random, log_images& images, std::uint64_t logs, std::size_t value_bytes_max = 60) {
  const auto below = [&](std::uint64_t n) { return random.next() % n; };
  auto f = make_intrusive<frame>();
  f->log = below(logs) * 3;
  f->lsn = images[f->log].lsn + 1;
  f->epoch = 2;
  f->digest = random.next();
  f->generation = static_cast<std::uint32_t>(1 + below(3));
  f->watermark = static_cast<std::int64_t>(below(1'000));
  f->idle = below(5) == 0;
  f->ended = below(50) == 0;
  for (std::uint64_t n = below(3); n > 0; --n)
    f->positions.push_back({below(9), below(99), static_cast<std::uint32_t>(below(9)), below(2) == 0, below(9) == 0, 5});
  for (std::uint64_t n = below(8); n > 0; --n) {
    const bool removed = below(3) == 0;
    const std::string key = "key" + std::to_string(below(40));
    const std::string subkey = below(2) == 0 ? "" : "s" + std::to_string(below(4));
    const std::string value(removed ? 0 : below(value_bytes_max), static_cast<char>('a' + below(26)));
    f->states.add({static_cast<std::uint16_t>(below(300)), removed, 0, key, subkey, value});
  }
  for (std::uint64_t n = below(4); n > 0; --n) {
    const bool removed = below(3) == 0;
    f->timers.add(
        {static_cast<std::uint16_t>(below(2)), removed, removed ? 0 : static_cast<std::int64_t>(below(99)), "key" + std::to_string(below(30)), {}, {}});
  }
  images[f->log].apply(*f);
  return f;
}

inline std::vector<std::string> listed(const log_image& image) {
  std::vector<std::string> all;
  const auto add = [&](const char* what, const change& c) {
    all.push_back(what + std::to_string(c.id) + "|" + std::to_string(c.time) + "|" + std::string(c.key) + "|" + std::string(c.subkey) + "|" +
                  std::string(c.value));
  };
  image.states.for_each_sorted([&](const change& c) { add("state ", c); });
  image.timers.for_each_sorted([&](const change& c) { add("timer ", c); });
  return all;
}

inline void require_equal(const log_images& a, const log_images& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [log, image] : a) {
    const auto other = b.find(log);
    REQUIRE(other != b.end());
    REQUIRE(static_cast<const log_head&>(image) == static_cast<const log_head&>(other->second));
    REQUIRE(listed(image) == listed(other->second));
  }
}

}  // namespace weir::runtime
