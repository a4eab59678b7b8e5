// What an update of keyed state costs at a million keys, as an operator partition does it (find or make, count up), with and without the prefetches that
// its step makes for a batch of records; and what the prefetches cost where all of the state is in the caches.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "perf/measure.hpp"
#include "runtime/log/record_batch.hpp"
#include "runtime/operator/prefetch.hpp"
#include "runtime/operator/state_store.hpp"
#include "runtime/seam/random.hpp"

namespace {

using namespace weir::runtime;

constexpr std::uint32_t records_per_batch = 2048;
constexpr std::uint32_t records_per_call = 256;
constexpr int batches_per_run = 256;

class counting {
 public:
  explicit counting(std::uint64_t keys) : keys_(keys) {
    for (std::uint64_t k = 0; k < keys; ++k) update({text(k), 0});
    end_frame();
    for (int i = 0; i < batches_per_run; ++i) {
      record_batch& b = batches_.emplace_back();
      b.reserve(records_per_batch, records_per_batch * 24);
      for (std::uint32_t r = 0; r < records_per_batch; ++r) {
        const std::string key = text(random_.next() % keys_);
        b.append(0, key, "1", key_hash(key));
      }
    }
  }

  /// Nanoseconds of CPU per update.
  double run(bool prefetched) {
    const perf::cpu_time began = perf::cpu_now();
    for (const record_batch& b : batches_) {
      (void)states_.set_savepoint();
      for (std::uint32_t first = 0; first < b.count(); first += records_per_call) {
        if (prefetched) prefetch_states(states_, ids_, {b.slots(), b.bytes(), nullptr, first, records_per_call, 0, 0, 0, 0});
        for (std::uint32_t i = first; i < first + records_per_call; ++i) {
          const record_batch::view r = b.at(i);
          update({r.key, r.hash});
        }
      }
      end_frame();
    }
    return (perf::cpu_now() - began).total() * 1e9 / (double{records_per_batch} * batches_per_run);
  }

 private:
  static std::string text(std::uint64_t k) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "key-%012" PRIu64, k);
    return buffer;
  }
  void update(state_store::key_ref key) {
    char* const value = states_.at(1, key, {}, 8);
    std::uint64_t count = 0;
    std::memcpy(&count, value, sizeof count);
    ++count;
    std::memcpy(value, &count, sizeof count);
  }
  void end_frame() {
    change_batch changes;
    states_.take_changes(changes);
  }

  const std::uint64_t keys_;
  const std::vector<std::uint16_t> ids_{1};
  state_store states_;
  seeded_random random_{5};
  std::vector<record_batch> batches_;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  for (const std::uint64_t keys : {1000000u, 100000u, 30000u, 10000u, 3000u, 1000u}) {
    counting c(keys);
    perf::series without;
    perf::series with;
    for (int i = 0; i < rounds; ++i) {
      without.add(c.run(false));
      with.add(c.run(true));
    }
    std::printf("state, %8" PRIu64 " keys: %s ns per update, with prefetch %s\n", keys, without.text("%.0f").c_str(), with.text("%.0f").c_str());
  }
  return 0;
}
