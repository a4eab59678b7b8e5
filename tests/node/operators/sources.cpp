// Sources that do what their config says.
#include <poll.h>
#include <unistd.h>
#include <weir/weir.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace {

/// Numbers up to `count`, one a poll, each as record of its own second; asks for an acknowledgement of each. Ends, or has nothing more for now.
class numbers final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "numbers",
            .version = "1",
            .ostreams = {"numbers"},
            .states = {weir::per_partition<std::int64_t>("next"), weir::per_partition<std::int64_t>("acknowledged")},
            .config = {{"count", weir::config_type::number, "0", "records"},
                       {"first", weir::config_type::number, "1", "the first number"},
                       {"ends", weir::config_type::boolean, "false", "ends behind them"},
                       {"marks_idle", weir::config_type::boolean, "false", "marks itself idle behind them"},
                       {"idle_timeout", weir::config_type::duration, "0s", "idle after so much silence"},
                       {"tokens", weir::config_type::boolean, "false", "wants to know what is durable"}}};
  }
  void initialize(weir::context& ctx) override {
    next_ = ctx.partition_state<std::int64_t>("next");
    acknowledged_ = ctx.partition_state<std::int64_t>("acknowledged");
    const auto& with = ctx.config();
    first_ = with.number("first");
    last_ = first_ + with.number("count");
    ends_ = with.boolean("ends");
    marks_idle_ = with.boolean("marks_idle");
    tokens_ = with.boolean("tokens");
    ctx.idle_timeout(with.duration("idle_timeout"));
  }
  weir::poll_result poll(weir::context& ctx) override {
    std::int64_t& next = next_[""];
    if (next == 0) next = first_;
    if (next >= last_) {
      if (marks_idle_) ctx.mark_idle();
      return ends_ ? weir::poll_result::ended : weir::poll_result::idle_until(weir::processing_time::max());
    }
    const weir::event_time time(std::chrono::seconds{next});
    if (tokens_) ctx.when_durable(static_cast<std::uint64_t>(next));
    ctx.ostream("numbers").produce(next % 2 == 0 ? "even" : "odd", next, time);
    ctx.emit_watermark(time);
    ++next;
    return weir::poll_result::more;
  }
  void process_durable(weir::context& ctx, std::uint64_t token) override {
    ctx.log(weir::level::info, "durable " + std::to_string(token) + " of " + std::to_string(++acknowledged_[""]));
  }

 private:
  weir::partition_state<std::int64_t> next_, acknowledged_;
  std::int64_t first_ = 1, last_ = 0;
  bool ends_ = false, marks_idle_ = false, tokens_ = false;
};

/// Comes back every `every`, or when its thread wakes it.
class clockwork final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "clockwork", .version = "1", .ostreams = {"ticks"}, .config = {{"every", weir::config_type::duration, "1s", "between two polls"}}};
  }
  void initialize(weir::context& ctx) override {
    every_ = ctx.config().duration("every");
    ctx.set_timer("wake", ctx.now() + std::chrono::milliseconds(2500));
    waker_ = ctx.waker();
  }
  weir::poll_result poll(weir::context& ctx) override {
    ctx.log(weir::level::info, "polled at " + std::to_string(ctx.now().since_epoch() / std::chrono::milliseconds(1)));
    return weir::poll_result::idle_until(ctx.now() + every_);
  }
  void process_timer(weir::context&, const weir::timer&) override { waker_.wake(); }

 private:
  std::chrono::nanoseconds every_{};
  weir::waker waker_;
};

/// Lives by a timer.
class ticking final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "ticking", .version = "1", .ostreams = {"ticks"}}; }
  void initialize(weir::context& ctx) override { set(ctx); }
  void process_timer(weir::context& ctx, const weir::timer&) override {
    ctx.log(weir::level::info, "tick");
    ctx.produce_record("ticks", "", "");
    set(ctx);
  }

 private:
  static void set(weir::context& ctx) { ctx.set_timer("tick", ctx.now() + std::chrono::seconds(1)); }
};

/// Lines of one byte from a descriptor; how often it was polled stands in its gauge and in the last line.
class descriptor : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "descriptor", .version = "1", .ostreams = {"bytes"}, .config = {{"fd", weir::config_type::number}}};
  }
  void initialize(weir::context& ctx) override { fd_ = ctx.config().number<int>("fd"); }
  weir::poll_result poll(weir::context& ctx) override {
    ++polls_;
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 0) == 0) return weir::poll_result::readable(fd_);
    char byte = 0;
    if (::read(fd_, &byte, 1) != 1) {
      ctx.log(weir::level::info, "closed after " + std::to_string(polls_) + " polls");
      return weir::poll_result::ended;
    }
    ctx.log(weir::level::info, std::string("read ") + byte);
    ctx.produce_record("bytes", "", std::string_view(&byte, 1));
    return weir::poll_result::more;
  }

 private:
  int fd_ = -1;
  int polls_ = 0;
};

class blocking_descriptor final : public descriptor {
 public:
  weir::metadata metadata() const override {
    weir::metadata m = descriptor::metadata();
    m.blocking = true;
    return m;
  }
};

/// Woken `count` times by a thread of its own; ends behind that.
class woken : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "woken", .version = "1", .ostreams = {"wakes"}, .config = {{"count", weir::config_type::number}}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.config().number<int>("count");
    thread_ = std::jthread([waker = ctx.waker(), this] {
      for (int i = 0; i < count_; ++i) {
        given_.fetch_add(1);
        waker.wake();
      }
    });
  }
  weir::poll_result poll(weir::context& ctx) override {
    for (const int given = given_.load(); taken_ < given; ++taken_) ctx.produce_record("wakes", "", taken_);
    return taken_ == count_ ? weir::poll_result::ended : weir::poll_result::idle_until(weir::processing_time::max());
  }

 private:
  int count_ = 0, taken_ = 0;
  std::atomic<int> given_{0};
  std::jthread thread_;  // The last member: it ends before what it uses does.
};

class blocking_woken final : public woken {
 public:
  weir::metadata metadata() const override {
    weir::metadata m = woken::metadata();
    m.blocking = true;
    return m;
  }
};

/// Wakes itself in the middle of its first two polls.
class self_waking final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "self-waking", .version = "1", .ostreams = {"wakes"}, .blocking = true}; }
  weir::poll_result poll(weir::context& ctx) override {
    ctx.log(weir::level::info, "poll " + std::to_string(++polls_));
    if (polls_ < 3) ctx.waker().wake();
    return weir::poll_result::idle_until(weir::processing_time::max());
  }

 private:
  int polls_ = 0;
};

}  // namespace

WEIR_EXPORT_OPERATOR(self_waking)
WEIR_EXPORT_OPERATOR(numbers)
WEIR_EXPORT_OPERATOR(clockwork)
WEIR_EXPORT_OPERATOR(ticking)
WEIR_EXPORT_OPERATOR(descriptor)
WEIR_EXPORT_OPERATOR(blocking_descriptor)
WEIR_EXPORT_OPERATOR(woken)
WEIR_EXPORT_OPERATOR(blocking_woken)
