// Texts in, one record per hashtag out: key = the tag without #, in lower case. A tag is a run of ASCII letters, digits and underscores behind a #.
#include <weir/weir.hpp>

#include <string>
#include <string_view>

class hashtags final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "hashtags", .version = "1", .istreams = {"texts"}, .ostreams = {"tags"}}; }
  void initialize(weir::context& ctx) override { tags_ = ctx.ostream("tags"); }
  void process_record(weir::context&, const weir::record& text) override {
    for (std::size_t at = text.value.find('#'); at != std::string_view::npos; at = text.value.find('#', at + 1)) {
      tag_.clear();
      for (std::size_t i = at + 1; i < text.value.size() && belongs(text.value[i]); ++i) tag_ += lower(text.value[i]);
      if (!tag_.empty()) tags_.produce(tag_, "");
    }
  }

 private:
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  static bool belongs(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

  weir::ostream tags_;
  std::string tag_;
};
WEIR_EXPORT_OPERATOR(hashtags)
