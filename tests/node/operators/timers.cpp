// Timers by the ten thousand a record, who reads what they give, and a source that is late.
#include <weir/weir.hpp>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <string>
#include <tuple>

namespace {

using std::chrono::seconds;

/// Sets `each` timers a record, in no order, at times that no record has. They fire once the input has ended: in order of time and key, each once.
class burst final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "burst",
            .version = "1",
            .istreams = {"numbers"},
            .ostreams = {"fired"},
            .config = {{"each", weir::config_type::number, weir::required, "timers a record"}}};
  }
  void initialize(weir::context& ctx) override {
    each_ = static_cast<std::uint64_t>(ctx.config().number("each"));
    fired_ = ctx.ostream("fired");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    for (std::uint64_t i = 0; i < each_; ++i) ctx.set_timer(r.value, weir::event_time(seconds(1'000'000 + i * 7919 % each_ / 4)), weir::subkey(i));
  }
  void process_timer(weir::context& ctx, const weir::timer& t) override {
    std::tuple now{t.at, std::string(t.key), std::string(t.subkey)};
    if (!(last_ < now)) throw std::logic_error("timers out of order");
    if (ctx.watermark() != t.at) throw std::logic_error("the watermark is not the timer's time");
    last_ = std::move(now);
    fired_.produce(t.key, weir::number_of<std::uint64_t>(t.subkey));
  }

 private:
  std::uint64_t each_ = 0;
  weir::ostream fired_;
  std::tuple<weir::event_time, std::string, std::string> last_;
};

/// A source that does so by itself: 1,000 timers a poll, `count` in all; then it says that all of them are due, and ends.
class burst_source final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "burst-source",
            .version = "1",
            .ostreams = {"fired"},
            .states = {weir::per_partition<std::uint64_t>("set")},
            .config = {{"count", weir::config_type::number, weir::required, "timers"}}};
  }
  void initialize(weir::context& ctx) override {
    count_ = static_cast<std::uint64_t>(ctx.config().number("count"));
    set_ = ctx.partition_state<std::uint64_t>("set");
  }
  weir::poll_result poll(weir::context& ctx) override {
    std::uint64_t& set = set_[""];
    if (set == count_) return weir::poll_result::ended;
    for (std::uint64_t i = set; i < set + 1000; ++i) ctx.set_timer("k", weir::event_time(seconds(1 + i * 7919 % 100'000)), weir::subkey(i));
    set += 1000;
    if (set == count_) ctx.emit_watermark(weir::event_time(seconds(200'000)));
    return weir::poll_result::more;
  }
  void process_timer(weir::context& ctx, const weir::timer& t) override { ctx.produce_record("fired", t.key, weir::number_of<std::uint64_t>(t.subkey)); }

 private:
  std::uint64_t count_ = 0;
  weir::partition_state<std::uint64_t> set_;
};

/// Fails unless each record comes once and in time, and frames are of bounded size.
class burst_reader final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "burst-reader",
            .version = "1",
            .istreams = {{"fired", weir::grouping::group_by}},
            .states = {weir::keyed<std::uint8_t>("seen"), weir::per_partition<std::uint64_t>("count")},
            .delivery = weir::delivery::eager};
  }
  void initialize(weir::context& ctx) override {
    seen_ = ctx.state<std::uint8_t>("seen");
    count_ = ctx.partition_state<std::uint64_t>("count");
  }
  void process_record(weir::context& ctx, const weir::record& r) override {
    if (r.late) throw std::logic_error("late");
    if (r.position.index > 10'000) throw std::logic_error("more than 256 KiB of records in a frame");
    if (seen_.at(r.key, r.value)++ != 0) throw std::logic_error("twice");
    const std::uint64_t count = ++count_[""];
    if (count % 100'000 == 0) ctx.log(weir::level::info, "fired " + std::to_string(count));
  }

 private:
  weir::keyed_state<std::uint8_t> seen_;
  weir::partition_state<std::uint64_t> count_;
};

/// One record, at the millisecond that it is told.
class one_beat final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "one-beat", .version = "1", .ostreams = {"beats"}, .config = {{"at", weir::config_type::number, weir::required, "when"}}};
  }
  weir::poll_result poll(weir::context& ctx) override {
    const weir::processing_time at(std::chrono::milliseconds(ctx.config().number("at")));
    if (ctx.now() < at) return weir::poll_result::idle_until(at);
    ctx.produce_record("beats", "", "");
    return weir::poll_result::ended;
  }
};

/// Ticks at each full second, whatever it is given.
class metronome final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "metronome", .version = "1", .istreams = {"beats"}, .delivery = weir::delivery::eager}; }
  void initialize(weir::context& ctx) override { ctx.set_timer("tick", weir::processing_time(seconds(1))); }
  void process_record(weir::context&, const weir::record&) override {}
  void process_timer(weir::context& ctx, const weir::timer& t) override {
    ctx.log(weir::level::info, "tick");
    ctx.set_timer("tick", weir::processing_time(t.at.since_epoch() + seconds(1)));
  }
};

/// Records of seconds 10, 5, 20 and 15, a frame each, each followed by a watermark of its time (which never goes back).
class tardy final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "tardy", .version = "1", .ostreams = {"numbers"}, .states = {weir::per_partition<std::uint64_t>("next")}};
  }
  void initialize(weir::context& ctx) override { next_ = ctx.partition_state<std::uint64_t>("next"); }
  weir::poll_result poll(weir::context& ctx) override {
    constexpr std::int64_t times[] = {10, 5, 20, 15};
    std::uint64_t& next = next_[""];
    if (next == std::size(times)) return weir::poll_result::ended;
    const weir::event_time time(seconds{times[next]});
    ctx.ostream("numbers").produce("k", times[next], time);
    ctx.emit_watermark(time);
    ++next;
    return weir::poll_result::idle_until(ctx.now());
  }

 private:
  weir::partition_state<std::uint64_t> next_;
};

/// Says who is late.
class punctual final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "punctual", .version = "1", .istreams = {"numbers"}, .delivery = weir::delivery::eager}; }
  void process_record(weir::context& ctx, const weir::record& r) override {
    ctx.log(weir::level::info, std::string(r.value) + (r.late ? " is late" : " is in time"));
  }
};

}  // namespace

WEIR_EXPORT_OPERATOR(burst)
WEIR_EXPORT_OPERATOR(burst_source)
WEIR_EXPORT_OPERATOR(burst_reader)
WEIR_EXPORT_OPERATOR(one_beat)
WEIR_EXPORT_OPERATOR(metronome)
WEIR_EXPORT_OPERATOR(tardy)
WEIR_EXPORT_OPERATOR(punctual)
