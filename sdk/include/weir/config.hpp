// The operator's config: what stands under `with:` in the manifest. Read it in initialize(): it does not change while the object lives, and each access is a
// call. Every accessor throws config_error, naming `with.KEY`, where the value has not the form it should have or is missing without a default. The default is
// that of the metadata's config_key, which users can see, else the argument.
#pragma once

#include <weir/abi.h>
#include <weir/detail/binding.hpp>
#include <weir/detail/config_text.hpp>
#include <weir/error.hpp>
#include <weir/metadata.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// The keys and values under `with:` of one operator; see above. Asked for with ctx.config(), and used, inside hooks by the thread that runs them.
class config {
 public:
  /// Whether the manifest gives the key.
  bool has(std::string_view name) const { return ask(name, 0).kind != WEIR_CONFIG_ABSENT; }

  /// Any scalar, as it is written.
  std::string text(std::string_view name) const { return needed(name, "a text", scalar(name)); }
  /// As text(name); `otherwise`, here and below, is for where neither the manifest nor the metadata give a value.
  std::string text(std::string_view name, std::string_view otherwise) const { return given(name) ? text(name) : std::string(otherwise); }

  /// A decimal number: `number("late_minutes", 15)`; with another type than std::int64_t `number<double>("magnitude")`. Refuses what the type cannot hold.
  template <class N = std::int64_t>
  N number(std::string_view name) const {
    static_assert(std::is_arithmetic_v<N> && !std::is_same_v<N, bool>, "config::number: N must be a number");
    return parsed<N>(name, std::is_floating_point_v<N> ? "a decimal number" : "a whole number in range", detail::parse_number<N>);
  }
  /// As number(name), with a default.
  template <class N = std::int64_t, class Default>
  N number(std::string_view name, Default otherwise) const {
    static_assert(!std::is_floating_point_v<Default> || std::is_floating_point_v<N>, "config::number: for fractions write number<double>(name, default)");
    return given(name) ? number<N>(name) : static_cast<N>(otherwise);
  }

  /// `true` or `false`.
  bool boolean(std::string_view name) const { return parsed<bool>(name, "true or false", detail::parse_boolean); }
  /// As boolean(name), with a default.
  bool boolean(std::string_view name, bool otherwise) const { return given(name) ? boolean(name) : otherwise; }

  /// `24h`, `30min`, `1500ms`: a whole number and one of ns, us, ms, s, min, h, d.
  std::chrono::nanoseconds duration(std::string_view name) const {
    return parsed<std::chrono::nanoseconds>(name, detail::duration_form, detail::parse_duration);
  }
  /// As duration(name), with a default.
  std::chrono::nanoseconds duration(std::string_view name, std::chrono::nanoseconds otherwise) const { return given(name) ? duration(name) : otherwise; }

  /// `1GiB`, `64kB`: a whole number and one of B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024); without a unit bytes.
  std::uint64_t bytes(std::string_view name) const { return parsed<std::uint64_t>(name, detail::bytes_form, detail::parse_bytes); }
  /// As bytes(name), with a default.
  std::uint64_t bytes(std::string_view name, std::uint64_t otherwise) const { return given(name) ? bytes(name) : otherwise; }

  /// `[a, b]`; one scalar is a list of one. Defaults of the metadata are items between commas.
  std::vector<std::string> list(std::string_view name) const {
    const item first = ask(name, 0);
    if (first.kind == WEIR_CONFIG_ABSENT) return declared_list(name);
    std::vector<std::string> items;
    for (std::size_t i = 0; i < first.count; ++i) items.push_back(ask(name, i).text);
    return items;
  }
  /// As list(name), with a default.
  std::vector<std::string> list(std::string_view name, std::vector<std::string> otherwise) const { return given(name) ? list(name) : std::move(otherwise); }

  /// A file; a relative path is relative to the manifest.
  std::string path(std::string_view name) const { return absolute(needed(name, "a path", scalar(name))); }
  /// As path(name), with a default, which is relative to the manifest too.
  std::string path(std::string_view name, std::string_view otherwise) const { return given(name) ? path(name) : absolute(std::string(otherwise)); }

 private:
  friend class context;
  explicit config(detail::binding* bound) noexcept : binding_(bound) {}

  struct item {
    std::uint32_t kind = WEIR_CONFIG_ABSENT;
    std::size_t count = 0;
    std::string text;
  };

  item ask(std::string_view name, std::size_t index) const {
    item answer;
    const char* text = nullptr;
    std::size_t size = 0;
    weir_context* raw = binding_->raw;
    detail::check(raw, raw->host->config(raw, std::string(name).c_str(), index, &answer.kind, &text, &size, &answer.count));
    if (answer.kind == WEIR_CONFIG_SCALAR) answer.count = 1;
    if (text) answer.text.assign(text, size);
    return answer;
  }

  const config_key* declared(std::string_view name) const noexcept {
    const auto& keys = binding_->metadata->declared().config;
    const int index = detail::index_of(keys, name);
    return index < 0 ? nullptr : &keys[static_cast<std::size_t>(index)];
  }
  bool given(std::string_view name) const {
    const config_key* key = declared(name);
    return has(name) || (key && key->otherwise);
  }

  std::optional<std::string> scalar(std::string_view name) const {
    item answer = ask(name, 0);
    if (answer.kind == WEIR_CONFIG_LIST) throw config_error(detail::sentence({"with.", name, ": a list stands where one value is expected"}));
    if (answer.kind == WEIR_CONFIG_SCALAR) return std::move(answer.text);
    const config_key* key = declared(name);
    return key ? key->otherwise : std::nullopt;
  }

  static std::string needed(std::string_view name, const char* form, std::optional<std::string> value) {
    if (!value) throw config_error(detail::sentence({"with.", name, " is missing: add `", name, ":` with ", form, " to this operator's `with:`"}));
    return *std::move(value);
  }

  template <class T, class Parse>
  T parsed(std::string_view name, const char* form, Parse parse) const {
    const std::string text = needed(name, form, scalar(name));
    T value{};
    if (parse(text, value)) return value;
    throw config_error(detail::sentence({"with.", name, ": '", text, "' is not ", form}));
  }

  std::vector<std::string> declared_list(std::string_view name) const {
    const config_key* key = declared(name);
    const std::string declared_items = needed(name, "a list", key ? key->otherwise : std::nullopt);
    std::vector<std::string> items;
    std::string_view rest = declared_items;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      std::string_view one = rest.substr(0, comma);
      while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
      while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
      items.emplace_back(one);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return items;
  }

  std::string absolute(std::string path) const {
    const char* directory = binding_->raw->manifest_directory;
    return path.empty() || path.front() == '/' || !directory ? path : directory + path;
  }

  detail::binding* binding_;
};

}  // namespace weir
