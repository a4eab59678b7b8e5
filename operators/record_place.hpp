// A place in records that a config key names: `key`, `value`, or a JSON pointer into the value such as /meta/id. Owned by its operator, used by its thread;
// allocates only where a JSON string holds escapes.
#pragma once

#include <weir/weir.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "operators/json_field.hpp"

namespace weir::operators {

/// The beginning of a text, for messages.
inline std::string excerpt(std::string_view text) {
  constexpr std::size_t bytes_max = 60;
  return '"' + std::string(text.substr(0, bytes_max)) + (text.size() > bytes_max ? "…\"" : "\"");
}

class record_place {
 public:
  /// `what` names the config key in messages. Throws std::invalid_argument.
  record_place(const std::string& text, const std::string& what) : text_(text) {
    if (text == "key") {
      where_ = where::key;
    } else if (text == "value") {
      where_ = where::value;
    } else if (text.starts_with('/')) {
      where_ = where::field;
      field_.emplace(text, what);
    } else {
      throw std::invalid_argument(what + ": \"" + text + "\" is no place; it may be key, value, or a JSON pointer into the value, which begins with '/'");
    }
  }
  /// The one that the config key names.
  record_place(const weir::config& config, const std::string& key) : record_place(config.text(key), "with." + key) {}

  /// As the manifest has it.
  const std::string& text() const { return text_; }

  /// The text there: of a JSON string its content, of other JSON values what is written. A view until the next call. Throws std::runtime_error where the value
  /// has no such field.
  std::string_view of(const weir::record& record) {
    if (where_ == where::key) return record.key;
    if (where_ == where::value) return record.value;
    const auto found = field_->find_any(record.value, scratch_);
    if (!found) throw std::runtime_error("no " + text_ + " in the value " + excerpt(record.value));
    return found->text;
  }

 private:
  enum class where : std::uint8_t { key, value, field };

  std::string text_;
  where where_ = where::value;
  std::optional<json_field> field_;
  std::string scratch_;
};

}  // namespace weir::operators
