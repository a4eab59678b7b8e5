// A source that lives by a timer: it makes a tweet each time a processing-time timer fires. Key: the author; tweet number n is always the same.
//
// The timer is known by its kind and key. initialize() runs again after every restart and sets it again: that moves the one timer, it adds none.
#include <weir/weir.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

class tweets final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "tweets",
            .version = "1",
            .ostreams = {"tweets"},
            .states = {weir::per_partition<std::uint64_t>("made")},
            .config = {{"interval", weir::config_type::duration, "200ms", "time from one tweet to the next"}}};
  }

  void initialize(weir::context& ctx) override {
    made_ = ctx.partition_state<std::uint64_t>("made");
    tweets_ = ctx.ostream("tweets");
    interval_ = ctx.config().duration("interval");
    if (interval_.count() == 0) throw std::invalid_argument("with.interval must be longer than 0");
    ctx.set_timer(next, ctx.now() + interval_);
  }

  void process_timer(weir::context& ctx, const weir::timer&) override {
    const std::uint64_t number = made_[""]++;
    tweets_.produce(authors[number % authors.size()], texts[number % texts.size()]);
    ctx.set_timer(next, ctx.now() + interval_);
  }

 private:
  static constexpr std::string_view next = "next";
  static constexpr std::array<std::string_view, 4> authors{"ada", "bjarne", "grace", "linus"};
  static constexpr std::array<std::string_view, 7> texts{"Good morning #world",
                                                         "One append is the transaction #streams #exactly_once",
                                                         "Kill it, it goes on #streams",
                                                         "Coffee first #world #coffee",
                                                         "Operators in plain #cpp code",
                                                         "Nothing to say",
                                                         "#cpp and #coffee"};

  weir::partition_state<std::uint64_t> made_;  // How many tweets.
  weir::ostream tweets_;
  std::chrono::nanoseconds interval_{0};
};
WEIR_EXPORT_OPERATOR(tweets)
