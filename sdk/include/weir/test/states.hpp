// The states of a test: of each the values of the declared version, and what other versions of the operator left, which is converted when it is accessed.
// Copies are deep: a copy is a savepoint. Not thread-safe.
#pragma once

#include <weir/abi.h>
#include <weir/test/cells.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

/// What identifies the bytes of a state beside its name.
struct state_form {
  std::uint32_t version = 1;
  std::uint32_t value = WEIR_VALUE_FIXED;
  std::uint32_t value_size = 0;
  std::string schema;

  state_form() = default;
  template <class Info>  // weir_state_info or weir_state_conversion
  explicit state_form(const Info& i) : version(i.version), value(i.value), value_size(i.value_size), schema(i.schema ? i.schema : "") {}
  std::string text() const {
    const std::string size = value == WEIR_VALUE_FIXED ? std::to_string(value_size) + " bytes" : schema.empty() ? "bytes" : schema;
    return "version " + std::to_string(version) + ", " + size;
  }
  friend bool operator==(const state_form&, const state_form&) = default;
};

class stored_state {
 public:
  stored_state() = default;
  explicit stored_state(const weir_state_info& info) : name_(info.name), scope_(info.scope), form_(info) {}

  /// The same state as another version of the operator declares it. `newer` is the version that is left, on the way back, else null: its `.to` applies.
  /// Throws std::invalid_argument where a conversion is missing.
  stored_state become(const weir_state_info& info, const weir_state_info* newer) const {
    stored_state next(info);
    if (info.scope != scope_) throw std::invalid_argument("state '" + name_ + "' cannot become per partition, or keyed, any more");
    next.take(values, form_, info, newer);
    for (const former& f : formers_) next.take(f.values, f.form, info, newer);
    return next;
  }
  const std::string& name() const noexcept { return name_; }

  // Before an access: converts what it needs. False, with the reason, where a conversion throws.
  bool convert(std::string_view key, std::string_view subkey, std::string& why) {
    for (former& f : formers_) {
      if (f.values.peek(key, subkey) && !convert_one(f, std::string(key), std::string(subkey), why)) return false;
    }
    return true;
  }
  bool convert_all(std::string_view key, std::string& why) {
    for (former& f : formers_) {
      for (const std::string& subkey : f.values.subkeys(key)) {
        if (!convert_one(f, std::string(key), subkey, why)) return false;
      }
    }
    return true;
  }
  /// Before a value is replaced or erased. True where there was one. `subkey` without data: all of the key's.
  bool forget(std::string_view key, std::string_view subkey) {
    bool any = false;
    for (former& f : formers_) any = (subkey.data() ? f.values.erase(key, subkey) : f.values.erase_all(key)) || any;
    return any;
  }
  void move_lent() { values.move_lent(); }

  cells values;  ///< Of the declared version.

 private:
  struct former {
    state_form form;
    cells values;
    const weir_state_conversion* convert;
  };

  void take(const cells& from, const state_form& form, const weir_state_info& info, const weir_state_info* newer) {
    if (from.empty()) return;
    if (form == form_) {
      values = from;
      return;
    }
    const weir_state_conversion* found = nullptr;
    for (std::uint32_t i = 0; i < info.conversion_count; ++i) {
      if (info.conversions[i].direction == WEIR_CONVERT_FROM && state_form(info.conversions[i]) == form) found = &info.conversions[i];
    }
    for (std::uint32_t i = 0; !found && newer && form == state_form(*newer) && i < newer->conversion_count; ++i) {
      if (newer->conversions[i].direction == WEIR_CONVERT_TO && state_form(newer->conversions[i]) == form_) found = &newer->conversions[i];
    }
    if (!found)
      throw std::invalid_argument("state '" + name_ + "' is declared as (" + form_.text() + "), but (" + form.text() + ") is held, and nothing converts it");
    formers_.push_back({form, from, found});
  }

  bool convert_one(former& f, const std::string& key, const std::string& subkey, std::string& why) {
    struct taken {
      stored_state* state;
      const std::string *key, *subkey;
      bool wrong_size;
    } to{this, &key, &subkey, false};
    char text[512];
    weir_outcome out{};
    out.text = text;
    out.text_capacity = sizeof text;
    const block value(f.values.peek(key, subkey)->view());
    f.convert->convert(
        f.convert, value.data(), value.size(),
        [](void* user, const char* bytes, std::size_t size) {
          auto& t = *static_cast<taken*>(user);
          t.wrong_size = t.state->form_.value == WEIR_VALUE_FIXED && size != t.state->form_.value_size;
          if (!t.wrong_size) t.state->values.put(*t.key, *t.subkey, {bytes, size});
        },
        &to, &out);
    if (out.status == WEIR_OK && !to.wrong_size) return f.values.erase(key, subkey);
    why = "state '" + name_ + "': the conversion from version " + std::to_string(f.form.version) +
          " failed: " + (to.wrong_size ? "a value of another size" : std::string(text, out.text_size));
    return false;
  }

  std::string name_;
  std::uint32_t scope_ = WEIR_STATE_KEYED;
  state_form form_;
  std::vector<former> formers_;
};

}  // namespace weir::testing
