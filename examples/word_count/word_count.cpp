// Words in, an update per word out: how often the word has been seen so far. The count is keyed state: it survives crashes and new versions of this class.
#include <weir/weir.hpp>

#include <cstdint>

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
WEIR_EXPORT_OPERATOR(word_count)
