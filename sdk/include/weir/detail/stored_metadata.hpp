// A class's metadata as plain C structs, checked once. Owned by the module, immutable; any thread may read it.
#pragma once

#include <weir/abi.h>
#include <weir/detail/config_text.hpp>
#include <weir/detail/fixed_array.hpp>
#include <weir/detail/outcome.hpp>
#include <weir/detail/sentence.hpp>
#include <weir/error.hpp>
#include <weir/metadata.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace weir::detail {

/// "a, b, c" for messages; `nothing` where the list is empty.
template <class List>
std::string names_of(const List& list) {
  std::string names;
  for (const auto& item : list) names.append(names.empty() ? "" : ", ").append(item.name);
  return names.empty() ? "nothing" : names;
}

template <class List>
int index_of(const List& list, std::string_view name) noexcept {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

/// Why `text` cannot be a value of that type: the form it should have; nullptr where it can.
inline const char* wrong_form(config_type type, std::string_view text) noexcept {
  double number = 0;
  bool boolean = false;
  std::chrono::nanoseconds duration{};
  std::uint64_t bytes = 0;
  switch (type) {
    case config_type::number: return parse_number(text, number) ? nullptr : "a decimal number";
    case config_type::boolean: return parse_boolean(text, boolean) ? nullptr : "true or false";
    case config_type::duration: return parse_duration(text, duration) ? nullptr : duration_form;
    case config_type::bytes: return parse_bytes(text, bytes) ? nullptr : bytes_form;
    default: return nullptr;
  }
}

class stored_metadata {
 public:
  /// Throws usage_error where the declaration contradicts itself.
  explicit stored_metadata(metadata declared)
      : declared_(std::move(declared)),
        istreams_(declared_.istreams.size()),
        ostreams_(declared_.ostreams.size()),
        states_(declared_.states.size()),
        conversions_(conversions_of(declared_)),
        config_(declared_.config.size()) {
    check();
    std::size_t i = 0;
    for (const auto& s : declared_.istreams) istreams_[i++] = {s.name.c_str(), static_cast<std::uint32_t>(s.grouping), static_cast<std::uint32_t>(s.role)};
    i = 0;
    for (const auto& s : declared_.ostreams) ostreams_[i++] = s.name.c_str();
    store_states();
    i = 0;
    for (const auto& c : declared_.config) {
      config_[i++] = {c.name.c_str(), static_cast<std::uint32_t>(c.type), c.otherwise ? c.otherwise->c_str() : nullptr, c.help.c_str()};
    }
    info_ = {sizeof(weir_metadata_info),
             declared_.name.c_str(),
             declared_.version.c_str(),
             istreams_.data(),
             istreams_.size(),
             ostreams_.data(),
             ostreams_.size(),
             states_.data(),
             states_.size(),
             static_cast<std::uint32_t>(chosen_delivery()),
             declared_.blocking ? 1u : 0u,
             config_.data(),
             config_.size()};
  }
  stored_metadata(const stored_metadata&) = delete;
  stored_metadata& operator=(const stored_metadata&) = delete;

  const metadata& declared() const noexcept { return declared_; }
  const weir_metadata_info& info() const noexcept { return info_; }

 private:
  static std::size_t conversions_of(const metadata& declared) noexcept {
    std::size_t count = 0;
    for (const auto& s : declared.states) count += s.conversions.size();
    return count;
  }
  void store_states() {
    std::size_t next = 0;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const state_spec& s = declared_.states[i];
      states_[i] = {s.name.c_str(),
                    s.version,
                    s.per_partition ? WEIR_STATE_PARTITION : WEIR_STATE_KEYED,
                    form_of(s),
                    s.size,
                    schema_of(s),
                    s.normalize,
                    conversions_.data() + next,
                    static_cast<std::uint32_t>(s.conversions.size())};
      for (const state_conversion& c : s.conversions) {
        conversions_[next++] = {c.from ? WEIR_CONVERT_FROM : WEIR_CONVERT_TO, c.version, form_of(c), c.size, schema_of(c), &convert, &c};
      }
    }
  }
  template <class Spec>
  static std::uint32_t form_of(const Spec& s) noexcept {
    return s.varying ? WEIR_VALUE_BYTES : WEIR_VALUE_FIXED;
  }
  template <class Spec>
  static const char* schema_of(const Spec& s) noexcept {
    return s.schema.empty() ? nullptr : s.schema.c_str();
  }
  static void convert(const weir_state_conversion* self, const char* value, std::size_t size, weir_take take, void* user, weir_outcome* out) noexcept {
    guarded(out, [&] {
      const std::string converted = static_cast<const state_conversion*>(self->data)->convert({value, size});
      take(user, converted.data(), converted.size());
    });
  }
  delivery chosen_delivery() const noexcept {
    if (declared_.delivery != delivery::automatic) return declared_.delivery;
    return declared_.ostreams.empty() ? delivery::durable : delivery::eager;
  }
  template <class List>
  static void check_names(const List& list, const char* what) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].name.empty()) throw usage_error(sentence({"metadata: ", what, " number ", std::to_string(i + 1), " has no name"}));
      if (index_of(list, list[i].name) != static_cast<int>(i)) throw usage_error(sentence({"metadata: ", what, " '", list[i].name, "' is declared twice"}));
    }
  }
  static void check_versions(const state_spec& s) {
    for (const state_conversion& c : s.conversions) {
      const char* const way = c.from ? "from" : "to";
      if (c.version == s.version)
        throw usage_error(sentence({"metadata: state '", s.name, "' converts ", way, " its own version ", std::to_string(c.version)}));
      for (const state_conversion& o : s.conversions) {
        if (&o != &c && o.version == c.version && o.from == c.from)
          throw usage_error(sentence({"metadata: state '", s.name, "' has two conversions ", way, " version ", std::to_string(c.version)}));
      }
    }
  }
  void check() const {
    if (declared_.name.empty()) throw usage_error("metadata: the name is empty");
    if (declared_.version.empty()) throw usage_error("metadata: the version is empty");
    check_names(declared_.istreams, "istream");
    check_names(declared_.ostreams, "ostream");
    check_names(declared_.states, "state");
    for (const auto& s : declared_.states) check_versions(s);
    check_names(declared_.config, "config key");
    if (index_of(declared_.ostreams, "dead-letters") >= 0) {
      throw usage_error("metadata: the ostream name 'dead-letters' is taken by the runtime; choose another");
    }
    for (const auto& c : declared_.config) {
      const char* form = c.otherwise ? wrong_form(c.type, *c.otherwise) : nullptr;
      if (form) throw usage_error(sentence({"metadata: the default '", *c.otherwise, "' of config key '", c.name, "' is not ", form}));
    }
  }

  metadata declared_;
  fixed_array<weir_istream_info> istreams_;
  fixed_array<const char*> ostreams_;
  fixed_array<weir_state_info> states_;
  fixed_array<weir_state_conversion> conversions_;
  fixed_array<weir_config_info> config_;
  weir_metadata_info info_{};
};

}  // namespace weir::detail
