// What a test gives as `with:`: test_config{{"gap", "30min"}, {"files", {"a", "b"}}}. Values are text, as in a manifest. Plain data.
#pragma once

#include <weir/detail/text_like.hpp>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

/// A scalar or a list.
struct config_value {
  /// One value, as a manifest would write it.
  template <detail::text_like S>
  config_value(const S& scalar) : items{std::string(std::string_view(scalar))} {}  // NOLINT(google-explicit-constructor)
  /// A list of values.
  config_value(std::initializer_list<const char*> list) : items(list.begin(), list.end()), is_list(true) {}

  std::vector<std::string> items;  ///< One, of a scalar.
  bool is_list = false;            ///< Also with one item, or none.
};

/// A key and its value.
struct config_entry {
  std::string name;    ///< The key.
  config_value value;  ///< Its value.
};

/// Everything under `with:`.
class test_config {
 public:
  test_config() = default;
  /// Of two entries of one name the last one counts.
  test_config(std::initializer_list<config_entry> entries) {
    for (const config_entry& e : entries) values_.insert_or_assign(e.name, e.value);
  }
  /// nullptr where the key is not there.
  const config_value* find(std::string_view name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? nullptr : &at->second;
  }
  /// In byte order.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : values_) names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, config_value, std::less<>> values_;
};

}  // namespace weir::testing
