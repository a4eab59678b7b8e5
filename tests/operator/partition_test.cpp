// Steps of one operator partition: what they commit, and what is left after an error.
#include <flatbuffers/flatbuffers.h>

#include <catch2/catch.hpp>
#include <stdexcept>
#include <weir/weir.hpp>

#include "runtime/operator/dead_letter_generated.h"
#include "runtime/operator/module.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/seam/simulated_clock.hpp"

namespace {

using namespace weir::runtime;
namespace topology = weir::topology;

/// Does everything an operator can do to its frame, then throws when the value says so.
class busy final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "busy",
            .version = "1",
            .istreams = {{"in", weir::grouping::group_by}},
            .ostreams = {"out"},
            .states = {weir::keyed<std::uint64_t>("count"), weir::keyed<weir::bytes>("last")}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<std::uint64_t>("count");
    last_ = ctx.state<weir::bytes>("last");
    out_ = ctx.ostream("out");
  }
  static inline bool bad_timers_do_nothing = false;  ///< Instead of throwing after they did everything.

  void process_record(weir::context& ctx, const weir::record& r) override {
    ++member_;
    out_.produce(r.key, ++count_[r.key]);
    last_.put(r.key, r.value);
    ctx.set_timer(r.key, r.time + std::chrono::hours(1), "a");
    ctx.set_timer(r.key, r.time + std::chrono::hours(2), "b");
    ctx.cancel_timer(weir::timer_kind::event, r.key, "b");
    if (r.value == "erase") count_.erase(r.key);
    if (r.value == "bad" || r.value == "drop") ctx.cancel_timer(weir::timer_kind::event, r.key, "kept");
    if (r.value == "plan") {
      ctx.set_timer(r.key, r.time + std::chrono::hours(3), "kept");
      ctx.set_timer(r.key, r.time + std::chrono::nanoseconds(1), "thorough");
    }
    if (r.value == "plan badly") ctx.set_timer(r.key, r.time + std::chrono::nanoseconds(1), "bad");
    out_.produce("", member_);
    if (r.value == "held") ++held_;
    if (r.value == "bad") throw std::runtime_error("bad value");
    if (r.value == "odd") throw 42;
  }
  void flush(weir::context&) override {
    if (held_ > 0) out_.produce("held", held_);
    held_ = 0;
    member_ = 0;  // Members are caches of a step: a fresh object after an error does not know the steps before.
  }
  void process_timer(weir::context& ctx, const weir::timer& t) override {
    if (t.subkey == "bad" && bad_timers_do_nothing) return;
    out_.produce(t.key, "fired");
    if (std::string_view(t.key) == "explosive") throw std::runtime_error("timer failed");
    if (t.subkey != "thorough" && t.subkey != "bad") return;
    out_.produce(t.key, ++count_[t.key]);
    last_.put(t.key, t.subkey);
    ctx.set_timer(t.key, t.at + std::chrono::hours(1), "later");
    ctx.cancel_timer(weir::timer_kind::event, t.key, "kept");
    out_.produce("", ++member_);
    if (t.subkey == "bad") throw std::runtime_error("bad timer");
  }

 private:
  weir::keyed_state<std::uint64_t> count_;
  weir::keyed_state<weir::bytes> last_;
  weir::ostream out_;
  std::uint64_t member_ = 0;
  std::uint64_t held_ = 0;  ///< As a sink gathers rows until flush.
};
WEIR_EXPORT_OPERATOR(busy)

const weir_operator_info& busy_info() {
  for (std::uint32_t i = 0; i < weir_module()->operator_count; ++i)
    if (std::string(weir_module()->operators[i]->class_name) == "busy") return *weir_module()->operators[i];
  throw std::logic_error("not exported");
}

struct input_record {
  std::string key, value;
  std::int64_t time = 0;
};

struct fixture {
  simulated_clock clock;

  std::unique_ptr<operator_partition> make(topology::error_policy on_error) {
    log_image nothing;
    return make(on_error, nothing);
  }

  std::unique_ptr<operator_partition> make(topology::error_policy on_error, log_image& image) {
    partition_options o;
    o.name = "t/busy partition 0";
    o.info = &busy_info();
    o.metadata = read_metadata(busy_info()).value();
    o.log = 2;
    o.on_error = on_error;
    o.state_ids = {1, 2};
    o.normalizers = state_normalizers(busy_info());
    o.inputs = {{1, {{0, 0, WEIR_GROUPING_GROUP_BY}}}};
    o.time = &clock;
    auto p = std::make_unique<operator_partition>(std::move(o), std::move(image));
    REQUIRE(p->initialize().failed.empty());
    return p;
  }

