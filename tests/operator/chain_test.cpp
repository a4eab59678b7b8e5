// Chains: operators that hand their records to the next one in memory, within one step and one frame.
#include <catch2/catch.hpp>
#include <stdexcept>
#include <weir/weir.hpp>

#include "runtime/operator/module.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/seam/simulated_clock.hpp"

namespace {

using namespace weir::runtime;
namespace topology = weir::topology;

/// Every letter of a value is a record for what is below, and the value itself one for the log. "*" makes many records.
class letters final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "letters", .version = "1", .istreams = {"in"}, .ostreams = {"letters", "values"}, .states = {weir::keyed<std::uint64_t>("seen")}};
  }
  void initialize(weir::context& ctx) override {
    letters_ = ctx.ostream("letters");
    values_ = ctx.ostream("values");
    seen_ = ctx.state<std::uint64_t>("seen");
  }
  void process_record(weir::context&, const weir::record& r) override {
    ++seen_[r.key];
    for (const char& c : r.value) letters_.produce(r.key, std::string_view(&c, 1));
    values_.produce(r.key, r.value);
  }
  void flush(weir::context&) override { letters_.produce("flush", "f"); }

 private:
  weir::ostream letters_, values_;
  weir::keyed_state<std::uint64_t> seen_;
};
WEIR_EXPORT_OPERATOR(letters)

/// Counts letters by key, after which it throws at '!', tries again later at '?', and sets a timer at 't'; 'g' grows to a mebibyte.
class tally final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "tally",
            .version = "1",
            .istreams = {{"in", weir::grouping::group_by}},
            .ostreams = {"counts"},
            .states = {weir::keyed<std::uint64_t>("count")}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<std::uint64_t>("count");
    counts_ = ctx.ostream("counts");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    counts_.produce(r.key, ++count_[r.key]);
    if (r.value == "t") ctx.set_timer(r.key, r.time + std::chrono::nanoseconds(5), "soon");
    if (r.value == "g") counts_.produce(r.key, std::string(1 << 20, 'g'));
    if (r.value == "!") throw std::runtime_error("bad letter");
    if (r.value == "?") throw weir::retry_later("not yet");
    if (r.value == "p") counts_.produce(r.key, std::to_string(r.position.log) + ":" + std::to_string(r.position.lsn) + ":" + std::to_string(r.position.index));
    if (r.value == "w") ctx.when_durable(7);
  }
  void process_timer(weir::context&, const weir::timer& t) override { counts_.produce(t.key, "timer"); }
  void process_durable(weir::context&, std::uint64_t token) override { counts_.produce("durable", token); }

 private:
  weir::keyed_state<std::uint64_t> count_;
  weir::ostream counts_;
};
WEIR_EXPORT_OPERATOR(tally)

const weir_operator_info& info_of(const std::string& name) {
  for (std::uint32_t i = 0; i < weir_module()->operator_count; ++i)
    if (name == weir_module()->operators[i]->class_name) return *weir_module()->operators[i];
  throw std::logic_error("not exported");
}

template <class Options>
void describe(Options& o, const std::string& name, std::uint16_t state, const std::vector<std::uint32_t>& outputs) {
  o.name = "t/" + name + " partition 0";
  o.info = &info_of(name);
  o.metadata = read_metadata(*o.info).value();
  o.state_ids = {state};
  o.normalizers = state_normalizers(*o.info);
  o.outputs = outputs;
}

struct letter_record {
  std::string key, value;
  std::int64_t time = 0;
};

constexpr std::uint32_t values_output = 0;
constexpr std::uint32_t counts_output = 1;
constexpr std::uint32_t head_letters_output = 2;
constexpr std::uint32_t tally_letters_output = 3;

struct chain {
  simulated_clock clock;
  std::unique_ptr<operator_partition> p;

  explicit chain(topology::error_policy of_tally, log_image image = {}, std::uint64_t frame_bytes_max = 16u << 20) {
    partition_options o;
    describe(o, "letters", 1, {member_options::handed_over, values_output});
    member_options below;
    describe(below, "tally", 2, {counts_output, tally_letters_output});
    below.on_error = of_tally;
    below.generation = 4;
    o.below.push_back(std::move(below));
    o.log = 2;
    o.inputs = {{1, {{0, 0, WEIR_GROUPING_SHUFFLE}}}};
    o.time = &clock;
    o.limits.frame_bytes_max = frame_bytes_max;
    p = std::make_unique<operator_partition>(std::move(o), std::move(image));
    REQUIRE(p->initialize().failed.empty());
  }

