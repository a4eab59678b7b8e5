// Operators that several tests of the SDK use.
#pragma once

#include <weir/weir.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace under_test {

using namespace std::chrono_literals;

inline weir::event_time at(std::chrono::nanoseconds since_epoch) { return weir::event_time(since_epoch); }

class word_count final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "word-count",
            .version = "1",
            .istreams = {{"words", weir::grouping::group_by}},
            .ostreams = {"counts"},
            .states = {weir::keyed<std::uint64_t>("count")}};
  }
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<std::uint64_t>("count");
    counts_ = ctx.ostream("counts");
  }
  void process_record(weir::context&, const weir::record& word) override { counts_.produce(word.key, ++count_[word.key]); }

 private:
  weir::keyed_state<std::uint64_t> count_;
  weir::ostream counts_;
};

struct open_session {
  weir::event_time last;
  std::uint64_t clicks;
};

/// Sessions by user: clicks less than a gap apart belong together, in whatever order they come; a session ends by an event-time timer.
class sessions final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "sessions",
            .version = "1",
            .istreams = {{"clicks", weir::grouping::group_by}},
            .ostreams = {"sessions", "late"},
            .states = {weir::keyed<open_session>("open")},
            .config = {{"gap", weir::config_type::duration, "30min", "silence that ends a session"}}};
  }
  void initialize(weir::context& ctx) override {
    open_ = ctx.state<open_session>("open");  // The sub-key is the time of the first click.
    sessions_ = ctx.ostream("sessions");
    late_ = ctx.ostream("late");
    gap_ = ctx.config().duration("gap");
  }
  void process_record(weir::context& ctx, const weir::record& click) override {
    if (click.time <= ctx.watermark() - gap_) return late_.produce(click.key, click.value);
    weir::event_time first = click.time;
    open_session merged{click.time, 1};
    std::vector<std::string> gone;
    open_.for_each(click.key, [&](std::string_view subkey, const open_session& s) {
      const weir::event_time began(std::chrono::nanoseconds(weir::number_of<std::uint64_t>(subkey)));
      if (first > s.last + gap_ || began > merged.last + gap_) return;
      gone.emplace_back(subkey);
      first = std::min(first, began);
      merged = {std::max(merged.last, s.last), merged.clicks + s.clicks};
    });
    for (const std::string& subkey : gone) {
      open_.erase(click.key, subkey);
      ctx.cancel_timer(weir::timer_kind::event, click.key, subkey);
    }
    const std::string subkey = weir::subkey(static_cast<std::uint64_t>(first.since_epoch().count()));
    open_.at(click.key, subkey) = merged;
    ctx.set_timer(click.key, merged.last + gap_, subkey);
  }
  void process_timer(weir::context&, const weir::timer& t) override {
    sessions_.produce(t.key, open_.find(t.key, t.subkey)->clicks);
    open_.erase(t.key, t.subkey);
  }

 private:
  weir::keyed_state<open_session> open_;
  weir::ostream sessions_, late_;
  std::chrono::nanoseconds gap_{};
};

}  // namespace under_test