  delivery_ptr deliver(std::uint64_t lsn, const std::vector<input_record>& records, std::int64_t watermark = INT64_MIN) {
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
    d->selection->parts.emplace_back(f->outputs[0], 1, lsn, 0, WEIR_GROUPING_GROUP_BY, one);
    d->content = f;
    return delivery_ptr(d.get());
  }
};

std::string body_of(frame& f) {
  f.positions.clear();  // Positions differ by design: they pass the record that failed.
  REQUIRE(f.seal().ok());
  std::string all;
  for (std::string_view piece : f.pieces()) all += piece;
  return all;
}

std::vector<std::string> values(const record_batch& b) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < b.count(); ++i) all.emplace_back(b.at(i).value);
  return all;
}

}  // namespace

TEST_CASE("a record that throws after it did everything leaves no trace in the frame", "[operator][errors]") {
  fixture x;
  for (const char* poison : {"bad", "odd"}) {
    const std::vector<input_record> good{{"a", "1", 10}, {"b", "2", 11}, {"a", "erase", 12}, {"c", "4", 13}};
    std::vector<input_record> with = good;
    with.insert(with.begin() + 2, {"a", poison, 14});
    auto undisturbed = x.make(topology::error_policy::skip);
    auto disturbed = x.make(topology::error_policy::skip);
    const delivery_ptr all = x.deliver(1, with);
    step_result got = disturbed->step({&all, 1}, false);
    REQUIRE(got.failed.empty());
    REQUIRE(got.consumed == 1);
    REQUIRE(got.content);
    CHECK(got.content->positions == std::vector<input_position>{{.log = 1, .lsn = 1}});
    CHECK(disturbed->options().counters->skipped == 1);

    const delivery_ptr clean = x.deliver(1, good);
    step_result expected = undisturbed->step({&clean, 1}, false);
    REQUIRE(expected.content);
    CHECK(values(got.content->outputs[0]) == std::vector<std::string>{"1", "1", "1", "2", "2", "3", "1", "4"});
    CHECK(body_of(*got.content) == body_of(*expected.content));
  }
}

TEST_CASE("what a throwing record or timer did to state and timers of earlier frames is undone, too", "[operator][errors][timers]") {
  fixture x;
  // The first step sets timers, which fire in the second; key b's timer "kept" is cancelled there, key a's stays.
  const auto second_step = [&](const std::vector<input_record>& records, std::uint64_t skipped) {
    auto p = x.make(topology::error_policy::skip);
    const delivery_ptr first = x.deliver(1, {{"a", "plan", 10}, {"b", "plan", 10}, {"a", "plan badly", 10}}, 5);
    REQUIRE(p->step({&first, 1}, false).content);
    const delivery_ptr second = x.deliver(2, records, 20);
    step_result r = p->step({&second, 1}, false);
    REQUIRE(r.failed.empty());
    REQUIRE(r.content);
    CHECK(r.consumed == 1);
    CHECK(p->options().counters->skipped == skipped);
    return body_of(*r.content);
  };
  const std::vector<input_record> good{{"b", "drop", 15}, {"c", "1", 15}};
  const std::vector<input_record> with_bad{{"b", "drop", 15}, {"a", "bad", 15}, {"c", "1", 15}};
  busy::bad_timers_do_nothing = true;
  const std::string clean = second_step(good, 0);
  CHECK(second_step(with_bad, 1) == clean);
  busy::bad_timers_do_nothing = false;
  CHECK(second_step(good, 1) == clean);
  CHECK(second_step(with_bad, 2) == clean);
}

TEST_CASE("fail stops at the bad record and commits what came before it", "[operator][errors]") {
  fixture x;
  auto p = x.make(topology::error_policy::fail);
  const delivery_ptr d = x.deliver(7, {{"a", "1"}, {"b", "2"}, {"c", "bad"}, {"d", "4"}});
  step_result r = p->step({&d, 1}, false);
  CHECK(r.failed == "process_record failed at log 1, LSN 7, record 2: bad value");
  CHECK(r.consumed == 0);
  REQUIRE(r.content);
  CHECK(r.content->positions == std::vector<input_position>{{.log = 1, .lsn = 7, .index = 2}});
  CHECK(r.content->outputs[0].count() == 4);
}

