// How large the frames of a partition become that makes much of little.
#include <catch2/catch.hpp>
#include <weir/weir.hpp>

#include "runtime/operator/module.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/seam/simulated_clock.hpp"

namespace {

using namespace weir::runtime;

constexpr std::size_t value_bytes = 200;
constexpr int factor = 100;

/// A hundred records for each, most of them on one of two ostreams.
class hundredfold final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "hundredfold", .version = "1", .istreams = {{"few", weir::grouping::shuffle}}, .ostreams = {"most", "rest"}};
  }
  void initialize(weir::context& ctx) override {
    most_ = ctx.ostream("most");
    rest_ = ctx.ostream("rest");
  }
  void process_record(weir::context&, const weir::record& r) override {
    if (r.value == "bad") throw std::runtime_error("bad value");
    for (int i = 0; i < factor; ++i) (i % 4 == 0 ? rest_ : most_).produce(r.key, std::string_view(value_));
  }

 private:
  std::string value_ = std::string(value_bytes, 'v');
  weir::ostream most_, rest_;
};
WEIR_EXPORT_OPERATOR(hundredfold)

const weir_operator_info& hundredfold_info() {
  for (std::uint32_t i = 0; i < weir_module()->operator_count; ++i)
    if (std::string(weir_module()->operators[i]->class_name) == "hundredfold") return *weir_module()->operators[i];
  throw std::logic_error("not exported");
}

delivery_ptr deliver(std::uint64_t lsn, int records, std::string_view key, std::string_view value) {
  auto f = make_intrusive<frame>();
  f->outputs.resize(1);
  for (int i = 0; i < records; ++i) f->outputs[0].append(0, key, value);
  f->outputs[0].hash_keys();
  auto d = make_intrusive<delivery_message>();
  d->log = 1;
  d->lsn = lsn;
  d->selection = make_intrusive<frame_selection>();
  static const slot_table one(1);
  d->selection->parts.emplace_back(f->outputs[0], 1, lsn, 0, WEIR_GROUPING_SHUFFLE, one);
  d->content = f;
  return delivery_ptr(d.get());
}

struct frames {
  std::uint64_t most = 0;
  std::uint64_t count = 0;
  std::uint64_t records = 0;
};

/// Steps through all of it; time stands still, so only their size ends them.
frames consume(std::vector<delivery_ptr> input, std::uint64_t target) {
  simulated_clock clock;
  partition_options o;
  o.name = "t/hundredfold partition 0";
  o.info = &hundredfold_info();
  o.metadata = read_metadata(hundredfold_info()).value();
  o.log = 2;
  o.on_error = weir::topology::error_policy::dead_letter;
  o.inputs = {{1, {{0, 0, WEIR_GROUPING_SHUFFLE}}}};
  o.limits.frame_bytes_target = target;
  o.time = &clock;
  log_image nothing;
  operator_partition p(std::move(o), std::move(nothing));
  REQUIRE(p.initialize().failed.empty());
  frames made;
  while (!input.empty()) {
    const step_result r = p.step(input, false);
    REQUIRE(r.failed.empty());
    REQUIRE(r.content);
    std::uint64_t bytes = 0;
    for (const record_batch& b : r.content->outputs) {
      bytes += b.stored_size();
      made.records += b.count();
    }
    made.most = std::max(made.most, bytes);
    ++made.count;
    input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(r.consumed));
  }
  return made;
}

}  // namespace

TEST_CASE("frames of an operator that makes much of little stay as large as a step may make them", "[operator][step]") {
  constexpr std::uint64_t target = 256u << 10;
  std::vector<delivery_ptr> input;
  for (std::uint64_t lsn = 1; lsn <= 20; ++lsn) input.push_back(deliver(lsn, 100, "k", "v"));
  const frames made = consume(std::move(input), target);
  const std::uint64_t of_one = factor * (value_bytes + 8 + sizeof(weir_slot));
  CHECK(made.records == 20 * 100 * factor);
  CHECK(made.most <= target * 9 / 8 + of_one);
  CHECK(made.count >= made.records / factor * of_one / (target * 9 / 8 + of_one));
  CHECK(made.count <= made.records / factor * of_one / (target * 7 / 8));
}

TEST_CASE("large dead letters end a step, too", "[operator][step]") {
  constexpr std::uint64_t target = 64u << 10;
  const std::string large(target, 'k');
  const frames made = consume({deliver(1, 5, large, "bad")}, target);
  CHECK(made.records == 5);
  CHECK(made.most < 3 * target);
}
