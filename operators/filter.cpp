// `filter`: passes the records that meet conditions, as they are.
//
//   - name: strong
//     uses: filter
//     istreams: {records: quakes}
//     ostreams: {passed: strong-quakes}
//     with: {field: /mag, at_least: 5}
//
// What is looked at (`field`) is the key, the value, or a field of a JSON value. All conditions that are given must hold; with `invert` the records that do not
// meet them pass instead. A record without the field, or whose field is not a number where numbers are compared, is an error and meets `on_error`.
#include <weir/weir.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "operators/number.hpp"
#include "operators/pattern.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

class filter final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "filter",
            .version = "1",
            .istreams = {"records"},
            .ostreams = {"passed"},
            .config = {{"field", config_type::text, "value", "what is looked at: key, value, or a JSON pointer into the value such as /meta/id"},
                       {"equals", config_type::list, "", "condition: it is this text, or one of these"},
                       {"matches", config_type::text, "", "condition: its first 1024 bytes hold a match of this regular expression"},
                       {"at_least", config_type::number, "-inf", "condition: it is a number not below this one"},
                       {"at_most", config_type::number, "inf", "condition: it is a number not above this one"},
                       {"invert", config_type::boolean, "false", "pass the records that do not meet the conditions"}}};
  }

  void initialize(weir::context& ctx) override {
    const auto& config = ctx.config();
    passed_ = ctx.ostream("passed");
    field_.emplace(config, "field");
    if (config.has("equals")) equals_ = config.list("equals");
    const std::string expression = config.text("matches");
    if (config.has("matches")) matches_.emplace(expression, "with.matches");
    at_least_ = bound(config, "at_least");
    at_most_ = bound(config, "at_most");
    invert_ = config.boolean("invert");
    if (!equals_ && !matches_ && !at_least_ && !at_most_) {
      throw std::invalid_argument("a filter without a condition passes everything: give equals, matches, at_least or at_most under `with:`");
    }
  }

  void process_record(weir::context&, const weir::record& record) override {
    if (meets(record) != invert_) passed_.produce(record.key, record.value);
  }

 private:
  static std::optional<number> bound(const weir::config& config, const char* name) {
    const std::string text = config.text(name);
    number found;
    if (!config.has(name)) return {};
    if (!number::read(text, found)) throw std::invalid_argument("with." + std::string(name) + ": '" + text + "' is not a decimal number");
    return found;
  }

  bool meets(const weir::record& record) {
    const std::string_view text = field_->of(record);
    if (at_least_ || at_most_) {
      number found;
      if (!number::read(text, found)) throw std::runtime_error(field_->text() + " is not a number: " + excerpt(text));
      if ((at_least_ && found < *at_least_) || (at_most_ && *at_most_ < found)) return false;
    }
    if (equals_ && std::find(equals_->begin(), equals_->end(), text) == equals_->end()) return false;
    return !matches_ || matches_->search(text);
  }

  weir::ostream passed_;
  std::optional<record_place> field_;
  std::optional<std::vector<std::string>> equals_;
  std::optional<pattern> matches_;
  std::optional<number> at_least_;
  std::optional<number> at_most_;
  bool invert_ = false;
};

WEIR_EXPORT_OPERATOR(filter)

}  // namespace weir::operators
