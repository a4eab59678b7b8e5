// Transactions and rules in, alerts out: `time,card,rule,spent` where a card has spent more within a rule's minutes than the rule's limit. Rules are a
// broadcast istream: each partition keeps the whole table, with every version of each rule, as partition state.
//
// Two sources are read side by side, so which record comes first is chance. The alerts are none: a transaction waits as state until an event-time timer at its
// own time fires. By then the watermark, the smaller one of both istreams, has passed that time: everything before it is there. It is judged by the rules that
// were in force before it, whatever came first.
#include <weir/weir.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct rule {
  std::int64_t minutes;
  std::int64_t limit_cents;  // 0: withdrawn.
};

class fraud final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "fraud",
            .version = "1",
            .istreams = {{"transactions", weir::grouping::group_by}, {"rules", weir::grouping::broadcast}},
            .ostreams = {"alerts"},
            .states = {weir::per_partition<rule>("rules"), weir::keyed<std::int64_t>("spent")}};
  }

  void initialize(weir::context& ctx) override {
    rules_ = ctx.partition_state<rule>("rules");
    spent_ = ctx.state<std::int64_t>("spent");
    alerts_ = ctx.ostream("alerts");
  }

  void process_record(weir::context& ctx, const weir::record& record) override {
    if (record.istream == rules) return keep_rule(record);
    std::string_view text = record.value;
    const std::int64_t cents = number(text, record);
    if (!text.empty() || cents < 0) refuse(record);
    const std::string subkey = time_text(record.time) + weir::subkey(record.position.lsn) + weir::subkey(record.position.index);
    spent_.at(record.key, subkey) = cents;
    ctx.set_timer(record.key, record.time, subkey);
  }

  /// Of each transaction twice: at its own time it is judged, a day later it is forgotten.
  void process_timer(weir::context& ctx, const weir::timer& timer) override {
    const weir::event_time time = time_of(timer.subkey);
    if (timer.at != time) {
      spent_.erase(timer.key, timer.subkey);
      return;
    }
    for (const auto& [name, rule] : rules_before(time)) judge(timer, name, rule);
    ctx.set_timer(timer.key, time + window_max + std::chrono::seconds(1), timer.subkey);
  }

 private:
  enum istream : std::uint16_t { transactions, rules };
  static constexpr std::chrono::hours window_max{24};

  [[noreturn]] static void refuse(const weir::record& record) {
    throw std::invalid_argument((record.istream == rules ? "not `minutes limit_cents` of a rule: " : "not an amount in cents: ") +
                                std::string(record.value.substr(0, 60)));
  }
  /// Takes a number, and a blank behind it, from the front of a text.
  static std::int64_t number(std::string_view& text, const weir::record& record) {
    std::int64_t found = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), found);
    if (fault != std::errc()) refuse(record);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    return found;
  }

  static std::string time_text(weir::event_time time) { return weir::subkey(static_cast<std::uint64_t>(time.since_epoch().count())); }
  static weir::event_time time_of(std::string_view subkey) {
    return weir::event_time(std::chrono::nanoseconds(static_cast<std::int64_t>(weir::number_of<std::uint64_t>(subkey.substr(0, 8)))));
  }

  /// An entry's name is the rule's name and, in its last eight bytes, the time from which it is in force: versions of a rule follow each other in time.
  void keep_rule(const weir::record& record) {
    std::string_view text = record.value;
    const rule r{number(text, record), number(text, record)};
    if (!text.empty() || r.minutes <= 0 || std::chrono::minutes(r.minutes) > window_max || r.limit_cents < 0) refuse(record);
    rules_[std::string(record.key) + time_text(record.time)] = r;
  }

  /// The version of each rule that was the last one before a time; none that was withdrawn.
  const std::vector<std::pair<std::string, rule>>& rules_before(weir::event_time time) {
    in_force_.clear();
    rules_.for_each([&](std::string_view entry, const rule& r) {
      const std::string_view name = entry.substr(0, entry.size() - 8);
      if (time_of(entry.substr(name.size())) >= time) return;
      if (!in_force_.empty() && in_force_.back().first == name) in_force_.pop_back();
      in_force_.emplace_back(name, r);
    });
    std::erase_if(in_force_, [](const auto& one) { return one.second.limit_cents == 0; });
    return in_force_;
  }

  void judge(const weir::timer& timer, const std::string& name, const rule& r) {
    std::int64_t sum = 0;
    spent_.for_each(timer.key, time_text(timer.at - std::chrono::minutes(r.minutes)), [&](std::string_view subkey, const std::int64_t& cents) {
      sum += cents;
      return subkey != timer.subkey;  // What comes behind it is not yet judged.
    });
    if (sum > r.limit_cents) alerts_.produce(timer.key, text(timer.at) + ',' + std::string(timer.key) + ',' + name + ',' + std::to_string(sum));
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

  weir::partition_state<rule> rules_;
  weir::keyed_state<std::int64_t> spent_;  // Cents by card and, as sub-key, time and position.
  weir::ostream alerts_;
  std::vector<std::pair<std::string, rule>> in_force_;
};
WEIR_EXPORT_OPERATOR(fraud)
