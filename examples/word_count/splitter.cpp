// Lines in, words out: a word is a run of ASCII letters, lower-cased. Everything else, parts of UTF-8 characters included, stands between words.
#include <weir/weir.hpp>

#include <string>
#include <string_view>

class splitter final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "splitter", .version = "1", .istreams = {"lines"}, .ostreams = {"words"}}; }
  void initialize(weir::context& ctx) override { words_ = ctx.ostream("words"); }
  void process_record(weir::context&, const weir::record& line) override {
    word_.clear();
    for (const char c : line.value) {
      const char lower = static_cast<char>(c | 0x20);
      if (lower >= 'a' && lower <= 'z') {
        word_ += lower;
      } else {
        end_word();
      }
    }
    end_word();
  }

 private:
  void end_word() {
    if (!word_.empty()) words_.produce(word_, std::string_view());
    word_.clear();
  }

  weir::ostream words_;
  std::string word_;
};
WEIR_EXPORT_OPERATOR(splitter)
