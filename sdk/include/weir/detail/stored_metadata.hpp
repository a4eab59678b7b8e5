// A class's metadata as plain C structs, checked once. Owned by the module, immutable; any thread may read it.
#pragma once

#include <weir/abi.h>
#include <weir/detail/config_text.hpp>
#include <weir/detail/fixed_array.hpp>
#include <weir/detail/sentence.hpp>
#include <weir/error.hpp>
#include <weir/metadata.hpp>

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
        config_(declared_.config.size()) {
    check();
    std::size_t i = 0;
    for (const auto& s : declared_.istreams) istreams_[i++] = {s.name.c_str(), static_cast<std::uint32_t>(s.grouping)};
    i = 0;
    for (const auto& s : declared_.ostreams) ostreams_[i++] = s.name.c_str();
    i = 0;
    for (const auto& s : declared_.states) {
      states_[i++] = {s.name.c_str(), s.version,  s.per_partition ? WEIR_STATE_PARTITION : WEIR_STATE_KEYED, s.varying ? WEIR_VALUE_BYTES : WEIR_VALUE_FIXED,
                      s.size,         s.normalize};
    }
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
  void check() const {
    if (declared_.name.empty()) throw usage_error("metadata: the name is empty");
    if (declared_.version.empty()) throw usage_error("metadata: the version is empty");
    check_names(declared_.istreams, "istream");
    check_names(declared_.ostreams, "ostream");
    check_names(declared_.states, "state");
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
  fixed_array<weir_config_info> config_;
  weir_metadata_info info_{};
};

}  // namespace weir::detail
