// Records as lines of text, as `format` and `separator` of a sink say. Owned by its sink, used by its thread.
#pragma once

#include <weir/weir.hpp>

#include <stdexcept>
#include <string>

namespace weir::operators {

class record_text {
 public:
  record_text() = default;
  /// Reads `format` and `separator` of the config. Throws std::invalid_argument.
  explicit record_text(const weir::config& config) : separator_(config.text("separator")) {
    const std::string format = config.text("format");
    if (format != "value" && format != "key_value") throw std::invalid_argument("with.format is \"" + format + "\"; it may be value or key_value");
    with_key_ = format == "key_value";
  }

  /// The config keys that it reads, for metadata().
  static weir::config_key format_key() {
    return {"format", weir::config_type::text, "value", "what a line holds: value, or key_value (key, separator, value)"};
  }
  static weir::config_key separator_key() { return {"separator", weir::config_type::text, "\t", "what stands between key and value"}; }

  /// Appends the record's line. Bytes are written as they are: a value that holds line ends makes several lines.
  void append(const weir::record& record, std::string& text) const {
    if (with_key_) text.append(record.key.view()).append(separator_);
    text.append(record.value).push_back('\n');
  }

 private:
  std::string separator_;
  bool with_key_ = false;
};

}  // namespace weir::operators
