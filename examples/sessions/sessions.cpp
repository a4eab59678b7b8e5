// Clicks in, sessions out: clicks of one user that are less than `gap` apart belong together. A row `user,first,last,clicks` comes once the watermark shows
// that nothing can join any more; clicks that come out of order join and merge sessions as if they had come in order. A click whose own session is over already
// goes to `late`, as it is.
#include <weir/weir.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct open_session {
  weir::event_time last;
  std::uint64_t clicks;
};

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
    open_ = ctx.state<open_session>("open");
    sessions_ = ctx.ostream("sessions");
    late_ = ctx.ostream("late");
    gap_ = ctx.config().duration("gap");
    if (gap_.count() == 0) throw std::invalid_argument("with.gap must be longer than 0");
  }

  void process_record(weir::context& ctx, const weir::record& click) override {
    weir::event_time first = click.time;
    open_session joined{click.time, 1};
    joined_.clear();
    open_.for_each(click.key, [&](std::string_view subkey, const open_session& session) {
      const weir::event_time began = first_of(subkey);
      if (click.time - session.last >= gap_ || began - click.time >= gap_) return;
      joined_.emplace_back(subkey);
      first = std::min(first, began);
      joined = {std::max(joined.last, session.last), joined.clicks + session.clicks};
    });
    if (joined_.empty() && click.time + gap_ <= ctx.watermark()) return late_.produce(click.key, click.value);
    for (const std::string& subkey : joined_) {
      open_.erase(click.key, subkey);
      ctx.cancel_timer(weir::timer_kind::event, click.key, subkey);
    }
    const std::string subkey = weir::subkey(static_cast<std::uint64_t>(first.since_epoch().count()));
    open_.at(click.key, subkey) = joined;
    ctx.set_timer(click.key, joined.last + gap_, subkey);
  }

  void process_timer(weir::context&, const weir::timer& over) override {
    const open_session session = *open_.find(over.key, over.subkey);
    open_.erase(over.key, over.subkey);
    sessions_.produce(over.key, std::string(over.key) + ',' + text(first_of(over.subkey)) + ',' + text(session.last) + ',' + std::to_string(session.clicks));
  }

 private:
  static weir::event_time first_of(std::string_view subkey) {
    return weir::event_time(std::chrono::nanoseconds(static_cast<std::int64_t>(weir::number_of<std::uint64_t>(subkey))));
  }

  /// 2024-03-01T12:30:00Z.
  static std::string text(weir::event_time time) {
    using namespace std::chrono;
    const auto day = floor<days>(time.since_epoch());
    const year_month_day date{sys_days(day)};
    const hh_mm_ss clock(floor<seconds>(time.since_epoch() - day));
    char buffer[64];
    const int size = std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                   static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
    return {buffer, static_cast<std::size_t>(size)};
  }

  weir::keyed_state<open_session> open_;  // By user and, as sub-key, first click.
  weir::ostream sessions_;
  weir::ostream late_;
  std::chrono::nanoseconds gap_{0};
  std::vector<std::string> joined_;  // Sessions that the click has joined: at most two, unless a deploy made the gap longer.
};
WEIR_EXPORT_OPERATOR(sessions)