  static delivery_ptr deliver(std::uint64_t lsn, const std::vector<letter_record>& records, std::int64_t watermark = INT64_MIN) {
    auto f = make_intrusive<frame>();
    f->outputs.resize(1);
    for (const auto& r : records) f->outputs[0].append(r.time, r.key, r.value);
    f->outputs[0].hash_keys();
    auto d = make_intrusive<delivery_message>();
    d->log = 1;
    d->lsn = lsn;
    d->watermark = watermark;
    d->selection = make_intrusive<frame_selection>();
    static const slot_table one(1);
    d->selection->parts.emplace_back(f->outputs[0], 1, lsn, 0, WEIR_GROUPING_SHUFFLE, one);
    d->content = f;
    return delivery_ptr(d.get());
  }

  step_result step(std::uint64_t lsn, const std::vector<letter_record>& records, std::int64_t watermark = INT64_MIN) {
    const delivery_ptr d = deliver(lsn, records, watermark);
    return p->step({&d, 1}, false);
  }
};

std::vector<std::string> values(const frame& f, std::uint32_t output) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; output < f.outputs.size() && i < f.outputs[output].count(); ++i) all.emplace_back(f.outputs[output].at(i).value);
  return all;
}

std::string body_of(frame& f) {
  REQUIRE(f.seal().ok());
  std::string all;
  for (std::string_view piece : f.pieces()) all += piece;
  return all;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a chain's frame holds what all its operators did, and nothing of what they handed over", "[operator][chain]") {
  chain c(topology::error_policy::fail);
  step_result r = c.step(1, {{"a", "xy", 10}, {"b", "z", 11}}, 12);
  REQUIRE(r.content);
  CHECK(r.consumed == 1);
  CHECK(values(*r.content, values_output) == strings{"xy", "z"});
  CHECK(values(*r.content, counts_output) == strings{"1", "2", "1", "1"});  // The last is of what flush of the head handed over.
  CHECK(r.content->outputs[counts_output].at(1).time == 10);                // A record's time goes with it.
  CHECK(r.content->positions == std::vector<input_position>{{.log = 1, .lsn = 1, .watermark = 12}});
  CHECK(r.content->members == std::vector<chain_member_head>{{12, 1}, {12, 4}});
  CHECK(r.content->watermark == 12);
  std::map<std::uint16_t, int> changes;
  for (std::uint32_t i = 0; i < r.content->states.count(); ++i) ++changes[r.content->states.at(i).id];
  CHECK(changes == std::map<std::uint16_t, int>{{1, 2}, {2, 3}});
}

TEST_CASE("a record that throws below the head leaves a frame as if it had not been made", "[operator][chain][errors]") {
  // The head hands over "x!y" or "xy"; what it writes to its log is made equal by the key's own record.
  chain with(topology::error_policy::skip);
  chain without(topology::error_policy::skip);
  std::vector<letter_record> good, bad;
  for (int i = 0; i < 400; ++i) {
    good.push_back({"k" + std::to_string(i % 7), "xty", i});
    bad.push_back(good.back());
    if (i % 60 == 3) bad.back().value = "xt!y";
  }
  step_result got = with.step(1, bad, 200);
  step_result expected = without.step(1, good, 200);
  REQUIRE(got.content);
  REQUIRE(expected.content);
  CHECK(with.p->members() == 2);
  REQUIRE(got.consumed == 1);
  CHECK(values(*got.content, counts_output) == values(*expected.content, counts_output));
  // Of the head's own only what it was given differs.
  got.content->outputs[values_output] = record_batch();
  expected.content->outputs[values_output] = record_batch();
  CHECK(body_of(*got.content) == body_of(*expected.content));
}

TEST_CASE("dead letters of an operator below go to its own stream", "[operator][chain][errors]") {
  chain c(topology::error_policy::dead_letter);
  step_result r = c.step(1, {{"a", "x!", 10}, {"a", "!", 11}, {"b", "y", 12}});
  REQUIRE(r.failed.empty());
  REQUIRE(r.content);
  CHECK((r.content->flags & letters_frame) != 0);
  REQUIRE(r.content->outputs.size() == tally_letters_output + 1);
  CHECK(r.content->outputs[head_letters_output].empty());
  REQUIRE(r.content->outputs[tally_letters_output].count() == 2);
  CHECK(r.content->outputs[tally_letters_output].at(1).key == "a");
  CHECK(r.content->outputs[tally_letters_output].at(1).time == 11);
  CHECK(values(*r.content, counts_output) == strings{"1", "1", "1"});
}

