// Operators behind the sources.
#include <weir/weir.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace {

/// Says what it gets; the hook that `hook` names needs something that is there from `up_at` (milliseconds of the node's clock) on.
class needy : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "needy",
            .version = "1",
            .istreams = {"numbers"},
            .states = {weir::per_partition<std::int64_t>("count")},
            .config = {{"hook", weir::config_type::text, "none", ""}, {"up_at", weir::config_type::number, "0", ""}}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.partition_state<std::int64_t>("count");
    ask(ctx, "initialize");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    ++count_[""];
    ask(ctx, "process_record");
    ctx.log(weir::level::info, "got " + std::string(r.value) + " as number " + std::to_string(count_[""]));
    if (r.value == "2") ctx.set_timer("t", ctx.now());
  }
  void process_timer(weir::context& ctx, const weir::timer&) override {
    ask(ctx, "process_timer");
    ctx.log(weir::level::info, "timer");
  }
  void flush(weir::context& ctx) override { ask(ctx, "flush"); }

 private:
  static void ask(weir::context& ctx, const char* hook) {
    const bool up = ctx.now().since_epoch() >= std::chrono::milliseconds(ctx.config().number("up_at"));
    if (ctx.config().text("hook") != hook || up) return;
    ctx.log(weir::level::info, "asked at " + std::to_string(ctx.now().since_epoch() / std::chrono::milliseconds(1)));
    throw weir::retry_later("database is down");
  }
  weir::partition_state<std::int64_t> count_;
};

/// The same without effects of its own, so that it can be inlined.
class needy_inlined final : public needy {
 public:
  weir::metadata metadata() const override {
    weir::metadata m = needy::metadata();
    m.name = "needy_inlined";
    m.delivery = weir::delivery::eager;
    return m;
  }
};

/// The same, but for the value that it throws at.
class picky final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "picky",
            .version = "1",
            .istreams = {"numbers"},
            .states = {weir::per_partition<std::int64_t>("count")},
            .delivery = weir::delivery::eager,
            .config = {{"at", weir::config_type::text, weir::required, ""}}};
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (r.value == ctx.config().text("at")) throw std::runtime_error("not this one");
    const auto count = ++ctx.partition_state<std::int64_t>("count")[""];
    ctx.log(weir::level::info, "got " + std::string(r.value) + " as number " + std::to_string(count));
  }
};

/// Hands everything on.
class passing final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "passing", .version = "1", .istreams = {"numbers"}, .ostreams = {"passed"}}; }
  void process_record(weir::context& ctx, const weir::record& r) override { ctx.ostream("passed").produce(r.key, r.value, r.time); }
};

/// Throws at every record until `up_at` (milliseconds of the node's clock).
class broken : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "broken", .version = "1", .istreams = {"numbers"}, .config = {{"up_at", weir::config_type::number, "0", ""}}};
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (ctx.now().since_epoch() < std::chrono::milliseconds(ctx.config().number("up_at"))) {
      ctx.log(weir::level::info, "broken at " + std::to_string(ctx.now().since_epoch() / std::chrono::milliseconds(1)));
      throw std::runtime_error("out of order");
    }
    ctx.log(weir::level::info, "took " + std::string(r.value));
  }
};

/// The same without effects of its own, so that it can be inlined.
class broken_inlined final : public broken {
 public:
  weir::metadata metadata() const override {
    weir::metadata m = broken::metadata();
    m.name = "broken_inlined";
    m.delivery = weir::delivery::eager;
    return m;
  }
};

/// Throws at every record until `up_at` (milliseconds of the node's clock); then counts them, and hands them on.
class mending final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "mending",
            .version = "1",
            .istreams = {"numbers"},
            .ostreams = {"mended"},
            .states = {weir::per_partition<std::int64_t>("count")},
            .config = {{"up_at", weir::config_type::number, "0", ""}}};
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (ctx.now().since_epoch() < std::chrono::milliseconds(ctx.config().number("up_at"))) throw std::runtime_error("out of order");
    ctx.ostream("mended").produce(std::to_string(++ctx.partition_state<std::int64_t>("count")[""]), r.value);
  }
};

