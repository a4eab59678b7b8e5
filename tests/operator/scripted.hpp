// An operator, and a source, whose hooks are what a test says, in a partition of their own that can be killed and started again on what its frames left.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <weir/weir.hpp>

#include "runtime/operator/module.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/seam/simulated_clock.hpp"

namespace weir::operator_test {

using on_error = topology::error_policy;

/// What the hooks do; null: nothing.
struct script {
  std::function<void(context&)> initialize, flush, close, poll;
  std::function<void(context&, const record&)> record;
  std::function<void(context&, const timer&)> timer;
  std::function<void(context&, std::uint64_t)> durable;
  poll_result polled = poll_result::idle;
};

/// Counts in state, in `count` by key, and in a member, and how many objects there are.
class scripted : public stream_operator {
 public:
  scripted() { ++alive; }
  ~scripted() override { --alive; }
  weir::metadata metadata() const override {
    return {.name = "scripted", .version = "1", .istreams = {{"in", grouping::group_by}}, .ostreams = {"out"}, .states = {keyed<std::uint64_t>("count")}};
  }
  void initialize(context& ctx) override {
    count_ = ctx.state<std::uint64_t>("count");
    if (does.initialize) does.initialize(ctx);
  }
  void process_record(context& ctx, const record& r) override {
    said(ctx, r.key);
    if (does.record) does.record(ctx, r);
  }
  void process_timer(context& ctx, const timer& t) override {
    said(ctx, t.key);
    if (does.timer) does.timer(ctx, t);
  }
  void flush(context& ctx) override {
    if (does.flush) does.flush(ctx);
  }
  void process_durable(context& ctx, std::uint64_t token) override {
    if (does.durable) does.durable(ctx, token);
  }
  void close(context& ctx) override {
    if (does.close) does.close(ctx);
  }
  static inline script does;
  static inline int alive = 0;

 protected:
  /// "key count/member": how often the state, and how often this object, has been given something.
  void said(context& ctx, std::string_view key) {
    ctx.produce_record("out", key, std::string(key) + ' ' + std::to_string(++count_[key]) + '/' + std::to_string(++member_));
  }

 private:
  keyed_state<std::uint64_t> count_;
  int member_ = 0;
};

class scripted_source final : public scripted {
 public:
  weir::metadata metadata() const override {
    return {.name = "scripted-source", .version = "1", .ostreams = {"out"}, .states = {keyed<std::uint64_t>("count")}};
  }
  poll_result poll(context& ctx) override {
    if (does.poll) does.poll(ctx);
    return does.polled;
  }
};

struct input_record {
  std::string key;
  std::int64_t time = 0;
};

/// One partition over all its lives: whatever a frame holds is there after the next start, and nothing else.
class lives {
 public:
  lives(lives&&) = delete;
  explicit lives(on_error policy, std::string class_name = "scripted") : policy_(policy), class_(std::move(class_name)) { scripted::does = {}; }

  void start() {
    runtime::log_image image;
    for (const runtime::frame_ptr& f : frames) image.apply(*f);
    partition.reset();
    partition = std::make_unique<runtime::operator_partition>(options(), std::move(image));
    keep(partition->initialize());
  }
  /// As another version does that takes over in a node that stays up.
  void take_over() {
    partition->become(options());
    keep(partition->initialize());
  }
  runtime::step_result step(std::uint64_t lsn, const std::vector<input_record>& records, std::int64_t watermark = INT64_MIN) {
    const runtime::delivery_ptr d = deliver(lsn, records, watermark);
    return keep(partition->step({&d, 1}, false));
  }
  /// Of what waits: timers, and polls of a source.
  runtime::step_result step(bool may_poll = false) { return keep(partition->step({}, may_poll)); }
  runtime::step_result keep(runtime::step_result r) {
    if (r.content) {
      r.content->lsn = frames.size() + 1;
      frames.push_back(r.content);
    }
    return r;
  }
  static runtime::delivery_ptr deliver(std::uint64_t lsn, const std::vector<input_record>& records, std::int64_t watermark = INT64_MIN) {
    auto f = runtime::make_intrusive<runtime::frame>();
    f->outputs.resize(1);
    for (const auto& r : records) f->outputs[0].append(r.time, r.key, "value of " + r.key);
    f->outputs[0].hash_keys();
    auto d = runtime::make_intrusive<runtime::delivery_message>();
    d->log = 1;
    d->lsn = lsn;
    d->watermark = watermark;
    d->selection = runtime::make_intrusive<runtime::frame_selection>();
    static const runtime::slot_table one(1);
    d->selection->parts.emplace_back(f->outputs[0], 1, lsn, 0, WEIR_GROUPING_GROUP_BY, one);
    d->content = f;
    return runtime::delivery_ptr(d.get());
  }
  std::uint64_t skipped() const { return partition->options().counters->skipped; }
  std::uint64_t letters() const { return partition->options().counters->dead_letters; }

  runtime::simulated_clock clock;
  runtime::step_limits limits;
  std::shared_ptr<runtime::step_mark> mark;  ///< This and the two below: as in the options, from the next start on.
  std::int64_t careful_until_ns = 0;
  std::optional<runtime::passed_record> pass;
  std::unique_ptr<runtime::operator_partition> partition;
  std::vector<runtime::frame_ptr> frames;
  std::vector<std::string> said;

 private:
  runtime::partition_options options() {
    runtime::partition_options o;
    o.name = "t/scripted partition 0";
    o.info = &info();
    o.metadata = runtime::read_metadata(info()).value();
    o.log = 2;
    o.on_error = policy_;
    o.generation = 3;
    o.state_ids = {1};
    o.normalizers = runtime::state_normalizers(info());
    if (class_ == "scripted") o.inputs = {{1, {{0, 0, WEIR_GROUPING_GROUP_BY}}}};
    o.limits = limits;
    o.mark = mark;
    o.careful_until_ns = careful_until_ns;
    o.pass = pass;
    o.time = &clock;
    o.say = [this](int, const std::string& text) { said.push_back(text); };
    return o;
  }
  const weir_operator_info& info() const {
    for (std::uint32_t i = 0; i < weir_module()->operator_count; ++i)
      if (class_ == weir_module()->operators[i]->class_name) return *weir_module()->operators[i];
    throw std::logic_error("not exported");
  }
  const on_error policy_;
  const std::string class_;
};

using strings = std::vector<std::string>;

/// The values of one of the frame's outputs: 0 what it produced, 1 its dead letters.
inline strings values(const runtime::step_result& r, std::size_t output = 0) {
  strings all;
  if (!r.content || output >= r.content->outputs.size()) return all;
  const auto& b = r.content->outputs[output];
  for (std::uint32_t i = 0; i < b.count(); ++i) all.emplace_back(b.at(i).value);
  return all;
}

}  // namespace weir::operator_test
