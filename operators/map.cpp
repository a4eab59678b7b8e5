// `map`: gives records another key or value, put together from what they hold.
//
//   - name: by-user
//     uses: map
//     istreams: {records: clicks}
//     ostreams: {mapped: clicks-by-user}
//     with: {key: "{/user}"}
//
// `key` and `value` are texts with places in braces: {key}, {value}, a JSON pointer into the value as {/user/id}, or a group of `pattern`, which is searched in
// `field`, as {1}; {{ and }} are braces. Texts are put in as they are, JSON strings without quotation marks and escapes. A record that lacks a place, or in
// which the pattern is not found, is an error and meets `on_error`. Times stay.
#include <weir/weir.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "operators/pattern.hpp"
#include "operators/record_place.hpp"
#include "operators/text_template.hpp"

namespace weir::operators {

class map final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "map",
            .version = "1",
            .istreams = {"records"},
            .ostreams = {"mapped"},
            .config = {
                {"key", config_type::text, "{key}", "the new key; {key}, {value}, {/json/pointer} and {1} (a group of pattern) stand for what the record has"},
                {"value", config_type::text, "{value}", "the new value, likewise"},
                {"pattern", config_type::text, "", "regular expression whose groups {1} to {9} stand for ({0}: all that it matched)"},
                {"field", config_type::text, "value", "where pattern is searched (in the first 1024 bytes): key, value, or a JSON pointer into the value"}}};
  }

  void initialize(weir::context& ctx) override {
    const auto& config = ctx.config();
    mapped_ = ctx.ostream("mapped");
    field_.emplace(config, "field");
    const std::string expression = config.text("pattern");
    if (!expression.empty()) pattern_.emplace(expression, "with.pattern");
    const auto groups = pattern_ ? std::optional(pattern_->groups()) : std::nullopt;
    key_.emplace(config.text("key"), groups, "with.key");
    value_.emplace(config.text("value"), groups, "with.value");
  }

  void process_record(weir::context&, const weir::record& record) override {
    if (pattern_) {
      const std::string_view text = field_->of(record);
      if (!pattern_->search(text)) throw std::runtime_error("with.pattern is not found in " + field_->text() + ": " + excerpt(text));
    }
    const std::string_view key = key_->fill(record, pattern_);
    mapped_.produce(key, value_->fill(record, pattern_));
  }

 private:
  weir::ostream mapped_;
  std::optional<record_place> field_;
  std::optional<pattern> pattern_;
  std::optional<text_template> key_;
  std::optional<text_template> value_;
};

WEIR_EXPORT_OPERATOR(map)

}  // namespace weir::operators
