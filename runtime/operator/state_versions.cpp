#include "runtime/operator/state_versions.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "runtime/log/format.hpp"

namespace weir::runtime {

result<std::uint64_t> versioned_state::convert_one(state_store& all, const former_version& from, state_store::key_ref key, std::string_view subkey,
                                                   std::string_view value) const {
  struct taken {
    std::string bytes;
    bool any = false;
  } got;
  std::array<char, 512> text{};
  weir_outcome outcome{};
  outcome.text = text.data();
  outcome.text_capacity = text.size();
  from.convert->convert(
      from.convert, value.data(), value.size(),
      [](void* user, const char* bytes, std::size_t size) {
        auto& t = *static_cast<taken*>(user);
        t.bytes.assign(bytes, size);
        t.any = true;
      },
      &got, &outcome);
  const auto failed = [&](std::string_view why) {
    return error{error_code::failed, fmt::format("state '{}': the conversion from version {} failed: {}", declared.name, from.version, why)};
  };
  if (outcome.status != WEIR_OK) return failed({text.data(), std::min<std::size_t>(outcome.text_size, text.size())});
  if (!got.any) return failed("it gave no value");
  if (declared.value == WEIR_VALUE_FIXED && got.bytes.size() != declared.value_size) return failed(fmt::format("it gave {} bytes", got.bytes.size()));
  all.put(id, key, subkey, got.bytes);
  all.erase(from.id, key, subkey);
  return 2 * (key.key.size() + subkey.size() + sizeof(change_slot)) + got.bytes.size();
}

result<std::uint64_t> versioned_state::convert(state_store& all, state_store::key_ref key, std::string_view subkey) const {
  std::uint64_t bytes = 0;
  for (const former_version& f : formers) {
    const auto value = all.find(f.id, key, subkey);
    if (!value) continue;
    auto grown = convert_one(all, f, key, subkey, *value);
    if (!grown) return grown;
    bytes += *grown;
  }
  return bytes;
}

result<std::uint64_t> versioned_state::convert_key(state_store& all, state_store::key_ref key) const {
  std::uint64_t bytes = 0;
  for (const former_version& f : formers) {
    std::vector<std::string> subkeys;  // Collected, since the walk may not change what it walks over.
    all.for_each(f.id, key, {}, [&](std::string_view subkey, std::string_view) {
      subkeys.emplace_back(subkey);
      return true;
    });
    for (const std::string& subkey : subkeys) {
      auto grown = convert_one(all, f, key, subkey, *all.find(f.id, key, subkey));
      if (!grown) return grown;
      bytes += *grown;
    }
  }
  return bytes;
}

bool versioned_state::forget(state_store& all, state_store::key_ref key, std::string_view subkey) const {
  bool any = false;
  for (const former_version& f : formers) any = (subkey.data() != nullptr ? all.erase(f.id, key, subkey) : all.erase_all(f.id, key)) || any;
  return any;
}

}  // namespace weir::runtime
