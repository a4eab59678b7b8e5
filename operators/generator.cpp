// `generator`: records made from a seed, for trying out and measuring.
//
//   - name: load
//     uses: generator
//     ostreams: {records: clicks}
//     with: {rate: 100000, keys: 1000, value_bytes: 100, count: 1000000}
//
// Record number i (0, 1, … over all partitions; partition p of n makes every i with i mod n = p) is a function of seed and i alone: key k0 … k(keys-1), drawn
// evenly; value of lower-case letters. So the same records come whatever the parallelism, and after a restart they go on where they stopped: the position is
// state and commits with the records before it. Event time: when the record was due at that rate (without a rate: when it was made), so that an
// end-to-end latency measured against it has no coordinated omission. The watermark is the last record's time.
#include <weir/weir.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "operators/pace.hpp"

namespace weir::operators {

class generator final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "generator",
            .version = "1",
            .ostreams = {"records"},
            .states = {weir::per_partition<std::uint64_t>("position")},
            .config = {{"rate", config_type::number, "0", "records per second and partition; 0: as fast as they are taken"},
                       {"keys", config_type::number, "1000", "how many different keys; 0: records have no key"},
                       {"value_bytes", config_type::bytes, "100B", "size of a value, at most 1MiB"},
                       {"seed", config_type::number, "1", "what keys and values are made from"},
                       {"count", config_type::number, "0", "how many records over all partitions, then the source ends; 0: without end"}}};
  }

  void initialize(weir::context& ctx) override {
    records_ = ctx.ostream("records");
    position_ = ctx.partition_state<std::uint64_t>("position");
    const auto& config = ctx.config();
    pace_ = pace(config.number("rate"));
    keys_ = not_negative(config.number("keys"), "keys");
    count_ = not_negative(config.number("count"), "count");
    seed_ = mix(static_cast<std::uint64_t>(config.number("seed")));
    value_bytes_ = config.bytes("value_bytes");
    if (value_bytes_ > value_bytes_max) throw std::invalid_argument("with.value_bytes is at most 1MiB");
    poll_records_max_ = std::clamp<std::uint64_t>(poll_bytes_max / (value_bytes_ + record_overhead), 1, 4096);
  }

  weir::poll_result poll(weir::context& ctx) override {
    std::uint64_t& position = position_[""];
    const std::uint64_t mine = records_of(ctx);
    if (position >= mine) return weir::poll_result::ended;
    const weir::event_time now(ctx.now().since_epoch());
    const std::uint64_t records = std::min({pace_.allowed(ctx.now()), poll_records_max_, mine - position});
    if (records == 0) return weir::poll_result::idle;
    weir::event_time time = now;
    for (std::uint64_t i = 0; i < records; ++i) {
      if (pace_.limited()) time = now - pace_.overdue(i);
      produce((position + i) * ctx.partitions() + ctx.partition(), time);
    }
    pace_.spend(records);
    position += records;
    ctx.emit_watermark(time);
    return weir::poll_result::more;
  }

 private:
  static constexpr std::uint64_t value_bytes_max = std::uint64_t{1} << 20;
  static constexpr std::uint64_t poll_bytes_max = std::uint64_t{128} << 10;
  static constexpr std::uint64_t record_overhead = 40;  // Slot and key.

  static std::uint64_t not_negative(std::int64_t number, const char* name) {
    if (number < 0) throw std::invalid_argument("with." + std::string(name) + " must not be negative");
    return static_cast<std::uint64_t>(number);
  }

  /// splitmix64's finaliser: neighbouring numbers become unrelated ones. (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.)
  static std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }

  /// At most 8 letters, each one of a … p.
  static void put_letters(char* to, std::size_t count, std::uint64_t number) {
    const std::uint64_t letters = (mix(number) & 0x0f0f0f0f0f0f0f0fU) + 0x6161616161616161U;
    std::memcpy(to, &letters, count);
  }

  /// How many of all records are this partition's.
  std::uint64_t records_of(const weir::context& ctx) const {
    if (count_ == 0) return std::numeric_limits<std::uint64_t>::max();
    return count_ / ctx.partitions() + (ctx.partition() < count_ % ctx.partitions() ? 1 : 0);
  }

  void produce(std::uint64_t number, weir::event_time time) {
    std::uint64_t random = mix(seed_ ^ number);
    std::array<char, 24> key{'k'};
    std::size_t key_size = 0;
    if (keys_ != 0) key_size = static_cast<std::size_t>(std::to_chars(key.data() + 1, key.data() + key.size(), random % keys_).ptr - key.data());
    char* value = records_.reserve(std::string_view(key.data(), key_size), value_bytes_);
    // Each word from its number alone, so that the processor works on several at once; sizes known to the compiler where they can be.
    std::size_t at = 0;
    for (; at + 8 <= value_bytes_; at += 8) put_letters(value + at, 8, ++random);
    if (at < value_bytes_) put_letters(value + at, value_bytes_ - at, ++random);
    records_.commit(value_bytes_, time);
  }

  weir::ostream records_;
  weir::partition_state<std::uint64_t> position_;  // Records made so far.
  pace pace_;
  std::uint64_t keys_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t seed_ = 0;
  std::uint64_t value_bytes_ = 0;
  std::uint64_t poll_records_max_ = 1;
};

WEIR_EXPORT_OPERATOR(generator)

}  // namespace weir::operators