TEST_CASE("records kept in members until flush survive a later record's error", "[operator][errors]") {
  fixture x;
  auto p = x.make(topology::error_policy::skip);
  std::vector<input_record> records;
  for (int i = 0; i < 100; ++i) records.push_back({"k" + std::to_string(i), i % 10 == 9 ? "bad" : "held"});
  const delivery_ptr d = x.deliver(1, records);
  std::uint32_t held = 0;
  std::size_t consumed = 0;
  for (int step = 0; step < 100 && consumed == 0; ++step) {
    step_result r = p->step({&d, 1}, false);
    REQUIRE(r.failed.empty());
    consumed = r.consumed;
    for (std::uint32_t i = 0; r.content && i < r.content->outputs[0].count(); ++i)
      if (r.content->outputs[0].at(i).key == "held") held += static_cast<std::uint32_t>(std::stoul(std::string(r.content->outputs[0].at(i).value)));
  }
  CHECK(consumed == 1);
  CHECK(held == 90);
  CHECK(p->options().counters->skipped == 10);
}

TEST_CASE("a step ends behind its eighth bad record, also where all are bad", "[operator][errors]") {
  fixture x;
  auto p = x.make(topology::error_policy::dead_letter);
  const delivery_ptr d = x.deliver(1, std::vector<input_record>(20, {"k", "bad"}));
  std::vector<std::uint32_t> letters;
  for (std::size_t consumed = 0; consumed == 0 && letters.size() < 20;) {
    step_result r = p->step({&d, 1}, false);
    consumed = r.consumed;
    REQUIRE(r.content);
    letters.push_back(r.content->outputs[1].count());
  }
  CHECK(letters == std::vector<std::uint32_t>{8, 8, 4});
}

TEST_CASE("a dead letter keeps the record, its place and the reason", "[operator][errors]") {
  fixture x;
  auto p = x.make(topology::error_policy::dead_letter);
  const delivery_ptr d = x.deliver(7, {{"a", "1", 5}, {"c", "bad", 6}, {"d", "4", 7}});
  step_result r = p->step({&d, 1}, false);
  REQUIRE(r.failed.empty());
  REQUIRE(r.content);
  REQUIRE(r.content->outputs.size() == 2);
  REQUIRE(r.content->outputs[1].count() == 1);
  const auto letter = r.content->outputs[1].at(0);
  CHECK(letter.key == "c");
  CHECK(letter.time == 6);
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(letter.value.data()), letter.value.size());
  REQUIRE(wire::Verifydead_letterBuffer(verifier));
  const auto* content = wire::Getdead_letter(letter.value.data());
  CHECK(content->hook()->str() == "process_record");
  CHECK(content->error()->str() == "bad value");
  CHECK(content->log() == 1);
  CHECK(content->lsn() == 7);
  CHECK(content->index() == 1);
  CHECK(std::string(content->value()->begin(), content->value()->end()) == "bad");
}

TEST_CASE("event timers fire in the step whose watermark passes them, and a failing timer is not a record's error", "[operator][timers]") {
  fixture x;
  auto p = x.make(topology::error_policy::dead_letter);
  const std::int64_t hour = 3'600'000'000'000;
  const delivery_ptr first = x.deliver(1, {{"a", "1", 0}, {"explosive", "2", 0}}, 5);
  REQUIRE(p->step({&first, 1}, false).content);
  const delivery_ptr second = x.deliver(2, {}, hour);
  step_result r = p->step({&second, 1}, false);
  REQUIRE(r.content);
  CHECK(values(r.content->outputs[0]) == std::vector<std::string>{"fired"});
  CHECK(r.content->outputs[1].count() == 1);
  CHECK(r.content->watermark == hour);
  CHECK(r.content->timers.count() == 2);
  CHECK_FALSE(p->timers_due());
}

TEST_CASE("what was committed is not consumed again, and a position inside a frame goes on behind it", "[operator][recovery]") {
  fixture x;
  log_image image;
  image.log = 2;
  image.lsn = 3;
  image.inputs[1] = {.log = 1, .lsn = 4, .index = 2, .watermark = 3};
  auto p = x.make(topology::error_policy::fail, image);
  const std::vector<delivery_ptr> d{x.deliver(3, {{"old", "x"}}), x.deliver(4, {{"a", "1"}, {"b", "2"}, {"c", "3"}}), x.deliver(5, {{"d", "4"}})};
  step_result r = p->step(d, false);
  REQUIRE(r.content);
  CHECK(r.consumed == 3);
  REQUIRE(r.content->outputs[0].count() == 4);
  CHECK(r.content->outputs[0].at(0).key == "c");
  CHECK(r.content->outputs[0].at(2).key == "d");
}