TEST_CASE("fail below the head stops before the record that it was made of, and says who failed", "[operator][chain][errors]") {
  chain c(topology::error_policy::fail);
  step_result r = c.step(5, {{"a", "x", 10}, {"b", "yz", 11}, {"c", "x!", 12}, {"d", "x", 13}});
  CHECK(r.failed == "process_record failed at what was made of log 1, LSN 5, record 2: bad letter");
  CHECK(r.who == "t/tally partition 0");
  REQUIRE(r.content);
  CHECK(r.content->positions == std::vector<input_position>{{.log = 1, .lsn = 5, .index = 2}});
  CHECK(values(*r.content, values_output) == strings{"x", "yz"});
  CHECK(values(*r.content, counts_output) == strings{"1", "1", "2", "1"});
}

TEST_CASE("retry_later anywhere in a chain is an outage of the whole step", "[operator][chain][errors]") {
  chain c(topology::error_policy::skip);
  step_result r = c.step(1, {{"a", "x", 10}, {"b", "?", 11}});
  CHECK(r.retry == "not yet");
  CHECK(r.who == "t/tally partition 0");
  CHECK(!r.content);
  CHECK(r.consumed == 0);
  r = c.step(1, {{"a", "x", 10}, {"b", "y", 11}});
  REQUIRE(r.content);
  CHECK(values(*r.content, counts_output) == strings{"1", "1", "1"});
}

TEST_CASE("timers of an operator below follow the head's watermark, survive a restart, and are its own", "[operator][chain][timers]") {
  chain c(topology::error_policy::fail);
  step_result r = c.step(1, {{"a", "t", 10}}, 12);
  REQUIRE(r.content);
  REQUIRE(r.content->timers.count() == 1);
  CHECK(r.content->timers.at(0).id == 2 + WEIR_TIMER_EVENT);
  CHECK(values(*r.content, counts_output) == strings{"1", "1"});
  log_image image;
  image.apply(*r.content);
  CHECK(image.members == r.content->members);
  chain again(topology::error_policy::fail, std::move(image));
  r = again.step(2, {}, 20);
  REQUIRE(r.content);
  CHECK(values(*r.content, counts_output) == strings{"timer", "2"});
  CHECK(r.content->timers.count() == 1);
  CHECK(r.content->watermark == 20);
  CHECK(!again.p->timers_due());
}

TEST_CASE("what a record leads to below the head is limited as a whole", "[operator][chain]") {
  chain c(topology::error_policy::skip, {}, 3u << 20);
  // Two fit; what does not is the letter's error, not that of the record it was made of, and those beside it are not counted against it.
  step_result r = c.step(1, {{"a", "gg", 1}, {"b", "gg", 2}, {"c", "gggg", 3}, {"d", "g", 4}});
  REQUIRE(r.failed.empty());
  REQUIRE(r.content);
  CHECK(r.content->memory_bytes() < (3u << 20) + (256u << 10) + 4096);
  std::uint64_t large = 0;
  std::uint64_t lsn = 2;
  for (int steps = 0; steps < 10; ++steps) {
    for (const std::string& v : values(*r.content, counts_output)) large += v.size() == 1u << 20;
    if (r.consumed == 1) break;
    r = c.step(1, {{"a", "gg", 1}, {"b", "gg", 2}, {"c", "gggg", 3}, {"d", "g", 4}});
    REQUIRE(r.content);
    ++lsn;
  }
  CHECK(r.consumed == 1);
  CHECK(large == 2 + 2 + 2 + 1);
  CHECK(lsn > 2);
}

TEST_CASE("a record that was handed over stands where its frame will be in the chain's log", "[operator][chain]") {
  log_image image;
  image.lsn = 41;
  chain c(topology::error_policy::fail, std::move(image));
  const step_result r = c.step(1, {{"a", "xp", 1}, {"a", "p", 2}});
  REQUIRE(r.content);
  const auto first = c.p->options().counters->frames.load();
  CHECK(values(*r.content, counts_output) == strings{"1", "2", "2:" + std::to_string(41 + first) + ":1", "3", "2:" + std::to_string(41 + first) + ":2", "1"});
}

TEST_CASE("operators of a chain are told of their own tokens", "[operator][chain]") {
  chain c(topology::error_policy::fail);
  step_result r = c.step(1, {{"a", "w", 1}});
  REQUIRE(r.tokens.size() == 1);
  CHECK(r.tokens[0].member == 1);
  r = c.p->acknowledge(r.tokens);
  REQUIRE(r.content);
  CHECK(values(*r.content, counts_output) == strings{"7", "2"});
}

TEST_CASE("each operator of a chain counts the late records that it is given", "[operator][chain][late]") {
  chain c(topology::error_policy::fail);
  c.step(1, {{"a", "old", 10}}, 20);
  REQUIRE(c.step(2, {{"a", "xy", 19}, {"b", "z", 20}, {"a", "z", 3}}).content);
  CHECK(c.p->options().counters->late == 2);
  CHECK(c.p->options().below[0].counters->late == 3);
}
