// The next version of word_count: its state also holds when the word was last seen. It says how a value of version 1 becomes one of version 2, and back, so it
// can replace the first version while data are there, and be replaced by it.
#include <weir/weir.hpp>

#include <cstdint>

namespace v2 {

struct seen {
  std::uint64_t count;
  weir::event_time last;
};

class word_count final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "word-count",
            .version = "2",
            .istreams = {{"words", weir::grouping::group_by}},
            .ostreams = {"counts"},
            .states = {weir::keyed<seen>("count", 2)
                           .from<std::uint64_t>(1,
                                                [](std::uint64_t count) {
                                                  return seen{count, {}};
                                                })
                           .to<std::uint64_t>(1, [](const seen& s) { return s.count; })}};
  }
  void initialize(weir::context& ctx) override {
    seen_ = ctx.state<seen>("count");
    counts_ = ctx.ostream("counts");
  }
  void process_record(weir::context&, const weir::record& word) override {
    seen& s = seen_[word.key];
    s.last = word.time;
    counts_.produce(word.key, ++s.count);
  }

 private:
  weir::keyed_state<seen> seen_;
  weir::ostream counts_;
};

}  // namespace v2
WEIR_EXPORT_OPERATOR(v2::word_count)
