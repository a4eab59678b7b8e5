// What an update of keyed state costs at a million keys, as an operator partition does it (find or make, count up), with and without the prefetches that
// its step makes for a batch of records; and what the prefetches cost where all of the state is in the caches. In the same rounds: what the machine takes for
// the memory accesses alone (one line of as large an array, prefetched as far ahead), and what a hash map of the same keys takes that can undo nothing and
// tells no changes.
#include <absl/container/flat_hash_map.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "perf/measure.hpp"
#include "runtime/log/record_batch.hpp"
#include "runtime/operator/block_pool.hpp"
#include "runtime/operator/pointer_table.hpp"
#include "runtime/operator/state_store.hpp"
#include "runtime/seam/random.hpp"

namespace {

using namespace weir::runtime;

constexpr std::uint32_t records_per_batch = 2048;
constexpr std::uint32_t records_per_call = 256;
constexpr int batches_per_run = 256;

std::string text(std::uint64_t k) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "key-%012" PRIu64, k);
  return buffer;
}

/// Records whose keys are drawn at random.
struct input {
  explicit input(std::uint64_t count) : keys(count) {
    for (int i = 0; i < batches_per_run; ++i) {
      record_batch& b = batches.emplace_back();
      b.reserve(records_per_batch, records_per_batch * 24);
      for (std::uint32_t r = 0; r < records_per_batch; ++r) {
        numbers.push_back(static_cast<std::uint32_t>(random.next() % keys));
        const std::string key = text(numbers.back());
        b.append(0, key, "1", key_hash(key));
      }
    }
  }

  const std::uint64_t keys;
  seeded_random random{5};
  std::vector<record_batch> batches;
  std::vector<std::uint32_t> numbers;
};

/// Nanoseconds of CPU per record.
template <class Work>
double timed(const Work& work) {
  const perf::cpu_time began = perf::cpu_now();
  work();
  return (perf::cpu_now() - began).total() * 1e9 / (double{records_per_batch} * batches_per_run);
}

class counting {
 public:
  explicit counting(std::uint64_t keys) {
    for (std::uint64_t k = 0; k < keys; ++k) update({text(k), 0});
    end_frame();
  }

  void run(const input& in, bool prefetched) {
    for (const record_batch& b : in.batches) {
      (void)states_.set_savepoint();
      for (std::uint32_t first = 0; first < b.count(); first += records_per_call) {
        if (prefetched) states_.prefetch(ids_, {b.slots(), b.bytes(), nullptr, first, records_per_call, 0, 0, 0, 0});
        for (std::uint32_t i = first; i < first + records_per_call; ++i) {
          const record_batch::view r = b.at(i);
          update({r.key, r.hash});
        }
      }
      end_frame();
    }
  }

 private:
  void update(const state_store::key_ref& key) {
    char* const value = states_.at(1, key, {}, 8);
    std::uint64_t count = 0;
    std::memcpy(&count, value, sizeof count);
    ++count;
    std::memcpy(value, &count, sizeof count);
  }
  void end_frame() {
    change_batch changes;
    states_.take_changes(changes, [this](std::uint16_t id) { return id < normalizers_.size() ? normalizers_[id] : nullptr; });
  }

  const std::vector<std::uint16_t> ids_{1};
  const std::vector<state_store::normalizer> normalizers_{nullptr, nullptr};
  state_store states_;
};

/// One line of memory per key.
class lines {
 public:
  explicit lines(std::uint64_t keys) : bytes_(keys * sizeof(line)), lines_(static_cast<line*>(allocate_large(bytes_))) { std::memset(lines_, 0, bytes_); }
  ~lines() { free_large(lines_, bytes_); }
  lines(const lines&) = delete;
  lines& operator=(const lines&) = delete;

  void run(const input& in) {
    for (std::size_t first = 0; first < in.numbers.size(); first += records_per_call) {
      for (std::size_t i = first; i < first + records_per_call; ++i) fetch_ahead(&lines_[in.numbers[i]]);
      for (std::size_t i = first; i < first + records_per_call; ++i) ++lines_[in.numbers[i]].count;
    }
  }

 private:
  struct alignas(64) line {
    std::uint64_t count;
  };
  const std::size_t bytes_;
  line* const lines_;
};

class plain_map {
 public:
  explicit plain_map(std::uint64_t keys) {
    for (std::uint64_t k = 0; k < keys; ++k) counts_.emplace(text(k), 0);
  }

  void run(const input& in) {
    for (const record_batch& b : in.batches)
      for (std::uint32_t first = 0; first < b.count(); first += records_per_call) {
        for (std::uint32_t i = first; i < first + records_per_call; ++i) counts_.prefetch(b.at(i).key);
        for (std::uint32_t i = first; i < first + records_per_call; ++i) ++counts_.find(b.at(i).key)->second;
      }
  }

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return key_hash(key); }
  };
  absl::flat_hash_map<std::string, std::uint64_t, hash, std::equal_to<>> counts_;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  for (const std::uint64_t keys : {1000000u, 100000u, 30000u, 10000u, 3000u, 1000u}) {
    const input in(keys);
    counting store(keys);
    lines array(keys);
    plain_map map(keys);
    perf::series without;
    perf::series with;
    perf::series array_only;
    perf::series map_only;
    for (int i = 0; i < rounds; ++i) {
      without.add(timed([&] { store.run(in, false); }));
      with.add(timed([&] { store.run(in, true); }));
      array_only.add(timed([&] { array.run(in); }));
      map_only.add(timed([&] { map.run(in); }));
    }
    std::printf("state, %8" PRIu64 " keys: %s ns per update, with prefetch %s\n", keys, without.text("%.0f").c_str(), with.text("%.0f").c_str());
    std::printf("  beside it, prefetched: one line of an array %s ns (the store takes %.1f times that), a hash map %s ns (%.2f times)\n",
                array_only.text("%.1f").c_str(), with.quantile(0.5) / array_only.quantile(0.5), map_only.text("%.0f").c_str(),
                with.quantile(0.5) / map_only.quantile(0.5));
  }
  return 0;
}
