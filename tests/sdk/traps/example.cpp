// harmless
// The example of the documentation, word for word.
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

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

int main() {
  auto d = weir::test_driver::of<word_count>();
  for (const char* word : {"a", "b", "a"}) d.send("words", word, "");
  const auto counts = d.received("counts");
  return counts.size() == 3 && counts[2].value == "2" ? 0 : 1;
}