/// Says when the watermark passes each second.
class watching final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "watching", .version = "1", .istreams = {"a", "b"}}; }
  void initialize(weir::context& ctx) override {
    for (int second = 1; second <= 20; ++second) {
      const weir::event_time at(std::chrono::seconds{second});
      if (ctx.start() == weir::start::created) ctx.set_timer(std::to_string(second), at);
    }
  }
  void process_record(weir::context&, const weir::record&) override {}
  void process_timer(weir::context& ctx, const weir::timer& t) override { ctx.log(weir::level::info, "passed " + std::string(t.key)); }
};

struct seen {
  std::int64_t count;
  std::int64_t sum;
};

/// Counts by key.
template <class Value>
class counting : public weir::stream_operator {
 public:
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<Value>("count");
    ctx.log(weir::level::info, "start " + std::to_string(static_cast<int>(ctx.start())));
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    const std::int64_t value = std::stoll(std::string(r.value));
    ctx.log(weir::level::info, std::string(r.key) + " " + add(count_[r.key], value));
  }

 protected:
  static weir::metadata with(std::string version, std::vector<weir::state_spec> states) {
    return {.name = "counting",
            .version = std::move(version),
            .istreams = {{"numbers", weir::grouping::group_by}},
            .states = std::move(states),
            .delivery = weir::delivery::eager};
  }

 private:
  static std::string add(std::int64_t& count, std::int64_t) { return std::to_string(++count); }
  static std::string add(seen& s, std::int64_t value) {
    s.sum += value;
    return std::to_string(++s.count) + " sum " + std::to_string(s.sum);
  }
  weir::keyed_state<Value> count_;
};

std::int64_t count_of(const seen& s) { return s.count; }
seen seen_of(std::int64_t count) { return {count, 0}; }

class counting_1 final : public counting<std::int64_t> {
 public:
  weir::metadata metadata() const override { return with("1", {weir::keyed<std::int64_t>("count")}); }
};

class counting_2 final : public counting<seen> {
 public:
  weir::metadata metadata() const override { return with("2", {weir::keyed<seen>("count", 2).from<std::int64_t>(1, seen_of).to<std::int64_t>(1, count_of)}); }
};

/// Cannot do multiples of seven.
class counting_bad final : public counting<std::int64_t> {
 public:
  weir::metadata metadata() const override { return with("bad", {weir::keyed<std::int64_t>("count")}); }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (std::stoll(std::string(r.value)) % 7 == 0) throw std::runtime_error("no sevens");
    counting::process_record(ctx, r);
  }
};

class counting_unready final : public counting<std::int64_t> {
 public:
  weir::metadata metadata() const override { return with("unready", {weir::keyed<std::int64_t>("count")}); }
  void initialize(weir::context&) override { throw std::runtime_error("not ready"); }
};

/// Knows nothing of version 1.
class counting_3 final : public counting<seen> {
 public:
  weir::metadata metadata() const override {
    return with("3", {weir::keyed<seen>("count", 3).from<seen>(2, [](const seen& s) { return s; })});
  }
};

/// Version 1 again, which knows what version 2 was.
class counting_back final : public counting<std::int64_t> {
 public:
  weir::metadata metadata() const override { return with("4", {weir::keyed<std::int64_t>("count").from<seen>(2, count_of)}); }
};

}  // namespace

WEIR_EXPORT_OPERATOR(needy)
WEIR_EXPORT_OPERATOR(picky)
WEIR_EXPORT_OPERATOR(needy_inlined)
WEIR_EXPORT_OPERATOR(passing)
WEIR_EXPORT_OPERATOR(broken)
WEIR_EXPORT_OPERATOR(broken_inlined)
WEIR_EXPORT_OPERATOR(mending)
WEIR_EXPORT_OPERATOR(watching)
WEIR_EXPORT_OPERATOR(counting_1)
WEIR_EXPORT_OPERATOR(counting_2)
WEIR_EXPORT_OPERATOR(counting_bad)
WEIR_EXPORT_OPERATOR(counting_unready)
WEIR_EXPORT_OPERATOR(counting_3)
WEIR_EXPORT_OPERATOR(counting_back)
